"""A prototype: one drawing at three points a pixel, made of many copies that are aligned with it in turn.

Aligning and averaging in turn is congealing (Learned-Miller, PAMI 2006); with several prototypes at once it is the
transformed mixture of Frey and Jojic (PAMI 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

from digits.dataset.families.frame import Floats
from digits.dataset.families.neighbours import Rows
from digits.dataset.families.sharp import FINER, GRID, fit_all, splat

Reals = NDArray[np.float64]
ALIGNED = 150  # copies that make a prototype: more sharpen it no further
JUDGED = 60  # copies that it has not seen, to learn its noise
SMOOTH = (0.5, 0.3, 0.22, 0.22)  # pixels: coarse first, then as fine as 16 copies allow


@dataclass(frozen=True)
class Pages:
    """The images of one digit, as prototypes see them."""

    ink: Floats  # (n, 28, 28) from 0 to 1, blurred by half a pixel
    frames: Reals  # (n, 2, 3): from the common frame into each image
    places: Floats  # (n, 24): how each looks in the common frame


@dataclass(frozen=True)
class Prototype:
    """A drawing, and how well it explains copies that did not make it."""

    drawing: Floats  # (GRID, GRID, 3): ink and its gradients a pixel
    axes: Reals  # (2, 2): from the common frame into its own
    place: Floats  # (24,): the mean of its copies
    median: float = 0.0  # of what is left over of such copies: the root of the share of an image's energy
    high: float = 0.0  # the 95th percentile of it

    def left(self, pages: Pages, rows: Rows) -> Reals:
        """Return (k,) what this drawing leaves over of the images `rows`."""
        return _fit(pages, rows, self.drawing, _starts(pages, rows, self.axes))


def _starts(pages: Pages, rows: Rows, axes: Reals) -> Reals:
    """Return (k, 7): maps from the images into the frame of a prototype, by way of the common frame, and gain one."""
    frames = pages.frames[rows]
    linear = axes @ np.linalg.inv(frames[:, :, :2])
    offset = 13.5 - np.einsum("nij,nj->ni", linear, frames[:, :, 2])
    ways = np.ones((len(rows), 7))
    ways[:, :6] = np.concatenate([linear, offset[:, :, None]], axis=2).reshape(-1, 6)
    return ways


def _fit(pages: Pages, rows: Rows, drawing: Floats, ways: Reals) -> Reals:
    left = np.empty(len(rows))
    fit_all(pages.ink[rows], drawing, ways, left)
    return np.sqrt(left)


def make(pages: Pages, rows: Rows) -> Prototype:
    """Return the prototype of the images `rows`, whose noise is not known yet."""
    axes = pages.frames[rows, :, :2].mean(axis=0)
    ways = _starts(pages, rows, axes)
    for smooth in SMOOTH[:-1]:
        drawing = _average(pages.ink[rows], ways, smooth)
        _fit(pages, rows, drawing, ways)
        ways[:, 6] /= ways[:, 6].mean()
    drawing = _average(pages.ink[rows], ways, SMOOTH[-1])
    return Prototype(drawing, axes, pages.places[rows].mean(axis=0))


def learn(pages: Pages, rows: Rows, generator: np.random.Generator) -> Prototype:
    """Return the prototype of the images `rows`, with its noise on a third of them that did not make it."""
    rows = generator.permutation(rows)
    judged = min(max(len(rows) // 3, 8), JUDGED)
    made = make(pages, rows[judged : judged + ALIGNED])
    left = made.left(pages, rows[:judged])
    place = pages.places[rows].mean(axis=0)
    return Prototype(made.drawing, made.axes, place, float(np.median(left)), float(np.percentile(left, 95)))


def _average(ink: Floats, ways: Reals, smooth: float) -> Floats:
    """Return (GRID, GRID, 3): the aligned copies' mean on the finer grid, smoothed by `smooth` pixels, and its slopes."""
    sums = np.zeros((2, GRID, GRID))
    splat(ink, ways[:, :6], ways[:, 6], sums)
    total, weight = gaussian_filter(sums, (0, smooth * FINER, smooth * FINER))
    mean = total / (weight + 1e-3)
    drawing = np.zeros((GRID, GRID, 3), np.float32)
    drawing[..., 0] = mean
    drawing[:, 1:-1, 1] = (mean[:, 2:] - mean[:, :-2]) * (FINER / 2)
    drawing[1:-1, :, 2] = (mean[2:] - mean[:-2]) * (FINER / 2)
    return drawing


