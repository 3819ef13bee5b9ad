"""What the canvas says in fabric.js's JSON, as strokes.

Its brush (`PencilBrush`) stores a stroke as a path: `M` at the first point, a `Q` for each point but the last, whose
control point is that point and whose end lies midway to the next, and an `L` to the last. So the points that were
drawn stand in it as they are. The brush draws the ends apart by a thousandth of the pen so that a dot can be seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from digits.errors import UsageError
from digits.images.strokes import FARTHEST, Points

CONTROLS = {"Q": 4, "L": 2}  # how many numbers follow; the first two are a point that was drawn
MOST_POINTS = 100_000  # of all strokes: a hand that never rests draws a quarter of an hour for so many
DOT = 0.2  # a stroke that never leaves its first point by more pixels is a dot


def strokes_of(drawing: Any) -> tuple[Points, ...]:
    """Return the strokes, (n, 2) float64 in canvas pixels, of the canvas's JSON; what is no stroke is left out.

    Raises `UsageError` if there are more points than a hand draws, as the other functions here do.
    """
    return tuple(points for points in map(_stroke, _objects(drawing)) if points is not None)


def pens_of(drawing: Any, usual: float) -> tuple[float, ...]:
    """Return the width in pixels of the pen that drew each of these strokes, `usual` where the JSON does not say."""
    return tuple(_width(thing, usual) for thing in _objects(drawing) if _stroke(thing) is not None)


def pen_of(drawing: Any, usual: float) -> float:
    """Return the width in pixels of the pen that drew the last stroke, `usual` where the JSON does not say."""
    objects = _objects(drawing)
    return _width(objects[-1], usual) if objects else float(usual)


def _objects(drawing: Any) -> list[Any]:
    objects = drawing.get("objects") if isinstance(drawing, dict) else None
    objects = objects if isinstance(objects, list) else []
    points = len(objects) + sum(len(_path(thing)) for thing in objects)
    if points > MOST_POINTS:
        raise UsageError("More is drawn than a hand draws", expected=f"at most {MOST_POINTS:,} points",
                         received=f"{points:,}", do="Clear the canvas and draw again.")  # fmt: skip
    return objects


def _path(thing: Any) -> list[Any]:
    path = thing.get("path") if isinstance(thing, dict) else None
    return path if isinstance(path, list) else []


def _width(thing: Any, usual: float) -> float:
    width = thing.get("strokeWidth") if isinstance(thing, dict) else None
    if isinstance(width, int | float) and not isinstance(width, bool) and 0 < width <= FARTHEST:
        return float(width)
    return float(usual)


def _stroke(thing: Any) -> Points | None:
    """Return the points of one path of the brush, a dot as (1, 2); None if it is something else."""
    try:
        drawn = [step[1:3] for step in _path(thing) if len(step) == 1 + CONTROLS.get(step[0], -1)]
        if any(type(value) not in (int, float) for point in drawn for value in point):
            return None
        points = np.asarray(drawn, np.float64).reshape(-1, 2)
    except (TypeError, ValueError, LookupError, OverflowError):
        return None
    if not len(points) or not (np.abs(points) <= FARTHEST).all():
        return None
    return points[:1] if (np.abs(points - points[0]) <= DOT).all() else points
