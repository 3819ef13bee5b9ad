"""The recipe of a tuning, and what follows from it without any training."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from digits.training import tuning
from digits.training.presets import preset
from digits.training.recipe import STRENGTHS, Recipe
from digits.training.tuning import (
    at_worst,
    between,
    composed,
    dealt_out,
    held_out,
    how_far,
    share,
    steps,
    tuned_recipe,
)


def parent(name: str = "hand", **values: object) -> Recipe:
    return preset(name, framework="pytorch", dataset="starter", **values)


def test_a_tuning_keeps_the_network_its_inputs_and_the_split_of_what_it_comes_from() -> None:
    before = parent(split="family", folds=5, fold=3, seed=7, validation_share=0.2)
    after = tuned_recipe(before)
    same = ("network", "activation", "pixels", "frame", "scale", "split", "folds", "fold", "seed", "validation_share",
            "dropout", "dtype", "weight_decay", *STRENGTHS)  # fmt: skip
    assert {name: getattr(after, name) for name in same} == {name: getattr(before, name) for name in same}
    assert (after.threads, after.schedule, after.epochs) == (1, "one-cycle", tuning.EPOCHS)


def test_the_rate_of_a_tuning_is_lower_than_that_of_the_training() -> None:
    assert tuned_recipe(parent()).rate == tuning.RATE < parent().rate
    assert tuned_recipe(parent(rate=1e-4)).rate == 1e-4


@pytest.mark.parametrize("name", ["notebook-sgd", "notebook-full-batch-sgd"])
def test_after_sgd_adam_begins_afresh_alike_in_both_frameworks(name: str) -> None:
    recipes = [tuned_recipe(preset(name, framework=framework, dataset="d", momentum=0.9))
               for framework in ("pytorch", "tensorflow")]  # fmt: skip
    assert recipes[0].changed(framework="tensorflow") == recipes[1]
    assert (recipes[0].optimiser, recipes[0].rate, recipes[0].momentum) == ("native-adam", tuning.LARGE_RATE, 0.0)


def test_a_model_that_never_met_a_variant_learns_from_usual_ones() -> None:
    assert tuned_recipe(parent("notebook-adam")).rotation == tuning.USUAL["rotation"]
    assert tuned_recipe(parent("notebook-adam", slant=0.3)).rotation == 0.0


def test_a_large_network_makes_fewer_updates() -> None:
    assert steps(tuned_recipe(parent())) == steps(tuned_recipe(parent("notebook-adam"))) == tuning.STEPS
    assert tuning.STEPS / 3 < steps(tuned_recipe(parent("hand-cnn"))) < tuning.STEPS
    assert 1 <= steps(tuned_recipe(parent(network="8192-8192-8192"))) < 10


def test_the_fewer_drawings_the_smaller_is_their_share() -> None:
    shares = [share(number) for number in (1, 5, 20, 750)]
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert 0.3 < shares[2] < shares[3] < tuning.MOST_SHARE


def test_an_epoch_shows_each_old_image_and_each_drawing_about_as_often_as_any_other() -> None:
    old, new = composed(100, 20, 6_400, seed=1)
    assert len(old) + len(new) == 6_400
    assert len(new) == round(6_400 * share(20))
    for places, number in ((old, 100), (new, 20)):
        times = np.bincount(places, minlength=number)
        assert times.max() - times.min() <= 1
    assert np.array_equal(composed(100, 20, 6_400, seed=1)[0], old)


def named(number: int, writers: int = 1) -> list[tuple[int, str, str]]:
    return [(place % 10, f"w{place % writers}", f"{place:04}") for place in range(number)]


@pytest.mark.parametrize(("drawings", "held"), [(1, 0), (9, 0), (10, 2), (20, 4), (100, 20), (750, 58), (5_000, 60)])
def test_each_fifth_drawing_is_held_out_of_ten_or_more_and_never_more_than_sixty(drawings: int, held: int) -> None:
    assert held_out(named(drawings), np.zeros(drawings, bool)).sum() == held


def test_those_held_out_are_of_all_digits_and_do_not_depend_on_the_order() -> None:
    there, none = named(100, writers=2), np.zeros(100, bool)
    held = held_out(there, none)
    assert {there[place][0] for place in np.flatnonzero(held)} == set(range(10))
    back = held_out(there[::-1], none)[::-1]
    assert np.array_equal(back, held)


def test_a_drawing_that_the_model_was_taught_before_is_not_measured_on() -> None:
    known = np.arange(50) < 40
    held = held_out(named(50), known)
    assert held.sum() == 2
    assert not (held & known).any()
    assert held_out(named(50), np.ones(50, bool)).sum() == 0


def test_it_is_said_why_nothing_is_held_out() -> None:
    assert tuning.why_none_held(1, 20, new=20) is None
    assert "fewer than 10" in (tuning.why_none_held(0, 9, new=9) or "")
    assert "taught all of these drawings before" in (tuning.why_none_held(0, 20, new=0) or "")
    assert "all but 2 of these" in (tuning.why_none_held(0, 12, new=2) or "")


@pytest.mark.parametrize("drawings", [12, 750])
@pytest.mark.parametrize("new", range(8))
def test_of_three_drawings_or_more_that_are_new_some_are_held_out_and_fewer_are_all_learnt(
    drawings: int, new: int
) -> None:
    known = np.arange(drawings) >= new
    held = held_out(named(drawings), known)
    assert bool(held.sum()) == (new >= 3)
    assert held.sum() <= 2
    assert not (held & known).any()


def test_a_drawing_is_known_by_its_strokes_and_pen_whatever_it_is_called() -> None:
    entry = {"digit": 4, "writer": "ann", "pen": 16.0, "canvas": 280, "strokes": [[[1.0, 2.0], [3.0, 4.0]]]}
    same = {**entry, "digit": 9, "writer": "bob", "strokes": [[[1.001, 2.0], [3.0, 3.999]]]}
    assert tuning.drawing_hash(entry) == tuning.drawing_hash(same)
    for other in ({"pen": 12.0}, {"strokes": [[[1.0, 2.0]], [[3.0, 4.0]]]}):
        assert tuning.drawing_hash({**entry, **other}) != tuning.drawing_hash(entry)


def test_the_check_is_the_validation_part_and_without_one_images_that_are_left_out() -> None:
    train, validation = np.arange(0, 1000), np.arange(2000, 2100)
    nothing = np.zeros(0, np.int64)
    old, checked = dealt_out(train, validation, 400, seed=3, learnt=nothing)
    assert len(old) == 400
    assert set(old.tolist()) <= set(train.tolist())
    assert np.array_equal(checked, validation)
    old, checked = dealt_out(np.repeat(train, 2), validation[:0], 5_000, seed=3, learnt=nothing)
    assert len(checked) == 250
    assert not set(old.tolist()) & set(checked.tolist())


def test_the_few_images_of_a_small_validation_part_are_checked_beside_those_that_are_left_out() -> None:
    validation = np.arange(2000, 2040)
    old, checked = dealt_out(np.arange(0, 1000), validation, 5_000, seed=3, learnt=np.zeros(0, np.int64))
    assert np.isin(validation, checked).all(), "they alone say how sure the model may be"
    assert len(checked) == 40 + 250
    assert not set(old.tolist()) & set(checked.tolist())


@pytest.mark.parametrize("validation", [np.arange(2000, 2100), np.zeros(0, np.int64)])
def test_images_of_drawings_that_are_learnt_do_not_judge_what_the_tuning_lost(validation: NDArray[np.int64]) -> None:
    learnt = np.concatenate([np.arange(0, 500), np.arange(2000, 2040)])
    _, checked = dealt_out(np.arange(0, 1000), validation, 400, seed=3, learnt=learnt)
    assert len(checked) == (60 if len(validation) else 125)
    assert not set(checked.tolist()) & set(learnt.tolist())


def test_the_new_weights_are_kept_as_far_as_the_check_is_read_as_well_as_before() -> None:
    before = np.arange(10_000) < 9_800

    def losing(images: int) -> Callable[[float], np.ndarray]:
        return lambda share: before & (np.arange(10_000) >= images * share)

    assert how_far(before, losing(40)) == 1.0
    assert how_far(before, losing(80)) == 0.5
    assert how_far(before, losing(1_000)) == 0.0
    assert how_far(before, lambda share: np.ones(10_000, bool)) == 1.0


def test_a_loss_that_a_small_check_cannot_exclude_counts() -> None:
    before = np.ones(300, bool)
    assert at_worst(before, before) == 0.0
    assert at_worst(before, np.arange(300) > 0) == pytest.approx(2 / 300)
    assert at_worst(np.arange(300) > 3, np.arange(300) < 296) == pytest.approx(math.sqrt(8) / 300), "lost as many"


def test_variants_of_one_image_count_as_one_image() -> None:
    before, lost = np.ones((10, 300), bool), np.arange(300) < 4
    assert at_worst(before, before & ~lost) == pytest.approx(at_worst(before[0], ~lost)), "ten of a kind say no more"
    spread = before.copy()
    spread[np.arange(10) % 10, np.arange(10) * 30] = False
    assert at_worst(before, spread) == pytest.approx((1 + math.sqrt(10 * 0.1**2)) / 300)


def test_weights_between_old_and_new_ones_are_on_the_straight_line_between_them() -> None:
    before, after = ({"layer.0.kernel": np.full((2, 3), value, np.float32)} for value in (1.0, 3.0))
    found = between(before, {**after, "step": np.array(9)}, 0.25)
    assert list(found) == ["layer.0.kernel"]
    assert found["layer.0.kernel"].dtype == np.float32
    assert (found["layer.0.kernel"] == 1.5).all()


def test_what_tells_tunings_apart_are_parent_recipe_and_drawings() -> None:
    recipe = tuned_recipe(parent())
    names = {tuning.identity(*given) for given in [("a", recipe, "x"), ("b", recipe, "x"), ("a", recipe, "y"),
             ("a", recipe.changed(frame="centred"), "x"), ("a", recipe, "x")]}  # fmt: skip
    assert len(names) == 4


def test_drawings_are_counted_by_digit_and_by_writer() -> None:
    found = tuning.counts([4, 4, 7], ["ann", "bob", "ann"])
    assert (found["drawings"], found["by_digit"][4], found["by_digit"][7]) == (3, 2, 1)
    assert found["by_writer"] == {"ann": 2, "bob": 1}
