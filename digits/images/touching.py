"""Where two digits touch: the cut through the least ink that leaves two digits.

A cut runs from top to bottom through the upright piece and bends a little, so that it can follow the gap between two
digits and need not slice what leans over it. Dynamic programming finds the cheapest around each column; of these,
that one is taken which goes through little ink, once, and opens no loop. A single digit cut by mistake is worse than
two that stay together, because far more digits stand alone than touch: the limits below are chosen for that.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Columns = NDArray[np.int64]
Floats = NDArray[np.float32]
ROWS = 64  # to which the line's height is scaled
BENDS, STEP = (3, 10), 2  # columns that a cut may leave its own to either side; between the columns that are tried
STRAY = (
    0.05  # what each column further aside costs, in pixels of ink, so that of equal cuts the straight one is taken
)
FULL = 0.7  # heights of the line: what each half has at least
WIDE, DOUBTLESS = 0.95, 1.0  # heights: what is narrower is one digit, what is wider hardly is
AGAIN, LOOP, UNEQUAL = 0.4, 0.7, 0.5  # pens of ink that a second crossing, an opened loop, a height wider count for
MOST, SLOPE = 1.6, 8.0  # such pens that a cut may count, and how many more a height beyond doubt
DASH = 3.0  # pens: what is lower is a dash
SMALLEST_LOOP = 6  # pixels of the scaled picture


def halves(piece: Mask, *, line: float, shear: float, pen: float) -> Mask | None:
    """Return which pixels of `piece` (h, w) lie right of where two digits touch, or None if it is one digit.

    `line` is the height of the line and `pen` the width of its strokes, in pixels; `shear` stands it upright.
    """
    if line < DASH * pen:
        return None
    scale = ROWS / line
    upright, offset = _upright(piece, scale, shear)
    inked = np.flatnonzero(upright.any(axis=0))
    wide = (int(np.ptp(inked)) + 1) / ROWS if inked.size else 0.0
    if wide < WIDE:
        return None
    upright = upright[:, inked[0] : inked[-1] + 1]
    cuts = np.unique(np.concatenate([_cuts(upright.astype(np.float32), bend) for bend in BENDS]), axis=0)
    faults = [_fault(upright, cut, pen * scale) for cut in cuts]
    if min(faults) > MOST + SLOPE * max(0.0, wide - DOUBTLESS):
        return None
    return _back(piece.shape, cuts[int(np.argmin(faults))], (scale, shear, offset - int(inked[0]) / scale))


def _upright(piece: Mask, scale: float, shear: float) -> tuple[Mask, float]:
    """Return the piece scaled and upright, and by how many of its pixels it was moved to stay within its picture."""
    high, wide = piece.shape
    offset = max(0.0, -shear * high) + 1
    size = (int((wide + abs(shear) * high + 2) * scale) + 1, int(high * scale) + 1)
    matrix = np.array([[scale, scale * shear, scale * offset], [0, scale, 0]], np.float32)
    # A mean of the pixels that fall on one, as shrinking needs, is what a blur before it comes to.
    soft = cv2.blur(piece.astype(np.uint8) * 255, (max(1, round(1 / scale)),) * 2)
    return np.asarray(cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR)) > 100, offset


def _cuts(ink: Floats, bend: int) -> Columns:
    """Return (n, h) the cheapest cut of `ink` (h, w) around each of n columns, at most `bend` away."""
    high, wide = ink.shape
    middles = np.arange(bend, wide - bend, STEP)
    reach, every = np.arange(-bend, bend + 1), np.arange(len(middles))
    costs = ink[:, middles[:, None] + reach]  # (h, n, corridor)
    total, came = costs[0], np.zeros(costs.shape, np.int64)
    for row in range(1, high):
        beside = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
        steps = np.stack([beside[:, :-2] + STRAY, beside[:, 1:-1], beside[:, 2:] + STRAY])
        came[row] = steps.argmin(axis=0) - 1
        total = steps.min(axis=0) + costs[row]
    at = total.argmin(axis=1)
    columns = np.empty((len(middles), high), np.int64)
    for row in range(high - 1, -1, -1):
        columns[:, row] = middles + reach[at]
        at = at + came[row, every, at]
    return columns


def _fault(upright: Mask, columns: Columns, pen: float) -> float:
    """Return what speaks against a cut, in pens of ink; infinite where it does not leave two full digits."""
    right = np.arange(upright.shape[1]) > columns[:, None]
    sides = [upright & right, upright & ~right]
    if not all(_full(side) for side in sides):
        return float("inf")
    met = upright[np.arange(len(columns)), columns]
    crossings = int((np.diff(met.astype(np.int8), prepend=0) == 1).sum())
    opened = _loops(upright) - sum(_loops(side) for side in sides)
    wide = [int(np.ptp(np.flatnonzero(side.any(axis=0)))) / ROWS for side in sides]
    again = AGAIN * max(0, crossings - 1)
    return int(met.sum()) / pen + again + LOOP * max(0, opened) + UNEQUAL * abs(wide[0] - wide[1])


def _full(side: Mask) -> bool:
    """Tell whether the largest connected part of a half is as high as a digit."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8))
    return count > 1 and int(stats[1:, cv2.CC_STAT_HEIGHT].max()) >= FULL * ROWS


def _loops(ink: Mask) -> int:
    """Return how many pieces of paper the ink encloses."""
    paper = np.pad(~ink, 1, constant_values=True).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    return int((stats[1:, cv2.CC_STAT_AREA] >= SMALLEST_LOOP).sum()) - 1


def _back(shape: tuple[int, ...], columns: Columns, how: tuple[float, float, float]) -> Mask:
    """Return which pixels of the piece lie to the right of a cut through its upright picture."""
    scale, shear, offset = how
    y, x = np.mgrid[: shape[0], : shape[1]]
    rows = np.minimum((y * scale).astype(np.int64), len(columns) - 1)
    return np.asarray((x + shear * y + offset) * scale >= columns[rows] + 0.5)
