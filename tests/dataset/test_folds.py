"""Whole families dealt into folds: every fold tests every digit, and no family is on two sides."""

from __future__ import annotations

import numpy as np
import pytest

from digits.dataset.folds import TEST, VALIDATION, by_family, deal, held_out
from digits.errors import UsageError
from digits.training.recipe import Recipe


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="none", split="family").changed(**values)


def drawings(*sizes: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and families: of each digit one family of each of `sizes`."""
    labels = np.repeat(np.arange(10), sum(sizes))
    families = np.repeat(np.arange(10 * len(sizes)), np.tile(sizes, 10))
    return labels, families


def writers(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and families: a few hundred digits of `count` writers, each of whom wrote all ten."""
    rng = np.random.default_rng(seed)
    labels, families = rng.integers(0, 10, 600), rng.integers(0, count, 600)
    labels[: 10 * count], families[: 10 * count] = np.tile(np.arange(10), count), np.repeat(np.arange(count), 10)
    return labels, families


def all_folds(labels: np.ndarray, families: np.ndarray, **values: object) -> list[np.ndarray]:
    asked = recipe(**values)
    return [by_family(labels, families, asked.changed(fold=fold)) for fold in range(asked.folds)]


SETS = [drawings(9, 7, 7, 2), drawings(1, 1, 1, 1, 1, 30), writers(4), writers(7), drawings(*[1] * 40)]


@pytest.mark.parametrize("validation_share", [0.0, 0.1])
@pytest.mark.parametrize("number", range(len(SETS)))
def test_no_family_is_on_two_sides_and_every_part_of_train_and_test_has_every_digit(
    number: int, validation_share: float
) -> None:
    labels, families = SETS[number]
    for parts in all_folds(labels, families, validation_share=validation_share):
        for family in np.unique(families):
            assert len(set(parts[families == family])) == 1
        for part in (0, TEST):
            assert set(labels[parts == part]) == set(range(10))


@pytest.mark.parametrize("number", range(len(SETS)))
def test_all_folds_together_test_every_image_once(number: int) -> None:
    labels, families = SETS[number]
    assert np.array_equal(
        sum((parts == TEST).astype(int) for parts in all_folds(labels, families)), np.ones(len(labels))
    )


def test_folds_are_as_equal_as_whole_families_allow() -> None:
    labels, families = drawings(2916, 2916, 2916, 2025)
    shares = [float((parts == TEST).mean()) for parts in all_folds(labels, families)]
    assert sum(shares) == pytest.approx(1)
    assert max(shares) - min(shares) < 0.02, "of ten digits, each fold gets two or three of the smaller families"
    with_many = [float((parts == TEST).mean()) for parts in all_folds(*drawings(*[3] * 40))]
    assert with_many == [0.25] * 4


# Four digits of two to three families; found once, checked by eye, and from now on the same everywhere.
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3])
FAMILIES = np.array([5, 5, 5, 9, 9, 4, 2, 2, 7, 7, 7, 1, 1, 0, 3, 3, 3, 8])


@pytest.mark.parametrize(
    ("seed", "tested"),
    [
        (42, [[0, 1, 2, 6, 7, 11, 12, 17], [3, 4, 5, 8, 9, 10, 13, 14, 15, 16]]),
        (7, [[3, 4, 5, 6, 7, 11, 12, 14, 15, 16], [0, 1, 2, 8, 9, 10, 13, 17]]),
    ],
)
def test_the_same_seed_gives_these_rows_on_every_machine(seed: int, tested: list[list[int]]) -> None:
    found = all_folds(LABELS, FAMILIES, folds=2, seed=seed)
    assert [np.flatnonzero(parts == TEST).tolist() for parts in found] == tested


def test_what_families_are_called_plays_no_part() -> None:
    names = np.random.default_rng(1).permutation(40)
    labels, families = drawings(9, 7, 7, 2)
    for mine, others in zip(all_folds(labels, families), all_folds(labels, names[families] * 3), strict=True):
        assert np.array_equal(mine, others)


def test_the_seed_decides_which_families_are_tested_together() -> None:
    labels, families = drawings(5, 5, 5, 5)
    assert len({by_family(labels, families, recipe(seed=seed)).tobytes() for seed in range(20)}) == 20


def test_too_many_folds_are_refused_with_the_largest_number_that_works() -> None:
    labels, families = drawings(5, 5, 5, 5)
    few = labels.copy()
    three = families.copy()
    three[(labels == 3) & (families == 15)] = 14  # the digit 3 has three families only
    message = r"Fewer families than folds for the digit 3: expected at most 3 folds, received 4 folds, 3 families"
    with pytest.raises(UsageError, match=message):
        by_family(few, three, recipe())
    assert set(all_folds(few, three, folds=3)[2]) == {0, TEST}


def test_a_digit_of_one_family_cannot_be_tested_at_all() -> None:
    labels, families = drawings(4, 4)
    families[labels == 8] = 16
    with pytest.raises(
        UsageError, match=r"digit 8: expected at least two families of each digit, or the random split"
    ):
        by_family(labels, families, recipe(folds=2))


def test_writers_who_left_digits_out_are_dealt_so_that_each_fold_tests_all_or_refused() -> None:
    counts = np.ones((3, 10), np.int64)
    counts[0, 5] = 0  # two writers wrote a 5, in no two folds but theirs
    assert set(deal(counts, 2, 42)[1:].tolist()) == {0, 1}
    labels, families = np.nonzero(counts)[1], np.nonzero(counts)[0]
    with pytest.raises(UsageError, match=r"the digit 5: expected at most 2 folds, received 3 folds, 2 families"):
        by_family(labels, families, recipe(folds=3))


def test_where_the_largest_first_would_strand_a_scarce_digit_its_families_go_first() -> None:
    counts = np.zeros((5, 10), np.int64)
    counts[0, [1, 2]] = 10  # it draws the second family of the digit 0 to where the first one is
    counts[1, [0, 1]], counts[2, [0, 2]] = (1, 8), (1, 3)
    counts[3, 1], counts[4, 2] = 1, 1
    for seed in range(10):
        folds = deal(counts, 2, seed)
        for fold in range(2):
            assert counts[folds == fold][:, :3].any(axis=0).all()


def test_validation_is_its_share_where_families_are_many_and_small() -> None:
    labels, families = drawings(*[1] * 40)
    parts = by_family(labels, families, recipe(validation_share=0.1))
    assert np.bincount(parts, minlength=3).tolist() == [270, 30, 100]
    assert np.bincount(labels[parts == VALIDATION]).tolist() == [3] * 10


def test_of_three_large_families_the_smallest_is_validation_though_that_is_more_than_was_asked_for() -> None:
    counts = np.zeros((30, 10), np.int64)
    for digit in range(10):
        counts[3 * digit : 3 * digit + 3, digit] = 2916, 2025, 2916
    assert held_out(counts, 0.1, 42).tolist() == list(range(1, 30, 3))


def test_a_digit_with_one_family_left_keeps_it_in_training() -> None:
    labels, families = drawings(4, 4)
    parts = by_family(labels, families, recipe(folds=2, validation_share=0.1))
    assert not (parts == VALIDATION).any()
    assert set(labels[parts == 0]) == set(range(10))


def test_validation_leaves_the_test_part_as_it_was() -> None:
    labels, families = drawings(*[1] * 40)
    without, held = (by_family(labels, families, recipe(validation_share=share)) for share in (0.0, 0.1))
    assert np.array_equal(without == TEST, held == TEST)
