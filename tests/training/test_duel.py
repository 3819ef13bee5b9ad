from __future__ import annotations

import numpy as np
import pytest

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.errors import ConflictError, IntegrityError, NotFoundError
from digits.files import append_line, write_json
from digits.job import Job
from digits.training.duel import KIND, Duel, all_duels, duels_on, find_duel
from digits.training.run import check_idle
from tests.starter import build_starter, four_drawings, small


def made_duel(id: str = "one", **values: object) -> Duel:
    """A duel on the starter set that somebody asked for, and whose worker has died."""
    sides = {framework: small(framework, epochs=3, **values).as_json() for framework in ("pytorch", "tensorflow")}
    spec = {
        "recipes": sides,
        "seeds": [42, 43],
        "target": 0.9,
        "fingerprint": Dataset.open("starter").fingerprint,
        "families": None,
    }
    lock = jobs.create(Job(KIND, id), spec, owner="ann")
    assert lock is not None
    lock.close()
    return find_duel(id)


@pytest.fixture(autouse=True)
def built() -> None:
    build_starter()


def test_a_duel_knows_what_each_framework_trains_with_each_seed() -> None:
    duel = made_duel()
    assert duel.recipe("tensorflow", 43) == small("tensorflow", epochs=3, seed=43)
    assert duel.recipe("pytorch") == small("pytorch", epochs=3)
    assert duel.seeds == [42, 43]
    assert duel.title == "notebook-adam, network 32-16, epochs 3 · 2 seeds"
    assert duel.dataset().name == duel.dataset_name == "starter"


def test_duels_are_found_by_id_and_by_data_set_newest_first() -> None:
    for age, id in enumerate(("old", "new")):
        duel = made_duel(id)
        write_json(duel.folder / "status.json", {**duel.status, "created": 1000.0 + age})
    assert [duel.id for duel in all_duels()] == ["new", "old"]
    assert [duel.id for duel in duels_on(Dataset.open("starter"))] == ["new", "old"]
    with pytest.raises(NotFoundError, match="no duel 'other'"):
        find_duel("other")


def test_a_split_that_was_kept_holds_whatever_becomes_of_the_families() -> None:
    four_drawings(Dataset.open("starter"))
    duel = made_duel(split="family")
    kept = duel.keep_split()
    store.keep(Dataset.open("starter"), np.arange(len(Dataset.open("starter").labels)), {"by": "search"})
    assert np.array_equal(find_duel("one").split().test, kept.test)


def test_a_duel_that_is_not_finished_has_turns_but_no_result() -> None:
    duel = made_duel()
    assert duel.turns() == []
    append_line(duel.folder / "turns.jsonl", {"seed": 42, "epoch": 0})
    assert duel.turns() == [{"seed": 42, "epoch": 0}]
    with pytest.raises(ConflictError, match="not finished: expected finished, received interrupted"):
        duel.result()
    with pytest.raises(IntegrityError, match="The duel one is damaged"):
        duel.evaluation("labels")


def test_a_data_set_is_in_use_while_a_duel_waits_for_it() -> None:
    duel = made_duel()
    check_idle(Dataset.open("starter"))
    lock = jobs.reopen(duel.job, owner="ann")
    with pytest.raises(ConflictError, match="in use by notebook-adam, network 32-16"):
        check_idle(Dataset.open("starter"))
    lock.close()
