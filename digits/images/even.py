"""The even frame: a digit in the middle of 28×28, drawn again with a pen of one width.

Hands differ in where and how large they write, and pens in how thick; a network that has seen one of these reads the
others badly. Here the ink's edge is moved (by its signed distance) until the strokes are 3 pixels wide where the
digit's middle lines are 17 high or wide, so that a thin pen on a large canvas, a thick one, and the pictures of data
sets come out alike. As in MNIST the centre of mass is in the middle. `docs/decisions/0013-even-frame.md` has what
each of these numbers is worth.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
SIDE, INK_SIDE, PEN = 28, 20.0, 3.0  # pixels of the frame: its side, the digit's longest, and its strokes' width
BLUR = 0.7  # standard deviation, in pixels of the frame
WORK, WORK_INK = 112, 80  # the side of the picture that is worked on, and of the ink in it
FAINT = 32  # ink below this is a shadow of resampling and does not widen the box
MOST_THINNED = 0.3  # share of its width that a stroke may lose: a thin part of a thick drawing must not vanish

cv2.setNumThreads(1)  # of the process: pictures this small take longer when threads are woken for them


def even(ink: Bytes) -> Bytes:
    """Return the (28, 28) uint8 of `ink` (h, w) uint8, of any size; no ink gives none."""
    box = _box(ink)
    if box is None:
        return np.zeros((SIDE, SIDE), np.uint8)
    enlarged = _enlarged(ink, box)
    if not enlarged.any():  # faint single pixels may lie between those that are read
        enlarged = _enlarged(_thickened(ink, box), box)
    inside = (enlarged >= max(1, int(enlarged.max()) // 2)).astype(np.uint8)
    depth = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
    pen = _pen_width(depth[inside > 0])
    scale = (INK_SIDE - PEN) / max(WORK_INK - pen, 0.75 * pen)  # from the middle lines' length to the frame's
    outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5)
    signed = outside - depth + (inside - np.float32(0.5))  # 0 on the edge, which runs between pixels
    moved = max((PEN / scale - pen) / 2, -MOST_THINNED * pen / 2)
    drawn = np.clip(moved - signed + 0.5, 0, 1)  # an edge as soft as a pixel is wide
    return _placed(np.asarray(drawn, np.float32), scale)


def _box(ink: Bytes) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of what is inked, right and bottom exclusive; None where nothing is."""
    dark = ink >= min(FAINT, max(int(ink.max()), 1))
    columns, rows = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _enlarged(ink: Bytes, box: tuple[int, int, int, int]) -> Bytes:
    """Return (112, 112) uint8 in which the box of the ink is in the middle, and 80 at its longest."""
    left, top, right, bottom = box
    scale = WORK_INK / max(right - left, bottom - top)
    if scale < 0.25:  # or points between the pixels that are read would be lost
        ink = np.asarray(cv2.blur(ink, (round(1 / scale),) * 2), np.uint8)
    across, down = (
        WORK / 2 - scale * (low + high) / 2 + (scale - 1) / 2 for low, high in ((left, right), (top, bottom))
    )
    matrix = np.array([[scale, 0, across], [0, scale, down]], np.float32)
    smooth = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.warpAffine(ink, matrix, (WORK, WORK), flags=smooth), np.uint8)


def _thickened(ink: Bytes, box: tuple[int, int, int, int]) -> Bytes:
    """Return `ink` in which each pixel is so thick that it is not lost when its box is made small."""
    left, top, right, bottom = box
    step = max(right - left, bottom - top) / WORK_INK
    return np.asarray(cv2.dilate(ink, np.ones((2 * round(step) + 1,) * 2, np.uint8)), np.uint8)


def _pen_width(depth: Floats) -> float:
    """Return how wide strokes are whose pixels lie so deep, (n,): evenly from the edge to half a width.

    Where strokes meet or fill a loop it is deeper; those pixels are left out.
    """
    return max(1.0, 4 * float(depth[depth <= 2 * np.median(depth)].mean()) - 2)


def _placed(drawn: Floats, scale: float) -> Bytes:
    """Return (28, 28) uint8 of `drawn` (112, 112), 0 to 1, shrunk by `scale`, its centre of mass in the middle."""
    soft = cv2.GaussianBlur(drawn, (0, 0), BLUR / scale)
    places = np.arange(WORK, dtype=np.float32)
    total = max(float(drawn.sum()), 1e-6)
    x, y = float(drawn.sum(axis=0) @ places) / total, float(drawn.sum(axis=1) @ places) / total
    middle = (SIDE - 1) / 2
    matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]], np.float32)
    framed = cv2.warpAffine(soft, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(np.clip(framed * 255 + 0.5, 0, 255), np.uint8)
