"""What is on the canvas: the picture of it, and the strokes that made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.images.strokes import Points


@dataclass(frozen=True)
class Drawn:
    """A drawing: `ink` (h, w) uint8 as the canvas shows it, its `strokes` in canvas pixels, and the `pen`'s width.

    `strokes` are (n, 2) float64 arrays of x and y, y growing downwards; `pens` are their widths, where they are not
    all the pen's.
    """

    ink: NDArray[np.uint8]
    strokes: tuple[Points, ...]
    pen: float
    pens: tuple[float, ...] = ()
