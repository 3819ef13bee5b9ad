from __future__ import annotations

import numpy as np
import pytest

from digits.dataset.split import STREAM, Split, split
from digits.errors import UsageError
from digits.files import sha256
from digits.training.recipe import BOUNDS, Recipe


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
    assert sizes(split(images, recipe(test_share=share))) == [train, 0, test]


@pytest.mark.parametrize("validation_share", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("test_share", [0.01, 0.2, 0.9])
@pytest.mark.parametrize("images", [20, 99, 1_000])
def test_the_parts_share_no_row_and_miss_none(images: int, test_share: float, validation_share: float) -> None:
    found = split(images, recipe(test_share=test_share, validation_share=validation_share))
    assert np.array_equal(np.sort(np.concatenate(parts(found))), np.arange(images))


def test_each_part_is_ascending_so_that_a_mapped_file_is_read_in_order() -> None:
    for part in parts(split(500, recipe(validation_share=0.1))):
        assert np.all(np.diff(part) > 0)
        assert part.dtype == np.int64


def test_validation_is_a_share_of_what_is_left_and_the_test_part_stays_as_it_was() -> None:
    without, held = split(1_000, recipe()), split(1_000, recipe(validation_share=0.1))
    assert sizes(held) == [720, 80, 200]
    assert np.array_equal(held.test, without.test)
    assert set(held.validation) <= set(without.train)


def test_the_rows_are_the_same_in_every_process_and_on_every_machine() -> None:
    pinned = ["3db612c9ff06699f", "99f17013ed6c059c", "74331593713931bd"]
    found = split(1_797, recipe(validation_share=0.1))
    assert [sha256(part.astype("<i8").tobytes())[:16] for part in parts(found)] == pinned


def test_the_split_shares_no_random_numbers_with_an_epoch() -> None:
    assert BOUNDS["epochs"][1] < STREAM, "an epoch's order is drawn from (seed, epoch)"


def test_only_the_seed_and_the_shares_decide() -> None:
    other = recipe(framework="tensorflow", epochs=3, batch=7, pixels="ink", threads=1)
    for mine, others in zip(parts(split(300, recipe())), parts(split(300, other)), strict=True):
        assert np.array_equal(mine, others)
    assert not np.array_equal(split(300, recipe()).test, split(300, recipe(seed=43)).test)


def test_the_rows_are_shuffled_so_that_every_digit_is_in_every_part() -> None:
    labels = np.repeat(np.arange(10), 100)  # a data set lies in the order of its digits
    for part in parts(split(1_000, recipe(validation_share=0.2))):
        assert set(labels[part]) == set(range(10))


@pytest.mark.parametrize(("images", "validation_share"), [(0, 0.0), (1, 0.0), (2, 0.1)])
def test_a_split_that_leaves_nothing_to_train_or_test_on_is_refused(images: int, validation_share: float) -> None:
    with pytest.raises(UsageError, match=f"leaves a part empty: expected images for training .* received {images}"):
        split(images, recipe(validation_share=validation_share))


def test_two_images_are_enough() -> None:
    assert sizes(split(2, recipe())) == [1, 0, 1]
