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
from digits.dataset.families.sharp import FINER, GRID, box_all, fit_all, miss, splat

Reals = NDArray[np.float64]
REFITS, BACK, FINEST = 2, 4, 0.15  # rounds of alignment, of back-projection in each, and pixels it is smoothed by
SMOOTH = (0.5, 0.3, 0.22, 0.22)  # pixels: coarse first, then as fine as 16 copies allow


@dataclass(frozen=True)
class Pages:
    """The images of one digit, as prototypes see them."""

    ink: Floats  # (n, 28, 28) from 0 to 1, blurred a little
    frames: Reals  # (n, 2, 3): from the common frame into each image
    places: Floats  # (n, 24): how each looks in the common frame


@dataclass(frozen=True)
class Prototype:
    """A drawing, and where its copies lie."""

    drawing: Floats  # (GRID, GRID, 3): ink and its gradients a pixel
    axes: Reals  # (2, 2): from the common frame into its own
    place: Floats  # (24,): the mean of its copies

    def left(self, pages: Pages, rows: Rows) -> Reals:
        """Return (k,) what this drawing leaves over of the images `rows`: the root of the share of their energy."""
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


def make(pages: Pages, rows: Rows, back: int = BACK) -> Prototype:
    """Return the prototype of the images `rows`, sharpened by `back` rounds of back-projection; 0 leaves a mean."""
    ink, axes = pages.ink[rows], pages.frames[rows, :, :2].mean(axis=0)
    ways, boxes = _starts(pages, rows, axes), np.empty((len(rows), 4), np.int64)
    box_all(ink, boxes)
    for smooth in SMOOTH[:-1]:
        drawing = _average(ink, boxes, ways, smooth)
        _fit(pages, rows, drawing, ways)
        ways[:, 6] /= ways[:, 6].mean()
    drawing = _average(ink, boxes, ways, SMOOTH[-1])
    for _ in range(REFITS):
        drawing = _sharpened(ink, boxes, ways, drawing, back)
        _fit(pages, rows, drawing, ways)
        ways[:, 6] /= ways[:, 6].mean()
    return Prototype(_sharpened(ink, boxes, ways, drawing, back), axes, pages.places[rows].mean(axis=0))


def _average(ink: Floats, boxes: Rows, ways: Reals, smooth: float) -> Floats:
    """Return (GRID, GRID, 3): the mean of aligned copies, smoothed by `smooth` pixels, and its slopes."""
    return _with_slopes(_spread(ink, boxes, ways, smooth))


def _sharpened(ink: Floats, boxes: Rows, ways: Reals, drawing: Floats, back: int) -> Floats:
    """Return `drawing` with what it misses of the copies added, a few times over."""
    missed = np.empty_like(ink)
    for _ in range(back):
        miss(ink, boxes, drawing, ways, missed)
        drawing = _with_slopes(drawing[..., 0] + _spread(missed, boxes, ways, FINEST))
    return drawing


def _spread(ink: Floats, boxes: Rows, ways: Reals, smooth: float) -> Reals:
    """Return (GRID, GRID): the mean of pictures carried by `ways`."""
    sums = np.zeros((2, GRID, GRID))
    splat(ink, boxes, ways, sums)
    total, weight = gaussian_filter(sums, (0, smooth * FINER, smooth * FINER))
    return np.asarray(total / (weight + 1e-3 * weight.max()))


def _with_slopes(ink: Reals) -> Floats:
    drawing = np.zeros((GRID, GRID, 3), np.float32)
    drawing[..., 0] = ink
    drawing[:, 1:-1, 1] = (ink[:, 2:] - ink[:, :-2]) * (FINER / 2)
    drawing[1:-1, :, 2] = (ink[2:] - ink[:-2]) * (FINER / 2)
    return drawing
