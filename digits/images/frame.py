"""The frame: how ink of any size becomes the 28×28 that a network sees.

*as-drawn* shrinks the whole picture. *centred* is what MNIST does (LeCun, Cortes, Burges: "The MNIST database"): the
ink's box is scaled so that its longest side is 20 pixels, and its centre of mass moved to the middle. Either is one
resampling, at sub-pixel positions, from whatever resolution the ink came in. *even* is centred too, and makes all
strokes equally wide (`digits.images.even`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import ImageError, UsageError
from digits.images.even import even

Bytes = NDArray[np.uint8]
SIDE, INK_SIDE = 28, 20
FRAMES = ("as-drawn", "centred", "even")
FAINT = 16  # ink below this is a shadow of resampling and does not widen the box


def frame(ink: Bytes, how: str) -> Bytes:
    """Return the (28, 28) uint8 that a network sees of `ink`, (h, w) uint8, framed `how` a recipe says.

    Raises `UsageError` for an unknown frame and `ImageError` for an array of another shape or dtype.
    """
    if ink.dtype != np.uint8 or ink.ndim != 2 or not ink.size:
        received = f"{ink.dtype} {ink.shape}"
        raise ImageError("Ink cannot be framed", expected="uint8 (h, w)", received=received)
    if how not in FRAMES:
        raise UsageError("Unknown frame", expected=" or ".join(FRAMES), received=repr(how))
    return {"as-drawn": _shrink, "centred": _centre, "even": even}[how](ink)


def frame_all(inks: Bytes, how: str) -> Bytes:
    """Return (n, 28, 28) uint8: each of `inks` (n, h, w) framed."""
    if how == "as-drawn" and inks.shape[1:] == (SIDE, SIDE):
        return inks
    return np.stack([frame(ink, how) for ink in inks]) if len(inks) else np.zeros((0, SIDE, SIDE), np.uint8)


def _shrink(ink: Bytes) -> Bytes:
    if ink.shape == (SIDE, SIDE):
        return ink
    return np.asarray(Image.fromarray(ink).resize((SIDE, SIDE), Image.Resampling.BOX))


def _centre(ink: Bytes) -> Bytes:
    """Return the (28, 28) window around the centre of mass in which the ink's longest side is 20."""
    where = np.nonzero(ink >= min(FAINT, max(int(ink.max()), 1)))
    if not where[0].size:
        return np.zeros((SIDE, SIDE), np.uint8)
    longest = max(int(np.ptp(axis)) + 1 for axis in where)
    window = longest * SIDE / INK_SIDE
    pad = int(np.ceil(window))
    x, y = (centre + pad for centre in _centre_of_mass(ink))
    box = (x - window / 2, y - window / 2, x + window / 2, y + window / 2)
    padded = Image.fromarray(np.pad(ink, pad))
    return np.asarray(padded.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))


def _centre_of_mass(ink: Bytes) -> tuple[float, float]:
    """Return (x, y) of the ink's centre of mass, in pixels from the outer corner of the first pixel."""
    rows, columns = ink.sum(axis=1, dtype=np.float64), ink.sum(axis=0, dtype=np.float64)
    total = rows.sum()
    x = float((columns @ np.arange(columns.size)) / total) + 0.5
    y = float((rows @ np.arange(rows.size)) / total) + 0.5
    return x, y
