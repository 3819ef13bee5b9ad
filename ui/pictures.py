"""Pictures of digits: ink as dark tiles on white paper, in one image however many there are."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.figures import palette


def tiles(inks: NDArray[np.uint8], *, columns: int, scale: int = 2) -> NDArray[np.uint8]:
    """Return one grey picture of `inks` (n, 28, 28), `columns` a row, each enlarged `scale` times, 2 pixels apart."""
    rows = -(-len(inks) // columns)
    cells = np.full((rows * columns, 30, 30), 255, np.uint8)
    cells[: len(inks), 1:29, 1:29] = 255 - inks
    sheet = cells.reshape(rows, columns, 30, 30).swapaxes(1, 2).reshape(rows * 30, columns * 30)
    return sheet.repeat(scale, axis=0).repeat(scale, axis=1)


def edged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w) `picture` with a grey edge of one pixel, so that white paper ends somewhere on a white page."""
    edge = picture.copy()
    edge[[0, -1]] = edge[:, [0, -1]] = 160
    return edge


def address(picture: NDArray[np.uint8]) -> str:
    """Return a `picture`, (h, w) grey or (h, w, 3), as the address of itself: it comes with the page, never gone."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def matrix_picture(counts: NDArray[np.int64], framework: str, *, scale: int = 12) -> NDArray[np.uint8]:
    """Return an RGBA picture of (10, 10) counts: the framework's colour, as strong as the share of a row."""
    share = np.cbrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))  # so that rare errors can be seen
    cells = np.zeros((10, 10, 4), np.uint8)
    cells[..., :3] = [int(palette.FRAMEWORKS[framework][start : start + 2], 16) for start in (1, 3, 5)]
    cells[..., 3] = np.maximum(255 * share, 20)
    picture = cells.repeat(scale, axis=0).repeat(scale, axis=1)
    picture[::scale, :, 3] = picture[:, ::scale, 3] = 0
    return picture
