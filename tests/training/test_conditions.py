from __future__ import annotations

import numpy as np

from digits.training.conditions import Orders, augmentation, made, pace
from digits.training.recipe import Recipe

PLAIN = Recipe(framework="pytorch", dataset="none")


def given(*batches: list[list[int]]) -> Orders:
    orders = Orders()
    for part in batches:
        orders.add(np.array(part, np.int32))
    return orders


def test_what_was_made_is_counted_in_the_batches_that_were_given() -> None:
    told = made([given([[0, 1], [2, 3]], [[4, -1]])], rows=5)
    assert (told["updates"], told["batch"], told["epochs"]) == (3, 2, 1)
    assert told["order"] == given([[0, 1], [2, 3], [4, -1]]).digest, "how they came in calls makes no difference"
    assert made([given([[0, 1]])], rows=5)["epochs"] == 0.4
    assert made([given([[0, -1]])], rows=5)["batch"] == 1, "the most images of an update, not the width of the array"


def test_of_several_seeds_updates_are_added_up_and_epochs_are_those_of_each() -> None:
    told = made([given([[0, 1], [2, 3]]), given([[3, 2], [1, 0]])], rows=4)
    assert (told["updates"], told["batch"], told["epochs"]) == (4, 2, 1)
    assert len(set(told["order"])) == 2


def test_a_schedule_is_told_with_its_highest_rate() -> None:
    assert pace(PLAIN) == {"schedule": "constant"}, "the rate is told by the optimiser"
    assert pace(PLAIN.changed(schedule="one-cycle", rate=0.003)) == {"schedule": "one-cycle", "rate": 0.003}


def test_augmentation_is_told_by_its_strengths() -> None:
    assert augmentation(PLAIN) == "none"
    assert augmentation(PLAIN.changed(variants=3)) == "3 variants"
    assert augmentation(PLAIN.changed(rotation=10.0, elastic=0.5)) == "rotation 10, elastic 0.5"
