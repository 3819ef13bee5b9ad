"""A duel as a job: once for real, and what becomes of its processes when something goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from digits import settings
from digits.__main__ import cli
from digits.dataset.dataset import Dataset
from digits.engine.duels import start_duel
from digits.errors import TrainingError
from digits.evaluation import metrics
from digits.evaluation.ledger import FACTORS, MISSING
from digits.files import Json
from digits.job import LIVE
from digits.training.duel import Duel, all_duels, find_duel
from digits.training.turns import NAMES
from digits.workers.duellist import Duellist
from tests.processes import lives, wait_until_dead
from tests.starter import build_starter, four_drawings, small, wait_for_end

EPOCHS, SEEDS = 3, [42, 43]
ANSWER = {"duel", "epoch_seconds", "ratio", "ratio_low", "ratio_high", "control", "accuracy", "mcnemar_p", "verdict",
          "refused"}  # fmt: skip
BY_FRAMEWORK = ("epoch_seconds", "cpu_seconds", "peak_bytes", "first_epoch_seconds", "import_seconds",
                "create_seconds", "compile_seconds", "images_per_second", "rate_share", "product_gflops")  # fmt: skip


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Json, Path]]:
    """The answer of the command to a small duel split by family, and the lab that holds it."""
    folder = tmp_path_factory.mktemp("fought")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITS_HOME", str(folder))
        build_starter()
        four_drawings(Dataset.open("starter"))
        command = [sys.executable, "-m", "digits", "duel", "--dataset", "starter", "--recipe", "notebook-adam",
                   "--epochs", str(EPOCHS), "--seeds", str(len(SEEDS)), "--threads", "1", "--json"]  # fmt: skip
        ended = subprocess.run(
            command, check=False, cwd=settings.PROJECT, capture_output=True, text=True, timeout=280
        )
        assert not ended.returncode, ended.stderr
        yield json.loads(ended.stdout.splitlines()[-1]), folder


@pytest.fixture
def duel(fought: tuple[Json, Path], monkeypatch: pytest.MonkeyPatch) -> Duel:
    monkeypatch.setenv("DIGITS_HOME", str(fought[1]))
    return find_duel(fought[0]["duel"])


@pytest.fixture
def result(duel: Duel) -> Json:
    return duel.result()


def test_the_command_answers_with_numbers_a_verdict_and_what_was_refused(fought: tuple[Json, Path]) -> None:
    answer = fought[0]
    assert set(answer) >= ANSWER
    assert answer["ratio_low"] <= answer["ratio"] <= answer["ratio_high"]
    assert 0 <= answer["mcnemar_p"] <= 1
    assert all(0.5 < answer["accuracy"][side] < 1 for side in settings.FRAMEWORKS)
    assert answer["verdict"] is None or "PyTorch" in answer["verdict"]
    assert all(sentence.endswith(".") for sentence in answer["refused"])
    assert any("rounds" in sentence or "noisy" in sentence for sentence in answer["refused"]), "four rounds are few"
    for low, high in answer["control"].values():
        assert 0 < low <= high


def test_each_framework_has_its_seconds_memory_and_share_of_the_machine(result: Json) -> None:
    for name in BY_FRAMEWORK:
        assert set(result[name]) == set(settings.FRAMEWORKS), name
        assert all(value >= 0 for value in result[name].values()), name
    for side in settings.FRAMEWORKS:
        assert 0 < result["epoch_seconds"][side] < 60
        assert 0 < result["rate_share"][side] < 1
        assert 10**8 < result["peak_bytes"][side] < 10**10
        assert np.shape(result["seconds"][side]) == (len(SEEDS), EPOCHS)
        assert np.shape(result["curves"][side]) == (len(SEEDS), EPOCHS + 1)
    assert result["rounds"] == len(SEEDS) * (EPOCHS - 1)
    assert result["import_seconds"]["tensorflow"] > result["import_seconds"]["pytorch"] > 0.1


def test_both_frameworks_trained_under_equal_conditions_that_were_recorded(result: Json) -> None:
    rows = {row["factor"]: row for row in result["ledger"]}
    assert {row["factor"] for row in result["ledger"] if not row["equal"]} == {"version", "compilation"}
    assert [name for name in FACTORS if rows[name]["first"] == MISSING] == []
    assert len(set(rows["initial weights"]["first"])) == len(SEEDS)
    assert len(set(rows["order"]["first"])) == len(SEEDS)
    assert rows["seeds"]["first"] == SEEDS
    assert rows["updates"]["first"] == len(SEEDS) * EPOCHS * -(-result["images"] // 128)
    assert (rows["batch"]["first"], rows["epochs"]["first"]) == (128, EPOCHS)
    assert rows["network"]["first"] == f"{result['live_inputs']}-784-128-64-10"
    assert (rows["rate"]["first"], rows["activation"]["first"]) == (0.001, "relu")
    assert rows["threads"]["first"] == 1


def test_untrained_both_are_the_same_and_one_epoch_later_nearly(result: Json) -> None:
    for first, second in zip(*(result["curves"][side] for side in settings.FRAMEWORKS), strict=True):
        assert first[0] == second[0]
        assert first[1] == pytest.approx(second[1], abs=0.02)
        assert min(first[-1], second[-1]) > first[0] + 0.3


def test_two_processes_of_a_framework_give_the_same_bits(duel: Duel, result: Json) -> None:
    assert result["repeats"] == {"pytorch": True, "tensorflow": True}
    hashes = [turn["logits"] for turn in duel.turns() if turn["framework"] == "pytorch"]
    assert len(set(hashes)) == len(hashes) / 2 == len(SEEDS) * (EPOCHS + 1)


def test_the_split_is_by_family_and_leaks_nothing(duel: Duel, result: Json) -> None:
    assert result["split"] == "family, fold 0 of 4"
    assert result["leak"] == 0
    assert np.array_equal(duel.evaluation("rows"), duel.split().test)
    assert set(duel.evaluation("families")) == set(np.unique(duel.evaluation("families"))) - {-1}


def test_the_last_answers_are_kept_and_are_those_that_were_judged(duel: Duel, result: Json) -> None:
    labels = duel.evaluation("labels")
    assert len(labels) == result["test_images"]
    for side in settings.FRAMEWORKS:
        logits = duel.evaluation(side)
        assert logits.dtype == np.float32
        assert metrics.accuracy(logits, labels) == result["by_seed"][side][0] == result["curves"][side][0][-1]
        assert result["calibration"][side]["images"] == len(labels)


def test_the_status_counts_turns_and_the_duel_is_listed_and_shown(duel: Duel, result: Json) -> None:
    assert duel.status["state"] == "finished"
    assert duel.status["total"] == 4 * EPOCHS * len(SEEDS)
    assert [one["duel"] for one in digits("list", "duels")["duels"]] == [duel.id]
    shown = digits("show", duel.id)
    assert shown["ledger"] == result["ledger"]
    assert shown["name"] == "notebook-adam, split family, optimiser reference-adam, epochs 3 · 2 seeds"


def digits(*words: str, status: int = 0) -> Any:
    """What a command prints: JSON, or the error where it ends with that status."""
    ended = CliRunner().invoke(cli, [*words, "--json"])
    assert ended.exit_code == status, ended.output
    return ended.output if status else json.loads(ended.stdout.splitlines()[-1])


def test_a_duel_is_stopped_and_deleted_by_the_same_commands_as_a_run(begun: Duel) -> None:
    assert digits("stop", begun.id) == {"duel": begun.id, "state": "stopped"}
    assert digits("delete", begun.id) == {"duel": begun.id, "deleted": True}
    assert all_duels() == []
    assert "There is no run" in digits("delete", begun.id, status=1)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("starter", "notebook-sgd", "--epochs", "1", "--split", "random"), 2, "needs a second epoch"),
        (("starter", "notebook-rms"), 2, "Unknown recipe"),
        (("starter", "notebook-sgd", "--seeds", "0", "--split", "random"), 2, "seeds is out of bounds"),
        (("nowhere", "notebook-sgd", "--split", "random"), 1, "no data set called 'nowhere'"),
    ],
)
def test_what_cannot_be_fought_is_refused_in_one_line(words: tuple[str, ...], status: int, sentence: str) -> None:
    build_starter()
    dataset, recipe, *more = words
    said = digits("duel", "--dataset", dataset, "--recipe", recipe, *more, status=status)
    assert sentence in said
    assert len(said.splitlines()) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the time of another process")
def test_those_that_slept_slept(result: Json) -> None:
    assert result["sleepers_share"] < 0.2
    assert result["others_cores"] is not None


@pytest.fixture
def begun() -> Iterator[Duel]:
    """A duel whose four processes are there, and of which the first imports its framework."""
    build_starter()
    duel = start_duel(small("pytorch", epochs=2), owner="ann", seeds=1)
    end = time.monotonic() + 60
    while not duel.status["phase"].startswith("importing"):
        assert duel.status["state"] in LIVE, duel.status
        assert time.monotonic() < end, duel.status
        time.sleep(0.02)
    yield duel
    if duel.job.alive:
        duel.job.request_stop()
        wait_for_end(duel.job)


def processes(duel: Duel) -> list[int]:
    found = duel.status["processes"]
    assert set(found) == set(NAMES)
    assert all(lives(pid) for pid in found.values())
    return list(found.values())


def test_a_killed_coordinator_leaves_no_process(begun: Duel) -> None:
    pids = processes(begun)
    os.kill(begun.status["pid"], signal.SIGKILL)
    wait_until_dead(*pids)
    assert wait_for_end(begun.job) == "interrupted"


@pytest.mark.parametrize("by", ["page", "signal"])
def test_a_stop_is_heard_at_once_and_ends_every_process(begun: Duel, by: str) -> None:
    pids = processes(begun)
    if by == "page":
        begun.job.request_stop()
    else:
        os.kill(begun.status["pid"], signal.SIGTERM)
    assert wait_for_end(begun.job, seconds=20) == "stopped"
    wait_until_dead(*pids)
    assert not (begun.folder / "result.json").exists()


def test_a_process_that_dies_fails_the_duel_with_a_sentence_and_ends_the_others(begun: Duel) -> None:
    pids = processes(begun)
    os.kill(begun.status["processes"]["p1"], signal.SIGKILL)
    assert wait_for_end(begun.job, seconds=20) == "failed"
    assert "The process PyTorch 1 died: received signal 9" in begun.status["error"]
    wait_until_dead(*pids)


def asked(duellist: Duellist, **request: Any) -> tuple[Json, Any]:
    return duellist.answer(request)


def test_a_loss_that_is_not_finite_is_refused_with_what_to_do() -> None:
    build_starter()
    recipe = small("pytorch", epochs=2, optimiser="reference-sgd", rate=1000.0, scale=1e6)
    duellist = Duellist(start_waiting(recipe), "pytorch")
    asked(duellist, do="read")
    asked(duellist, do="begin", seed=42)
    with pytest.raises(TrainingError, match=r"not finite in epoch 1.* Lower the rate"):
        asked(duellist, do="epoch", epoch=1)


def start_waiting(recipe: Any) -> Duel:
    """A duel whose worker waits behind a stop."""
    duel = start_duel(recipe, owner="ann", seeds=1)
    duel.job.request_stop()
    wait_for_end(duel.job)
    return duel
