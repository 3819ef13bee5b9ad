"""Pictures of digits: ink as dark tiles on white paper, in one image however many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tiles(inks: NDArray[np.uint8], *, columns: int, scale: int = 2) -> NDArray[np.uint8]:
    """Return one grey picture of `inks` (n, 28, 28), `columns` a row, each enlarged `scale` times, 2 pixels apart."""
    rows = -(-len(inks) // columns)
    cells = np.full((rows * columns, 30, 30), 255, np.uint8)
    cells[: len(inks), 1:29, 1:29] = 255 - inks
    sheet = cells.reshape(rows, columns, 30, 30).swapaxes(1, 2).reshape(rows * 30, columns * 30)
    return sheet.repeat(scale, axis=0).repeat(scale, axis=1)
