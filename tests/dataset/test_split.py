from __future__ import annotations

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.dataset.split import STREAM, Split, at_random, families_hash, leak, pieces, split_by, split_of
from digits.errors import IntegrityError, UsageError
from digits.files import sha256
from digits.training.recipe import BOUNDS, Recipe
from tests.starter import build_starter, four_drawings


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="none").changed(**values)


def parts(found: Split) -> list[np.ndarray]:
    return [found.train, found.validation, found.test]


def sizes(found: Split) -> list[int]:
    return [len(part) for part in parts(found)]


# scikit-learn's train_test_split gives the same numbers; 107,720 is the notebook's.
@pytest.mark.parametrize(
    ("images", "share", "train", "test"),
    [(107_720, 0.2, 86_176, 21_544), (107_730, 0.2, 86_184, 21_546), (1_797, 0.2, 1_437, 360), (10, 0.25, 7, 3)],
)
def test_the_test_part_is_its_share_rounded_up(images: int, share: float, train: int, test: int) -> None:
    assert sizes(at_random(images, recipe(test_share=share))) == [train, 0, test]


@pytest.mark.parametrize("validation_share", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("test_share", [0.01, 0.2, 0.9])
@pytest.mark.parametrize("images", [20, 99, 1_000])
def test_the_parts_share_no_row_and_miss_none(images: int, test_share: float, validation_share: float) -> None:
    found = at_random(images, recipe(test_share=test_share, validation_share=validation_share))
    assert np.array_equal(np.sort(np.concatenate(parts(found))), np.arange(images))


def test_each_part_is_ascending_so_that_a_mapped_file_is_read_in_order() -> None:
    for part in parts(at_random(500, recipe(validation_share=0.1))):
        assert np.all(np.diff(part) > 0)
        assert part.dtype == np.int64


def test_validation_is_a_share_of_what_is_left_and_the_test_part_stays_as_it_was() -> None:
    without, held = at_random(1_000, recipe()), at_random(1_000, recipe(validation_share=0.1))
    assert sizes(held) == [720, 80, 200]
    assert np.array_equal(held.test, without.test)
    assert set(held.validation) <= set(without.train)


def test_the_rows_are_the_same_in_every_process_and_on_every_machine() -> None:
    pinned = ["3db612c9ff06699f", "99f17013ed6c059c", "74331593713931bd"]
    found = at_random(1_797, recipe(validation_share=0.1))
    assert [sha256(part.astype("<i8").tobytes())[:16] for part in parts(found)] == pinned


def test_the_split_shares_no_random_numbers_with_an_epoch() -> None:
    assert BOUNDS["epochs"][1] < STREAM, "an epoch's order is drawn from (seed, epoch)"


def test_only_the_seed_and_the_shares_decide() -> None:
    other = recipe(framework="tensorflow", epochs=3, batch=7, pixels="ink", threads=1)
    for mine, others in zip(parts(at_random(300, recipe())), parts(at_random(300, other)), strict=True):
        assert np.array_equal(mine, others)
    assert not np.array_equal(at_random(300, recipe()).test, at_random(300, recipe(seed=43)).test)


def test_the_rows_are_shuffled_so_that_every_digit_is_in_every_part() -> None:
    labels = np.repeat(np.arange(10), 100)  # a data set lies in the order of its digits
    for part in parts(at_random(1_000, recipe(validation_share=0.2))):
        assert set(labels[part]) == set(range(10))


@pytest.mark.parametrize(("images", "validation_share"), [(0, 0.0), (1, 0.0), (2, 0.1)])
def test_a_split_that_leaves_nothing_to_train_or_test_on_is_refused(images: int, validation_share: float) -> None:
    with pytest.raises(UsageError, match=f"leaves a part empty: expected images for training .* received {images}"):
        at_random(images, recipe(validation_share=validation_share))


def test_two_images_are_enough() -> None:
    assert sizes(at_random(2, recipe())) == [1, 0, 1]


def test_a_split_says_of_each_row_where_it_is_and_is_made_again_from_that() -> None:
    found = at_random(100, recipe(validation_share=0.25))
    assert np.bincount(found.parts).tolist() == [60, 20, 20]
    assert found.test_share == 0.2
    for mine, others in zip(parts(found), parts(Split.of(found.parts)), strict=True):
        assert np.array_equal(mine, others)


def test_the_leak_is_the_share_of_test_images_with_a_relative_in_training_and_nowhere_else() -> None:
    rows = np.arange(8)
    found = Split(train=rows[:3], validation=rows[3:4], test=rows[4:])
    assert leak(found, np.array([0, 0, 1, 2, 0, 1, 2, 9])) == 0.5, "a relative in validation is none in training"
    assert leak(found, np.arange(8)) == 0
    assert leak(found, np.zeros(8, int)) == 1


def test_pieces_are_families_of_a_digit_the_largest_first_or_one_number_while_they_are_unknown() -> None:
    labels, families = np.array([0, 0, 0, 1, 1, 1]), np.array([4, 2, 2, 7, 7, 8])
    assert pieces(labels, families, np.arange(6))[:3] == [[2, 1], [2, 1], []]
    assert pieces(labels, families, np.array([1, 3]))[:2] == [[1], [1]]
    assert pieces(labels, None, np.arange(6))[:3] == [[3], [3], []]


def test_a_data_set_is_split_by_the_families_that_are_kept_with_it() -> None:
    build_starter()
    starter, by_family = Dataset.open("starter"), recipe(split="family")
    assert split_by(starter, by_family) is None
    with pytest.raises(UsageError, match=r"families of starter are unknown.* python -m digits families starter"):
        split_of(starter, by_family)
    families = four_drawings(starter)
    found, hashed = split_of(starter, by_family), families_hash(starter)
    assert leak(found, families) == 0
    assert leak(split_of(starter, recipe()), families) == 1
    assert split_by(starter, by_family) == hashed == store.about(starter)["index"]
    assert split_by(starter, recipe()) is None, "a random split does not depend on families"
    assert np.array_equal(split_of(starter, by_family, hashed).test, found.test)


def test_other_families_than_those_that_were_meant_are_refused() -> None:
    build_starter()
    starter = Dataset.open("starter")
    four_drawings(starter)
    meant = families_hash(starter)
    store.keep(starter, np.arange(1_797), {"by": "search"})
    with pytest.raises(IntegrityError, match="families of starter are others than when this run was asked for"):
        split_of(starter, recipe(split="family"), meant)
    split_of(starter, recipe(), meant)
