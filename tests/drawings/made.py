"""Small drawings, and what the canvas shows of them."""

from __future__ import annotations

import numpy as np

from digits.drawings import Kept, keep
from digits.drawings.stroke_file import Painted
from digits.images.ink import to_ink
from digits.images.strokes import drawn_ink, paint

POINTS = ([[40.0, 60.0], [41.5, 200.25]], [[80.0, 60.0], [90.0, 100.0], [70.0, 140.0]])


def drawn(seed: int = 0, pen: float = 16.0) -> Painted:
    """Two strokes, moved by `seed` pixels."""
    strokes = tuple(np.array(points) + seed for points in POINTS)
    return Painted(to_ink(paint(strokes, pen=pen)), strokes, pen)


def mixed() -> Painted:
    """A thin stroke and a wide one."""
    strokes, pens = drawn().strokes, (8.0, 28.0)
    return Painted(drawn_ink(strokes, pen=pens), strokes, 28.0, pens)


def one_of_each(more: int = 0) -> list[Kept]:
    """Keep a drawing of each digit, and `more` of the first ones; oldest first."""
    return [keep(number % 10, drawn(number)) for number in range(10 + more)]
