"""Pen strokes: lists of points, and the picture that the app's canvas would paint of them.

The canvas is 280 pixels a side, with a round pen of 16. Its brush (fabric.js, `PencilBrush`) joins the midpoints of
successive points by quadratic curves whose control points are the points themselves; so does `paint`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import SourceError
from digits.images.ink import to_rgba

Points = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Canvas = int | tuple[int, int]
Pen = float | Sequence[float]
LONGEST_WRITER = 80  # characters of a name
CANVAS_SIDE, PEN_WIDTH, DRAWN_SIDE = 280, 16, 200
MOST_BYTES, FARTHEST = 1 << 26, 1e6  # of a file when inflated; of a point from the origin
MOST_LISTS = 2_000_000  # in a file: an empty one takes two bytes there and sixty in memory
OVERSAMPLING = 2  # paint larger, then shrink: the lines have hard edges
FRACTION = 4  # bits of a coordinate behind the point
CURVE_STEPS = np.linspace(0, 1, 3)[1:, None]  # of a curve that is a few pixels long


@dataclass(frozen=True)
class Drawing:
    """A digit as somebody drew it: `strokes` are (n, 2) arrays of x and y, y growing downwards."""

    digit: int
    writer: str
    strokes: tuple[Points, ...]


def read_drawings(path: Path) -> list[Drawing]:
    """Return the drawings in a `.json.gz` of `{"digits": [{"digit", "writer", "strokes"}]}`, y growing upwards.

    Raises `SourceError` naming the drawing that is not of that form.
    """
    try:
        content = json.loads(_inflated(path))
        entries = content["digits"]
        if not isinstance(entries, list):
            raise TypeError(f"digits is of type {type(entries).__name__}")
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        expected = 'gzipped JSON of {"digits": […]}'
        raise SourceError(f"{path.name} holds no strokes", expected=expected, received=error) from error
    return [_drawing(entry, f"Drawing {number} of {path.name}") for number, entry in enumerate(entries)]


def _inflated(path: Path) -> bytes:
    with gzip.open(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise SourceError(f"{path.name} is too large", expected=f"at most {MOST_BYTES:,} bytes when inflated")
    if (lists := content.count(b"[") + content.count(b"{")) > MOST_LISTS:
        raise SourceError(
            f"{path.name} is too large", expected=f"at most {MOST_LISTS:,} lists", received=f"{lists:,}"
        )
    return content


def _drawing(entry: Any, name: str) -> Drawing:
    try:
        drawing = Drawing(_whole(entry["digit"]), _named(entry["writer"]), tuple(map(_points, entry["strokes"])))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise SourceError(f"{name} cannot be read", expected="digit, writer, strokes", received=error) from error
    sound = drawing.strokes and all(len(one) and (np.abs(one) <= FARTHEST).all() for one in drawing.strokes)
    if not sound or not 0 <= drawing.digit <= 9:
        raise SourceError(f"{name} cannot be read", expected="a digit from 0 to 9 and strokes of finite points")
    return drawing


def _whole(digit: Any) -> int:
    if type(digit) is not int:
        raise TypeError(f"digit is of type {type(digit).__name__}")
    return digit


def _named(writer: Any) -> str:
    if type(writer) not in (int, str):
        raise TypeError(f"writer is of type {type(writer).__name__}")
    str(writer).encode()  # half a character cannot be kept
    if (length := len(str(writer).strip())) > LONGEST_WRITER:
        raise ValueError(f"writer has {length:,} characters, more than {LONGEST_WRITER}")
    return str(writer)


def _points(stroke: Any) -> Points:
    """Return (n, 2) points of a list of [x, y]; nothing that is not two numbers becomes a point."""
    if any(type(value) not in (int, float) for point in stroke for value in point):
        raise TypeError("a point is not of numbers")
    points = np.array(stroke, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"a stroke is of shape {points.shape}")
    return points * (1, -1)


def fit(strokes: tuple[Points, ...], *, side: float = DRAWN_SIDE, canvas: int = CANVAS_SIDE) -> tuple[Points, ...]:
    """Return the strokes scaled to `side` pixels (their longest) in the middle of a canvas."""
    everything = np.concatenate(strokes)
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = side / max(float((high - low).max()), 1e-9)
    return tuple((stroke - (low + high) / 2) * scale + canvas / 2 for stroke in strokes)


def paint(strokes: tuple[Points, ...], *, pen: Pen = PEN_WIDTH, canvas: Canvas = CANVAS_SIDE) -> Bytes:
    """Return what the canvas shows of strokes in its pixels: (h, w, 4) uint8 RGBA, the ink in alpha."""
    return to_rgba(drawn_ink(strokes, pen=pen, canvas=canvas))


def drawn_ink(strokes: tuple[Points, ...], *, pen: Pen = PEN_WIDTH, canvas: Canvas = CANVAS_SIDE) -> Bytes:
    """Return the ink (h, w) uint8 of the picture that the canvas would show of strokes, with round joins and ends.

    `canvas` is its side, or its (height, width); `pen` the width of all strokes, or of each.
    """
    height, width = canvas if isinstance(canvas, tuple) else (canvas, canvas)
    image = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING), np.uint8)
    pens = pen if isinstance(pen, Sequence) else [pen] * len(strokes)
    for stroke, wide in zip(strokes, pens, strict=True):
        points = np.rint((smooth(stroke) * OVERSAMPLING - 0.5) * 2**FRACTION).astype(np.int32)
        line = points if len(points) > 1 else np.repeat(points, 2, axis=0)
        thickness = max(
            1, round(wide * OVERSAMPLING) - 1
        )  # OpenCV's lines are a pixel wider than they are asked to be
        cv2.polylines(image, [line], isClosed=False, color=255, thickness=thickness, shift=FRACTION)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def smooth(points: Points) -> Points:
    """Return (m, 2) points along the brush's curve through `points` (n, 2)."""
    if len(points) < 3:
        return points
    middles = (points[:-1] + points[1:]) / 2
    start, control, end = np.concatenate([points[:1], middles[:-1]])[:, None], points[:-1, None], middles[:, None]
    t = CURVE_STEPS
    curves = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
    return np.concatenate([points[:1], curves.reshape(-1, 2), points[-1:]])
