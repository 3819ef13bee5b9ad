"""Copies of one drawing are found by their ink alone; what is no copy stays alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import affine_transform, zoom  # type: ignore[import-untyped]
from sklearn.datasets import load_digits  # type: ignore[import-untyped]
from sklearn.metrics import homogeneity_completeness_v_measure  # type: ignore[import-untyped]

from digits.dataset.families.search import Found, search
from digits.dataset.sources.starter import redraw
from digits.errors import StoppedError, UsageError
from tests.conftest import real

FINER = 4
DIGITS = (2, 5)


@cache
def originals(count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` drawings of each of two digits, of the starter set, and their labels."""
    images, labels = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(labels == digit)[:count] for digit in DIGITS])
    return np.stack([redraw(image.reshape(8, 8)) for image in images[rows]]), labels[rows]


@cache
def copied(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`count` copies of each of eight drawings, shuffled: images, labels, and which drawing each is of."""
    generator = np.random.default_rng(0)
    drawings, labels = originals(4)
    made = np.concatenate([[copy(drawing, generator) for _ in range(count)] for drawing in drawings])
    truth = np.repeat(np.arange(len(drawings)), count)
    order = generator.permutation(len(truth))
    return made[order], labels[truth][order], truth[order]


@cache
def found(count: int) -> Found:
    """What is found in these copies, once for all tests that look at it."""
    images, labels, _ = copied(count)
    return search(images, labels)


def copy(image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """`image` turned, sheared, scaled and moved at four times the resolution, then shrunk."""
    large = zoom(np.pad(image.astype(float), 4), FINER, order=3, grid_mode=True, mode="grid-constant").clip(0, 255)
    turn, shear = np.deg2rad(generator.uniform(-15, 15)), generator.uniform(-0.2, 0.2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(generator.uniform(0.9, 1.1, 2))
    middle = (len(large) - 1) / 2
    moved = affine_transform(large, linear, middle - linear @ (middle + generator.uniform(-8, 8, 2)), order=1)
    return moved.reshape(36, FINER, 36, FINER).mean((1, 3))[4:-4, 4:-4].round().clip(0, 255).astype(np.uint8)


def test_copies_of_one_drawing_are_one_family_and_drawings_stay_apart() -> None:
    truth = copied(40)[2]
    homogeneity, completeness, _ = homogeneity_completeness_v_measure(truth, found(40).families)
    assert homogeneity >= 0.95
    assert completeness >= 0.99


def test_no_family_holds_two_digits() -> None:
    labels, families = copied(40)[1], found(40).families
    assert len(np.unique(np.stack([families, labels]), axis=1).T) == len(np.unique(families))


def test_the_order_of_the_images_plays_no_part() -> None:
    images, labels, _ = copied(40)
    order = np.random.default_rng(1).permutation(len(images))
    one, other = found(40).families[order], search(images[order], labels[order]).families
    pairs = np.unique(np.stack([one, other]), axis=1)
    assert pairs.shape[1] == len(np.unique(one)) == len(np.unique(other))


def test_drawings_without_copies_stay_alone() -> None:
    images, labels = originals(100)
    assert len(np.unique(search(images, labels).families)) == len(images)


def test_blank_images_of_a_digit_are_one_family() -> None:
    images, labels = originals(10)
    blank = np.zeros((3, 28, 28), np.uint8)
    blank[0, 14, 14] = 2  # hardly ink: nothing can be registered to it
    images = np.concatenate([images, blank])
    families = search(images, np.append(labels, [2, 2, 5])).families
    assert families[-3] == families[-2] != families[-1]
    assert (families == families[-1]).sum() == 1


def test_how_far_a_copy_was_moved_is_told_in_pixels() -> None:
    changes = found(40).changes
    assert changes.shape == copied(40)[1].shape
    assert (changes >= 0).all()
    assert 0.2 < np.median(changes) < 10


def test_progress_is_told_and_a_stop_is_heard() -> None:
    images, labels = originals(50)
    told: list[tuple[int, int]] = []
    search(images, labels, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(images), len(images))
    with pytest.raises(StoppedError):
        search(images, labels, stopped=lambda: True)


def test_arrays_of_another_kind_are_refused() -> None:
    with pytest.raises(UsageError, match="Families cannot be looked for"):
        search(np.zeros((3, 28, 28)), np.zeros(3, np.int64))


def test_the_four_drawings_of_the_notebooks_fives_are_found() -> None:
    from benchmarks.families import AUTHOR, read_zip

    images, labels = read_zip(real("kaggle-digits.zip"))
    families = search(images[labels == 5], labels[labels == 5]).families
    assert sorted(np.bincount(families).tolist(), reverse=True) == AUTHOR


def test_mnist_digits_outside_one_are_not_merged() -> None:
    from benchmarks.families import read_mnist

    real("mnist-t10k-images-idx3-ubyte.gz")
    images, labels = read_mnist()
    rows = np.flatnonzero(labels != 1)[:2_000]
    families = search(images[rows], labels[rows]).families
    assert (np.bincount(families)[families] > 1).mean() < 0.005
