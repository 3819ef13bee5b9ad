"""Maps of images as the component in `ui/components/digit_map.js` takes them: small, and the pictures apart."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.files import Json

SIDE, GREYS = 28, 16  # sixteen greys are enough for a thumbnail, and 40 % smaller
MARGIN = 0.03  # of the longer side, so that no digit is cut at the edge
STEPS = 65_535


def digit_map(positions: NDArray[np.float32], answers: NDArray[np.integer[Any]]) -> Json:
    """Return (n, 2) positions and (n,) answers of one map, packed: `x`, `y` uint16 little-endian, `answers` uint8.

    Both axes have one scale; the map lies in the middle of a square from 0 to 65,535, y upwards.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    longest = max(float((high - low).max()), 1e-9) * (1 + 2 * MARGIN)
    places = ((positions - (low + high) / 2) / longest + 0.5) * STEPS
    x, y = places.round().clip(0, STEPS).astype("<u2").T
    return {"x": pack(x), "y": pack(y), "answers": pack(answers.astype(np.uint8))}


def pack(values: NDArray[Any]) -> str:
    """Return the bytes of `values` in base 64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def sheet(inks: NDArray[np.uint8]) -> bytes:
    """Return a PNG of `inks` (n, 28, 28), dark on white in 16 greys: a nearly square sheet without gaps."""
    columns = columns_of(len(inks))
    rows = -(-len(inks) // columns)
    cells = np.full((rows * columns, SIDE, SIDE), GREYS - 1, np.uint8)
    cells[: len(inks)] = GREYS - 1 - inks // (256 // GREYS)
    picture = Image.fromarray(cells.reshape(rows, columns, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, -1), "P")
    picture.putpalette([round(grey * 255 / (GREYS - 1)) for grey in range(GREYS) for _ in range(3)])
    file = io.BytesIO()
    picture.save(file, "PNG", bits=4, compress_level=4)
    return file.getvalue()


def columns_of(images: int) -> int:
    """Return how many images stand in each row of a sheet."""
    return max(1, int(np.ceil(np.sqrt(images))))
