from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage
from threadpoolctl import threadpool_limits

from digits.images import augment as module
from digits.images.augment import Augmentation, augment

EVERYTHING = Augmentation(rotation=15, slant=0.3, zoom=0.2, shift=2, elastic=0.8, thickness=0.2, jitter=0.3)
MIDDLE = 13.5


def digits(count: int) -> np.ndarray:
    """(n, 28, 28) uint8: smooth blobs of ink in the middle of paper."""
    ink = np.zeros((count, 28, 28))
    ink[:, 8:20, 9:19] = np.random.default_rng(2).integers(0, 256, (count, 12, 10))
    return np.asarray(np.clip(2 * ndimage.gaussian_filter(ink, (0, 1.2, 1.2)), 0, 255), np.uint8)


class Highest(np.random.Generator):
    """A generator whose even draws are all the highest that they can be."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def uniform(self, low: float, high: float, size: int) -> np.ndarray:  # type: ignore[override]
        return np.full(size, high)


def test_without_any_strength_a_variant_is_its_image() -> None:
    images = np.random.default_rng(0).integers(0, 256, (600, 28, 28), np.uint8)
    assert np.array_equal(augment(images, Augmentation(), np.random.default_rng(1)), images)


def test_equal_generators_give_equal_variants_and_others_others() -> None:
    images = digits(300)
    first, again, other = (augment(images, EVERYTHING, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.uint8
    assert first.shape == images.shape
    assert np.array_equal(first, again)
    assert np.mean(np.any(first != other, axis=(1, 2))) > 0.99


@pytest.mark.parametrize("count", [0, 1, module.AT_ONCE, module.AT_ONCE + 1])
def test_any_number_of_images_has_as_many_variants(count: int) -> None:
    images = digits(count)
    found = augment(images, EVERYTHING, np.random.default_rng(1))
    assert found.shape == (count, 28, 28)
    assert all(variant.any() for variant in found)


def test_the_bits_are_the_same_on_any_number_of_threads() -> None:
    images, threads = digits(module.AT_ONCE), cv2.getNumThreads()
    found = []
    for count in (1, 4):
        cv2.setNumThreads(count)
        with threadpool_limits(count):
            found.append(augment(images, EVERYTHING, np.random.default_rng(1)))
    cv2.setNumThreads(threads)
    assert np.array_equal(*found)


@pytest.mark.parametrize(
    ("how", "back"),
    [
        (Augmentation(shift=3), [[1, 0], [0, 1]]),
        (Augmentation(zoom=0.25), [[0.8, 0], [0, 0.8]]),
        (Augmentation(slant=0.4), [[1, 0.4], [0, 1]]),
        (Augmentation(rotation=30), [[3**0.5 / 2, -0.5], [0.5, 3**0.5 / 2]]),
    ],
)
def test_a_variant_is_what_scipy_makes_of_its_image(how: Augmentation, back: list[list[float]]) -> None:
    """`back` leads (x, y) in a variant, from the middle, to (x, y) in its image."""
    images = digits(3)
    matrix = np.array(back)[::-1, ::-1]  # scipy counts y first
    offset = MIDDLE - matrix @ (MIDDLE, MIDDLE) + how.shift
    expected = [ndimage.affine_transform(image.astype(float), matrix, offset, order=1) for image in images]
    assert np.abs(augment(images, how, Highest()) - expected).max() < 6, "OpenCV reads at 1/32 of a pixel"


def test_no_ink_of_one_image_comes_into_another() -> None:
    images = np.zeros((90, 28, 28), np.uint8)
    images[::2] = 255
    wild = Augmentation(rotation=90, slant=2, zoom=0.9, shift=14, elastic=10, jitter=5, thickness=0.2)
    assert not augment(images, wild, np.random.default_rng(3))[1::2].any()


def places(count: int, how: Augmentation) -> np.ndarray:
    """Where the pixels of a strip of variants come from."""
    return module._places(module._Room(count, how), how, np.random.default_rng(4))


@pytest.mark.parametrize("name", ["elastic", "jitter"])
def test_a_field_moves_pixels_by_its_strength_on_average(name: str) -> None:
    moved = places(500, Augmentation(**{name: 0.5})) - places(500, Augmentation())
    images = moved.reshape(2, 28, 500, module.CELL)[..., :28]
    assert images.std() == pytest.approx(0.5, rel=0.05)
    assert abs(images.mean()) < 0.02


def test_elastic_bends_smoothly_and_jitter_roughly() -> None:
    bent = {}
    for name in ("elastic", "jitter"):
        strip = places(50, Augmentation(**{name: 1.0}))
        across = np.diff(strip.reshape(2, 28, 50, module.CELL)[0, ..., :28], axis=-1) - 1
        bent[name] = across.std()
    assert bent["jitter"] > 2 * bent["elastic"]


def test_strokes_become_thinner_or_thicker_and_stay_where_they_are() -> None:
    images = digits(400)
    found = augment(images, Augmentation(thickness=0.2), np.random.default_rng(5))
    ink = found.sum(axis=(1, 2)) / images.sum(axis=(1, 2), dtype=float)
    assert ink.min() < 0.7
    assert ink.max() > 1.2
    far = ~ndimage.binary_dilation(images > 0, np.ones((1, 7, 7)))
    assert not found[far].any()


def test_paper_stays_white_and_ink_black_however_much_the_strokes_vary() -> None:
    images = np.zeros((200, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = 255
    found = augment(images, Augmentation(thickness=0.5), np.random.default_rng(7))
    assert not found[:, :4].any()
    assert (found[:, 14, 14] == 255).all()
