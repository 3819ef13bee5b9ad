"""What is to follow a search for families follows it, whenever it was asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digits.dataset.dataset import Dataset
from digits.engine import following, local
from digits.engine.families import ensure_families, start_search
from digits.engine.following import add, start_all, wanted_after
from digits.errors import DigitsError
from digits.files import Json, Lock, write_json
from digits.job import LIVE, Job
from digits.training.run import all_runs
from tests.starter import build_starter, four_drawings, small, wait_for_end


@pytest.fixture
def starter() -> Dataset:
    build_starter()
    return Dataset.open("starter")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Lock]]:
    """No worker is started: each job waits with its lock held."""
    locks: list[Lock] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: locks.append(lock))
    yield locks
    for lock in locks:
        lock.close()


def fold(number: int, **values: object) -> Json:
    return small("pytorch", split="family", fold=number, **values).as_json()


def end(job: Job, locks: list[Lock], **status: object) -> None:
    write_json(job.folder / "status.json", {**job.status(), **status})
    locks.pop(0).close()


def test_what_is_asked_for_while_the_search_is_at_work_follows_it_too(starter: Dataset, held: list[Lock]) -> None:
    job = start_search(starter, owner="ann", then=[fold(0)])
    for owner, wanted in (("bob", [fold(1), fold(0)]), ("ann", [fold(1)]), ("eve", None)):
        assert start_search(starter, owner=owner, then=wanted) == job
    assert wanted_after(job) == [fold(0), fold(1)], "each once"
    four_drawings(starter)
    assert len(start_all(job, owner="ann")["runs"]) == 2
    assert {run.recipe.fold: run.job.status()["owner"] for run in all_runs()} == {0: "ann", 1: "bob"}


def test_what_comes_when_the_followers_are_started_already_starts_at_once(starter: Dataset, held: list[Lock]) -> None:
    job = start_search(starter, owner="ann")
    four_drawings(starter)
    write_json(job.folder / "status.json", {**job.status(), "runs": []})
    assert job.state in LIVE
    assert start_search(starter, owner="bob", then=[fold(2)]) == job
    assert [run.recipe.fold for run in all_runs()] == [2]


def test_where_the_search_has_just_ended_without_families_another_one_is_started(
    starter: Dataset, held: list[Lock], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start_search(starter, owner="ann")

    def late(*given: object, **values: str) -> bool:
        if held:
            end(job, held, state="failed")
        return add(*given, **values)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(following, "add", late)
        assert start_search(starter, owner="ann", then=[fold(0)]) == job
    assert job.state in LIVE
    assert wanted_after(job) == [fold(0)]


def test_one_that_cannot_start_is_named_and_the_others_start(starter: Dataset, held: list[Lock]) -> None:
    job = start_search(starter, owner="ann", then=[fold(0, folds=30), fold(1)])
    four_drawings(starter)
    said = start_all(job, owner="ann")
    assert len(said["runs"]) == 1
    assert len(said["refused"]) == 1
    assert "Fewer families than folds" in said["refused"][0]


def test_nothing_can_be_added_to_a_search_that_has_ended_or_is_gone(starter: Dataset, held: list[Lock]) -> None:
    job = start_search(starter, owner="ann")
    end(job, held, state="stopped")
    assert not add(job, [fold(0)], owner="ann")
    job.delete()
    assert not add(job, [fold(0)], owner="ann")


def test_why_families_were_not_found_is_said_to_who_needs_them(starter: Dataset) -> None:
    data = bytearray((starter.folder / "images.npy").read_bytes())
    data[5000] ^= 1
    (starter.folder / "images.npy").write_bytes(data)

    def watch(job: Job) -> Json:
        wait_for_end(job)
        return job.status()

    with pytest.raises(
        DigitsError, match=r"The families of starter were not found: the search failed: Data set star"
    ):
        ensure_families(starter, "ann", watch)


def test_a_search_whose_worker_died_says_so(starter: Dataset, held: list[Lock]) -> None:
    with pytest.raises(DigitsError, match="not found: the search interrupted: its process died"):
        ensure_families(starter, "ann", lambda job: held.pop().close() or {})  # type: ignore[func-returns-value]
