"""Ink: the one form in which every picture of a digit is compared, 0 for paper and 255 for ink.

Pictures carry it in three ways: in the alpha channel (a transparent ground), dark on light, light on dark. The same
function serves files, data sets and the canvas, so that training and drawing cannot drift apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import ImageError

Bytes = NDArray[np.uint8]
LUMA = np.array([299, 587, 114], np.uint32)  # ITU-R BT.601, in thousandths, as Pillow's convert("L")


def to_ink(pictures: NDArray[Any]) -> Bytes:
    """Return the ink (…, h, w) uint8 of RGBA pictures (…, h, w, 4) uint8.

    Where alpha varies, it is the ink. Where all is opaque, luminance is: the ground is what the frame of border
    pixels mostly shows. Where all is transparent there is no ink. Raises `ImageError` for other arrays.
    """
    if pictures.dtype != np.uint8 or pictures.ndim < 3 or pictures.shape[-1] != 4:
        received = f"{pictures.dtype} {pictures.shape}"
        raise ImageError("A picture cannot be read as ink", expected="uint8 (…, h, w, 4)", received=received)
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    ink = flat[..., 3].copy()
    opaque = np.flatnonzero(ink.min(axis=(1, 2)) == 255)
    if opaque.size:
        ink[opaque] = _from_luminance(flat[opaque, ..., :3])
    return ink.reshape(pictures.shape[:-1])


def on_white(pictures: Bytes) -> Bytes:
    """Return the ink (…, h, w) uint8 of RGBA pictures (…, h, w, 4) uint8 that are known to lie on white paper.

    Nothing is guessed from the border: a canvas stays white paper, however much of it is covered.
    """
    darkness = 255 - _grey(pictures[..., :3]).astype(np.uint32)
    return ((darkness * pictures[..., 3] + 127) // 255).astype(np.uint8)


def _grey(colours: Bytes) -> Bytes:
    return ((colours.astype(np.uint32) @ LUMA + 500) // 1000).astype(np.uint8)


def _from_luminance(colours: Bytes) -> Bytes:
    """Return (n, h, w) ink of opaque (n, h, w, 3) pictures, turned over where the ground is light."""
    grey = _grey(colours)
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, 1:-1, 0], grey[:, 1:-1, -1]], axis=1, dtype=np.float32)
    light = np.median(border, axis=1) > 127
    grey[light] = 255 - grey[light]
    return grey


def to_rgba(ink: Bytes) -> Bytes:
    """Return (…, h, w, 4) black pictures whose alpha is `ink` (…, h, w): the notebook's way to carry it."""
    pictures = np.zeros((*ink.shape, 4), np.uint8)
    pictures[..., 3] = ink
    return pictures
