"""A hand in numbers: how a person's digits lean, how wide their strokes are, how large and how slim they are drawn.

Pictures of any size are measured alike: each is framed first as MNIST frames its digits, so that a drawing of 280
pixels and an image of 28 differ by the hand and not by the resolution. Only the size is that of the picture as it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.images.frame import frame_all
from digits.images.ink import to_ink
from digits.images.strokes import PEN_WIDTH, Points, paint

Floats = NDArray[np.float32]
Ink = NDArray[np.uint8]
HALF = 0.5  # of the fullest ink: where a stroke that was resampled has its edge
AT_ONCE = 1_000


class Measure(NamedTuple):
    """A measure's name on the page, its unit, the range that is drawn, and what more and less of it is called."""

    name: str
    unit: str
    low: float
    high: float
    more: str
    less: str


MEASURES = {
    "slant": Measure("Slant to the right", "degrees", -50.0, 50.0, "lean more to the right", "lean more to the left"),
    "stroke": Measure("Stroke width", "% of the height", 0.0, 30.0, "have wider strokes", "have thinner strokes"),
    "size": Measure("Size", "% of the picture", 0.0, 100.0, "are larger", "are smaller"),
    "aspect": Measure("Width to height", "%", 0.0, 150.0, "are wider for their height", "are slimmer"),
}


def measure(inks: Ink) -> dict[str, Floats]:
    """Return each of `MEASURES` of pictures of ink (n, h, w) uint8, (n,) float32; NaN where there is no ink.

    Slant is the shear that makes the mixed second moment zero, arctan(μ11 / μ02), as digits are deslanted before they
    are read (LeCun, Bottou, Bengio, Haffner 1998). Stroke width is `stroke_width`, as a share of the height. Size is
    the longest side of the box of the ink as a share of the picture's, aspect the width of that box as a share of its
    height; the box ends where there is half as much ink as at most.
    """
    parts = [_measure(inks[start : start + AT_ONCE]) for start in range(0, max(len(inks), 1), AT_ONCE)]
    return {name: np.concatenate([part[name] for part in parts]) for name in MEASURES}


def measure_strokes(drawings: list[tuple[Points, ...]], *, pen: float = PEN_WIDTH) -> dict[str, Floats]:
    """Return the same of strokes in canvas pixels, as a pen of that width paints them."""
    inks = [to_ink(paint(strokes, pen=pen)) for strokes in drawings]
    return measure(np.stack(inks) if inks else np.zeros((0, 28, 28), np.uint8))


def _measure(inks: Ink) -> dict[str, Floats]:
    framed = frame_all(inks, "centred")
    grey: Floats = (framed / 255).astype(np.float32)
    area = grey.sum(axis=(1, 2))
    height, width = box(framed)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "slant": place(grey)["slant"],
            "stroke": 100 * stroke_width(grey) / height,
            "size": 100 * np.maximum(*box(inks)) / max(inks.shape[1:]),
            "aspect": 100 * width / height,
        }
    return {name: np.where(area > 0, found[name], np.nan).astype(np.float32) for name in MEASURES}


def place(grey: Floats) -> dict[str, Floats]:
    """Return where the centre of mass of square pictures (n, side, side) lies, `x` and `y` from the middle in pixels.

    And the `slant` in degrees. NaN where there is no ink.
    """
    side = grey.shape[1]
    axis = np.arange(side, dtype=np.float32) - (side - 1) / 2
    rows, columns, area = grey.sum(axis=2), grey.sum(axis=1), grey.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = columns @ axis / area, rows @ axis / area
        mixed = np.einsum("nij,i,j->n", grey, axis, axis, optimize=True) / area - x * y
        upright = rows @ axis**2 / area - y**2
        slant = np.degrees(np.arctan2(-mixed, upright))  # rows grow downwards
    return {"x": x, "y": y, "slant": slant}


def stroke_width(grey: Floats) -> Floats:
    """Return the stroke width of pictures (n, h, w) of 0 to 1, in pixels (n,): 2 · area / perimeter · ridge.

    A long stroke of width w has area w·l and perimeter 2·l. One that was blurred keeps its area, while its outline is
    as much lower as the ink on its middle line, the ridge. The ends count to the perimeter, so that a stroke thirteen
    times as long as wide seems a tenth thinner than it is.
    """
    area = grey.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2 * area / perimeter(grey) * _ridge(grey), np.float32)


def perimeter(grey: Floats) -> Floats:
    """Return the total variation (n,) of pictures (n, h, w), with paper around them.

    It sums the outlines of all grey levels (coarea formula: Fleming, Rishel 1960).
    """
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(padded, axis=1)[:, :, :-1], np.diff(padded, axis=2)[:, :-1]
    return np.asarray(np.sqrt(down**2 + right**2).sum(axis=(1, 2)))


def _ridge(grey: Floats) -> Floats:
    """Return how much ink (n,), 0 to 1, lies on the middle lines of strokes: where neither side has more."""
    around = np.pad(grey, ((0, 0), (1, 1), (1, 1)))
    across = (grey >= around[:, 1:-1, :-2]) & (grey >= around[:, 1:-1, 2:])
    down = (grey >= around[:, :-2, 1:-1]) & (grey >= around[:, 2:, 1:-1])
    middle = (across | down) & (grey >= HALF * grey.max(axis=(1, 2), keepdims=True))
    return np.asarray((grey * middle).sum(axis=(1, 2)) / middle.sum(axis=(1, 2)))


def box(inks: Ink) -> tuple[Floats, Floats]:
    """Return height and width (n,) of the ink in pictures (n, h, w), in pixels."""
    least = np.maximum(HALF * inks.max(axis=(1, 2)), 1)[:, None]
    return extent(inks.max(axis=2), least), extent(inks.max(axis=1), least)


def extent(profile: Ink, least: NDArray[Any]) -> Floats:
    """Return from the first to the last place of `profile` (n, length) that has as much as `least` (n, 1), (n,)."""
    inked = profile >= least
    return np.asarray(profile.shape[1] - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1), np.float32)
