from __future__ import annotations

from typing import Any

import pytest

from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.engine.duels import asked, honest, start_asked, start_duel
from digits.errors import NotFoundError, UsageError
from digits.job import Job
from digits.training.duel import Duel, all_duels
from digits.training.queue import waiting
from tests.starter import build_starter, four_drawings, small


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workers that were started: here none is, and their jobs end at once."""
    build_starter()
    started: list[str] = []

    def launch(worker: str, job: Job, lock: Any) -> None:
        started.append(worker)
        lock.close()

    monkeypatch.setattr(local, "launch", launch)
    return started


def test_both_frameworks_get_the_same_recipe_and_the_seeds_go_on_from_its_own(launched: list[str]) -> None:
    recipe = small("tensorflow", epochs=2, optimiser="reference-adam", seed=7)
    duel = start_duel(recipe, owner="ann", seeds=3)
    assert launched == ["duel"]
    assert duel.seeds == [7, 8, 9]
    assert duel.recipe("tensorflow") == recipe
    assert duel.recipe("pytorch") == recipe.changed(framework="pytorch")
    assert duel.status["owner"] == "ann"


def test_a_duel_that_ended_is_measured_anew_and_one_that_is_at_work_is_opened(
    launched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small("pytorch", epochs=2)
    first = start_duel(recipe, owner="ann")
    second = start_duel(recipe, owner="ann")
    assert second.id == f"{first.id}-2"
    assert len(all_duels()) == 2
    locks = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: locks.append(lock))
    third = start_duel(recipe, owner="ann")
    assert waiting() == [third.job]
    assert start_duel(recipe, owner="bob").id == third.id == f"{first.id}-3"
    locks[0].close()


def test_a_native_optimiser_has_its_own_frameworks_epsilon_and_a_reference_one_has_the_recipes() -> None:
    own = start_duel(small("pytorch", epochs=2, epsilon=1e-5), owner="ann")
    assert {side: own.recipe(side).epsilon for side in ("pytorch", "tensorflow")} == {
        "pytorch": 1e-8, "tensorflow": 1e-7,
    }  # fmt: skip
    same = start_duel(small("pytorch", epochs=2, epsilon=1e-5, optimiser="reference-adam"), owner="ann")
    assert [same.recipe(side).epsilon for side in ("pytorch", "tensorflow")] == [1e-5, 1e-5]


def test_a_compiler_is_used_by_whom_it_was_asked_for() -> None:
    duel = start_duel(small("pytorch", epochs=2), owner="ann", compiled=["tensorflow"])
    assert duel.recipe("tensorflow").compilation == "compiler"
    assert duel.recipe("pytorch").compilation == "usual"


@pytest.mark.parametrize(
    ("values", "wrong", "sentence"),
    [
        ({"epochs": 1}, {}, "needs a second epoch"),
        ({"epochs": 2}, {"seeds": 0}, "seeds is out of bounds"),
        ({"epochs": 2, "seed": 2**32 - 1}, {"seeds": 2}, "seeds is out of bounds"),
        ({"epochs": 2}, {"target": 1.0}, "target is out of bounds"),
        ({"epochs": 2}, {"compiled": ["jax"]}, "Unknown framework"),
        ({"epochs": 2, "split": "family"}, {}, "The families of starter are unknown"),
    ],
)
def test_what_cannot_be_fought_is_refused_before_anything_waits(
    launched: list[str], values: dict[str, Any], wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        start_duel(small("pytorch", **values), owner="ann", **wrong)
    assert launched == []
    assert all_duels() == []


def test_a_duel_on_a_data_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFoundError, match="nothing-here"):
        start_duel(small("pytorch", epochs=2).changed(dataset="nothing-here"), owner="ann")


def test_the_honest_split_is_by_family_where_families_can_be_dealt_out_and_else_random_with_the_reason() -> None:
    recipe = small("pytorch", epochs=2, test_share=0.3)
    chosen, why = honest(recipe)
    assert chosen == recipe
    assert why is not None
    assert "unknown" in why
    four_drawings(Dataset.open("starter"))
    chosen, why = honest(recipe)
    assert chosen.split == "family"
    assert why is None
    few, why = honest(recipe.changed(test_share=0.2, split="family", folds=5))
    assert few.split == "random"
    assert why is not None
    assert "at most 4 folds" in why


def test_a_duel_that_was_asked_for_with_a_search_is_the_one_that_starts() -> None:
    recipe = small("pytorch", epochs=2)
    duel = start_asked(asked(recipe, seeds=2, compiled=["pytorch"], target=0.8), owner="ann")
    assert isinstance(duel, Duel)
    assert duel.seeds == [42, 43]
    assert duel.spec["target"] == 0.8
    assert duel.recipe("pytorch").compilation == "compiler"


def test_the_id_of_a_duel_says_what_was_asked_for() -> None:
    ids = [
        start_duel(small("pytorch", epochs=2, **values), owner="ann", **more).id
        for values, more in (({}, {}), ({"rate": 0.1}, {}), ({}, {"seeds": 2}), ({}, {"target": 0.5}))
    ]
    assert len(set(ids)) == 4
    assert not [id for id in ids if "-" in id]
