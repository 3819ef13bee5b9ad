from __future__ import annotations

import time

import pytest

from digits import job as jobs
from digits.engine import first
from digits.files import Json, Lock
from digits.job import Job
from tests.starter import small


def at_work(kind: str, id: str, spec: Json) -> Lock:
    """Make a job that waits, as its starter leaves it; it is alive until the lock is closed."""
    lock = jobs.create(Job(kind, id), spec, owner="ann")
    assert lock is not None
    return lock


def finish(kind: str, id: str) -> None:
    jobs.write_json(Job(kind, id).folder / "status.json", {"state": "finished"})


def training(recipe: object) -> Json:
    return {"recipe": recipe, "fingerprint": "0" * 64}


def test_a_lab_in_which_nothing_was_begun_has_no_progress() -> None:
    assert first.progress() is None


def test_another_recipe_that_trains_on_the_starter_set_is_not_the_first_minute() -> None:
    locks = [at_work("runs", name, training(small(name).as_json())) for name in ("pytorch", "tensorflow")]
    locks += [at_work("builds", "other", {"source": "starter", "name": "starter", "then": []})]
    again = first.first_recipes()[0].as_json()
    locks += [at_work("runs", "again-2", training(again))]
    assert first.progress() is None
    for lock in locks:
        lock.close()


@pytest.mark.parametrize("jump_seconds", [86_400.0, -86_400.0])
def test_a_clock_that_jumps_by_a_day_leaves_the_time_left_as_it_was(jump_seconds: float) -> None:
    recipe = first.first_recipes()[0].as_json()
    held = at_work("runs", "trains", training(recipe))
    path = Job("runs", "trains").folder / "status.json"
    jobs.write_json(path, {**jobs.read_json(path), "state": "running", "started": time.time() - jump_seconds})
    progress = first.progress()
    held.close()
    assert progress is not None
    assert 0 <= progress[0] <= 1
    assert 0 <= progress[1] <= sum(first.NOMINAL_SECONDS.values())


def test_the_first_minute_goes_from_the_build_to_the_second_training(monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = [recipe.as_json() for recipe in first.first_recipes()]
    held = at_work("builds", "build", {"source": "starter", "name": "starter", "then": recipes})
    shares = [first.progress()]
    monkeypatch.setattr(first, "dataset_names", lambda: ["starter"])
    held.close()
    finish("builds", "build")
    trained = [at_work("runs", recipe["framework"], training(recipe)) for recipe in recipes]
    shares.append(first.progress())
    finish("runs", "pytorch")
    shares.append(first.progress())
    finish("runs", "tensorflow")
    assert first.progress() is None
    done = [share for found in shares if found is not None for share in found[:1]]
    assert len(done) == 3
    assert 0 <= done[0] < done[1] < done[2] < 1
    for lock in trained:
        lock.close()


def test_a_set_that_was_built_before_counts_as_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first, "dataset_names", lambda: ["starter"])
    lock = at_work("runs", "pytorch", training(first.first_recipes()[0].as_json()))
    found = first.progress()
    assert found is not None
    assert found[1] == pytest.approx(sum(first.NOMINAL_SECONDS.values()) - first.NOMINAL_SECONDS["build"], abs=2)
    lock.close()


def test_a_damaged_build_does_not_hide_the_progress() -> None:
    recipes = [recipe.as_json() for recipe in first.first_recipes()]
    held = at_work("builds", "build", {"source": "starter", "name": "starter", "then": recipes})
    at_work("builds", "damaged", {}).close()
    (Job("builds", "damaged").folder / "job.json").write_text("{")
    assert first.progress() is not None
    held.close()
