"""The choreography of a duel, with duellists that only say what they were told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from digits import machine
from digits.child import Reply
from digits.engine.local import OURS, environment
from digits.errors import DigitsError, StoppedError
from digits.files import Json
from digits.job import Job
from digits.training.duel import Duel
from digits.training.turns import NAMES, ROUNDS
from digits.workers.duel import Bout
from digits.workers.ring import Ring, surroundings
from tests.starter import small

LABELS = np.arange(20) % 10


class Fake:
    """A duellist that notes in `said` what it is told, and reads one image more each epoch."""

    def __init__(self, name: str, said: list[tuple[str, Json]]) -> None:
        self.name, self.said, self.right, self.worked, self.closed = name, said, 2, 0.0, False
        self.pid = 1

    def send(self, request: Json) -> None:
        self.said.append((self.name, request))

    def answer(self, pause: Callable[[], None]) -> Reply:
        pause()
        _, request = self.said[-1]
        self.right += request["do"] == "epoch"
        self.worked += 0.5
        answers = np.where(np.arange(20) < self.right, LABELS, (LABELS + 1) % 10)
        told = {
            "seconds": 1.0,
            "gflops": 50.0,
            "conditions": {"leak": request.get("leak")},
            "logits": f"{self.right}",
        }
        return {**told, "dtype": "<f4", "shape": [20, 10]}, np.eye(10, dtype=np.float32)[answers]

    def cpu_seconds(self) -> float | None:
        return self.worked

    def close(self) -> None:
        self.closed = True


class Desk:
    """What a bout needs of a desk: `said` are the statuses."""

    def __init__(self, total: int) -> None:
        self.status: Json = {"total": total}
        self.said: list[Json] = []

    def say(self, *, urgent: bool = True, **fields: Any) -> None:
        self.said.append(fields)


def fakes(said: list[tuple[str, Json]] | None = None) -> dict[str, Fake]:
    return {name: Fake(name, [] if said is None else said) for name in NAMES}


def go_on() -> None:
    """Nobody asks for a stop."""


@pytest.fixture
def duel() -> Duel:
    """A duel of three epochs and two seeds whose folder is there, and nothing in it."""
    duel = Duel(Job("duels", "one"))
    duel.folder.mkdir()
    sides = {framework: small(framework, epochs=3).as_json() for framework in ("pytorch", "tensorflow")}
    duel.__dict__["spec"] = {"recipes": sides, "seeds": [42, 43], "target": 0.9}
    return duel


def bout_of(duel: Duel, said: list[tuple[str, Json]]) -> tuple[Bout, Desk]:
    desk = Desk(24)
    return Bout(duel, Ring(fakes(said), go_on), desk, LABELS), desk  # type: ignore[arg-type]


def test_frameworks_are_imported_one_after_the_other_and_data_is_read_by_all_at_once(duel: Duel) -> None:
    said: list[tuple[str, Json]] = []
    bout, desk = bout_of(duel, said)
    bout.prepare()
    bout.train(42)
    assert [(name, request["do"]) for name, request in said[:8]] == [
        *[(name, "import") for name in NAMES], *[(name, "read") for name in NAMES],
    ]  # fmt: skip
    assert desk.said[0]["phase"] == "importing PyTorch (1 of 2)"
    assert set(bout.said.imported) == set(bout.said.read) == set(NAMES)


def test_every_epoch_is_a_round_in_the_fair_order_which_goes_on_over_the_seeds(duel: Duel) -> None:
    said: list[tuple[str, Json]] = []
    bout, _ = bout_of(duel, said)
    for seed in duel.seeds:
        bout.train(seed)
    epochs = [(name, request["epoch"]) for name, request in said if request["do"] == "epoch"]
    assert [name for name, _ in epochs] == [name for order in (*ROUNDS, *ROUNDS[:2]) for name in order]
    assert [epoch for _, epoch in epochs[::4]] == [1, 2, 3, 1, 2, 3]
    assert [request["seed"] for _, request in said if request["do"] == "begin"] == [42] * 4 + [43] * 4


def test_the_machine_is_measured_in_each_process_just_before_its_first_timed_epoch(duel: Duel) -> None:
    said: list[tuple[str, Json]] = []
    bout, _ = bout_of(duel, said)
    bout.train(42)
    acts = [(name, request["do"], request.get("epoch")) for name, request in said]
    first = next(place for place, (_, act, epoch) in enumerate(acts) if act == "epoch" and epoch == 2)
    assert sorted(name for name, act, _ in acts[first - 4 : first] if act == "product") == sorted(NAMES)
    assert bout.said.products == {name: [50.0] for name in NAMES}


def test_each_turn_is_recorded_with_its_accuracy_and_the_status_says_whose_it_is(duel: Duel) -> None:
    bout, desk = bout_of(duel, [])
    for seed in duel.seeds:
        bout.train(seed)
    turns = duel.turns()
    assert turns == bout.turns
    assert len(turns) == 2 * 4 * 4
    assert [turn["accuracy"] for turn in turns if turn["duellist"] == "t2"][:4] == [0.1, 0.15, 0.2, 0.25]
    assert {turn["framework"] for turn in turns if turn["duellist"] == "p2"} == {"pytorch"}
    assert "dtype" not in turns[0]
    last = desk.said[-1]
    assert last["phase"] == "epoch 3 of 3, TensorFlow (1 of 2), seed 2 of 2"
    assert last["done"] == 23
    assert last["seconds_left"] >= 0
    assert last["last"]["duellist"] == "p1"


def test_the_answers_that_are_kept_are_those_of_the_first_seeds_last_epoch(duel: Duel) -> None:
    bout, _ = bout_of(duel, [])
    for seed in duel.seeds:
        bout.train(seed)
    assert set(bout.logits) == {"pytorch", "tensorflow"}
    assert (bout.logits["pytorch"].argmax(axis=1) == LABELS).sum() == 5


def test_one_process_of_each_framework_tells_the_conditions(duel: Duel) -> None:
    bout, _ = bout_of(duel, [])
    bout.close(0.25)
    assert bout.said.conditions == {"pytorch": {"leak": 0.25}, "tensorflow": {"leak": 0.25}}


def test_what_the_sleepers_and_other_programs_took_is_added_to_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    duellists = fakes()

    class Restless(Fake):
        def cpu_seconds(self) -> float | None:
            return duellists["p1"].worked / 2  # computes half as much whenever the other works

    duellists["t2"] = Restless("t2", [])
    busy = iter([10.0, 12.0])
    monkeypatch.setattr(machine, "busy_seconds", lambda: next(busy))
    start = time.perf_counter()
    header, _ = Ring(duellists, go_on).turn("p1", {"do": "epoch"})
    assert header["turn_seconds"] <= time.perf_counter() - start
    assert header["sleepers_share"] == pytest.approx(0.25 / header["turn_seconds"])
    assert header["others_seconds"] == pytest.approx(2.0 - 0.5 - 0.25, abs=0.1)


def test_where_the_system_does_not_tell_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fake, "cpu_seconds", lambda self: None)
    monkeypatch.setattr(machine, "busy_seconds", lambda: None)
    header, _ = Ring(fakes(), go_on).turn("p1", {"do": "epoch"})
    assert header["sleepers_share"] is None
    assert header["others_seconds"] is None


def test_a_turn_begins_only_when_nobody_computes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    class Spinning(Fake):
        """Computes at full speed for a while after its turn, as threads that wait for more work do."""

        def cpu_seconds(self) -> float | None:
            looks.append(time.monotonic())
            return min(looks[-1] - looks[0], 0.05)

        def send(self, request: Json) -> None:
            super().send({**request, "waited": time.monotonic() - looks[0]})

    said: list[tuple[str, Json]] = []
    Ring({"p1": Fake("p1", said), "t1": Spinning("t1", said)}, go_on).turn("p1", {"do": "epoch"})
    assert looks[-1] - looks[0] >= 0.05


def test_a_stop_ends_all_of_them() -> None:
    duellists = fakes()

    def stop() -> None:
        raise StoppedError("enough")

    with pytest.raises(StoppedError), Ring(duellists, stop) as ring:
        ring.turn("t1", {"do": "epoch"})
    assert all(duellist.closed for duellist in duellists.values())


def test_the_error_of_one_ends_all_of_them() -> None:
    duellists = fakes()

    def fail(pause: Callable[[], None]) -> Reply:
        raise DigitsError("TensorFlow 1: It cannot be done.")

    duellists["t1"].answer = fail  # type: ignore[method-assign]
    with pytest.raises(DigitsError, match="TensorFlow 1"), Ring(duellists, go_on) as ring:
        ring.together({"do": "read"})
    assert all(duellist.closed for duellist in duellists.values())


def test_a_duel_takes_each_frameworks_waiting_as_it_comes_and_other_workers_wait_quietly(
    duel: Duel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    assert environment()["GOMP_SPINCOUNT"] == "1000"
    assert not set(OURS) & set(surroundings(duel))
    for name, value in OURS.items():  # as the duel's own worker has them
        monkeypatch.setenv(name, value)
    assert not set(OURS) & set(surroundings(duel))
    monkeypatch.setenv("GOMP_SPINCOUNT", "77")
    assert environment()["GOMP_SPINCOUNT"] == surroundings(duel)["GOMP_SPINCOUNT"] == "77"
