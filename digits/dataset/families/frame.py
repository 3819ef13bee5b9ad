"""A frame for each image that no affine map of its drawing changes, but for noise.

The moments of the ink give centre and covariance; the root of the covariance makes it round (affine moment
normalisation: Hu 1962; Rothe, Süsse, Voss 1996). What remains is a rotation: it is taken out by turning each image to
where it agrees best with the mean of its digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

from digits.dataset.families.kernels import PAD

Floats = NDArray[np.float32]
SIDE = 20  # samples of the frame, across 2 · 2.4 standard deviations
REACH = 2.4
PAIR_BLUR = 0.8  # pixels: what two copies share survives it, most of what resampling adds does not
ANGLES = np.deg2rad(np.arange(-36, 37, 4)).astype(np.float32)


def soften(images: NDArray[np.uint8], sigma: float) -> Floats:
    """Return (n, 28, 28) float32 from 0 to 1, blurred by `sigma` pixels."""
    return np.asarray(gaussian_filter(images.astype(np.float32) / 255, (0, sigma, sigma)), np.float32)


def padded(images: Floats) -> Floats:
    """Return the images with paper around them, as the kernels read them."""
    return np.pad(images, ((0, 0), (PAD, PAD), (PAD, PAD)))


def moments(images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return the centres (n, 2) in pixels, x first, and the roots of the covariances (n, 2, 2) of the ink."""
    ink, at = images.astype(np.float32), np.arange(28, dtype=np.float32)
    mass = ink.sum((1, 2))
    columns, rows = ink.sum(1) / mass[:, None], ink.sum(2) / mass[:, None]
    centre = np.stack([columns @ at, rows @ at], axis=1)
    mixed = (ink @ at) @ at / mass - centre[:, 0] * centre[:, 1]
    wide, high = columns @ at**2 - centre[:, 0] ** 2, rows @ at**2 - centre[:, 1] ** 2
    values, vectors = np.linalg.eigh(np.stack([wide, mixed, mixed, high], axis=1).reshape(-1, 2, 2))
    roots = np.sqrt(np.maximum(values, 0.05))  # a hair line still has a width
    return centre, (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)


def sample(pictures: Floats, centres: Floats, axes: Floats) -> Floats:
    """Return (n, SIDE²) float32 of unit length: padded `pictures` read in the frame of `centres` and `axes`."""
    line = np.linspace(-REACH, REACH, SIDE, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    width, out = pictures.shape[1], np.empty((len(pictures), SIDE * SIDE), np.float32)
    for start in range(0, len(pictures), 1_000):
        part = slice(start, start + 1_000)
        points = np.clip(grid @ axes[part].transpose(0, 2, 1) + centres[part, None] + PAD, 0, width - 1.01)
        corner = points.astype(np.int32)
        right, below = np.moveaxis(points - corner, -1, 0)
        at, flat = corner[..., 1] * width + corner[..., 0], pictures[part].reshape(len(points), -1)
        upper, upper_right, lower, lower_right = (
            np.take_along_axis(flat, at + off, 1) for off in (0, 1, width, width + 1)
        )
        upper += right * (upper_right - upper)
        lower += right * (lower_right - lower)
        out[part] = upper + below * (lower - upper)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    return out


def turned(angles: Floats) -> Floats:
    """Return the rotations (n, 2, 2) by `angles` (n,) in radians."""
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([cosine, -sine, sine, cosine], axis=-1).reshape(-1, 2, 2)


def frames(images: NDArray[np.uint8], blurred: Floats) -> tuple[Floats, Floats]:
    """Return for images of one digit what leads from the common frame into each, and how they look in it.

    `images` (n, 28, 28) uint8 have ink, `blurred` are the same padded. The frames are (n, 2, 3): axes, then centre,
    in pixels; the looks (n, SIDE²).
    """
    centres, axes = moments(images)
    upright = sample(blurred, centres, axes)
    looks, angles = upright, np.zeros(len(images), np.float32)
    for _ in range(2):
        angles = _angles(upright, looks.mean(axis=0))
        looks = sample(blurred, centres, axes @ turned(-angles))
    return np.concatenate([axes @ turned(-angles), centres[:, :, None]], axis=2), looks


def _angles(looks: Floats, mean: Floats) -> Floats:
    """Return (n,) radians by which `mean` must turn to agree best with each of `looks`: a parabola's top."""
    picture = padded(np.pad(mean.reshape(1, SIDE, SIDE), ((0, 0), (4, 4), (4, 4))))
    middle = np.full((len(ANGLES), 2), 4 + (SIDE - 1) / 2, np.float32)
    pixels = np.float32((SIDE - 1) / (2 * REACH))
    agreement = looks @ sample(np.repeat(picture, len(ANGLES), 0), middle, turned(ANGLES) * pixels).T
    best = np.clip(agreement.argmax(axis=1), 1, len(ANGLES) - 2)
    before, top, after = (np.take_along_axis(agreement, best[:, None] + off, 1)[:, 0] for off in (-1, 0, 1))
    off = (before - after) / 2 / np.minimum(before - 2 * top + after, -1e-9)
    return np.asarray(ANGLES[best] + np.clip(off, -1, 1) * (ANGLES[1] - ANGLES[0]), np.float32)


def principal(looks: Floats, generator: np.random.Generator) -> Floats:
    """Return the looks (n, SIDE²) on their first 24 principal axes, learnt from 3,000 of them."""
    some = generator.permutation(len(looks))[:3_000]
    mean = looks[some].mean(axis=0)
    _, _, axes = np.linalg.svd(looks[some] - mean, full_matrices=False)
    return np.asarray((looks - mean) @ axes[:24].T)
