"""Pictures of other sizes, fitted to 28×28 for whoever asks for it: nothing cut off, nothing stretched.

The longer side becomes 28 pixels, each channel resampled by itself; the rest is the picture's own ground, so that
what is light stays light and what is transparent stays transparent.
"""

from __future__ import annotations

import io

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image

from digits.errors import ImageError
from digits.images import png

Bytes = NDArray[np.uint8]
LONGEST_SIDE = 1_024  # 4 MB of pixels
HOW = (
    f"by Pillow {PIL.__version__}: the longer side becomes 28 pixels, larger pictures by the mean of what a pixel "
    "covers (box), smaller ones by interpolation (bilinear); proportions, colours and ink as they were, in the "
    "middle of the picture's own ground"
)


def other_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height that the PNG file `data` claims; None if they are 28×28, or it is none."""
    if not data.startswith(png.SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return None if size == (png.SIDE, png.SIDE) else size


def fit_file(data: bytes) -> bytes:
    """Return the PNG file `data` as one of 28×28. Raises `ImageError` unless it is sound, but for its size."""
    header, chunks, _ = png.checked(data, LONGEST_SIDE)
    file = io.BytesIO()
    Image.fromarray(fit(png.expanded(header, chunks))).save(file, "PNG", compress_level=1)
    return file.getvalue()


def fit(picture: Bytes) -> Bytes:
    """Return (28, 28, 4) uint8 of an RGBA `picture` (h, w, 4) uint8. Raises `ImageError` for other arrays."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 4 or not picture.size:
        received = f"{picture.dtype} {picture.shape}"
        raise ImageError("A picture cannot be fitted", expected="uint8 (h, w, 4)", received=received)
    small = _resized(picture)
    height, width, _ = small.shape
    fitted = np.full((png.SIDE, png.SIDE, 4), ground(picture), np.uint8)
    top, left = (png.SIDE - height) // 2, (png.SIDE - width) // 2
    fitted[top : top + height, left : left + width] = small
    return fitted


def ground(picture: Bytes) -> Bytes:
    """Return what the border of a `picture` (h, w, 4) mostly shows, (4,) uint8."""
    border = np.concatenate([picture[0], picture[-1], picture[1:-1, 0], picture[1:-1, -1]])
    middle: Bytes = np.sort(border, axis=0)[len(border) // 2]
    return middle


def _resized(picture: Bytes) -> Bytes:
    height, width, channels = picture.shape
    scale = png.SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return picture
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., channel])) for channel in range(channels)]
    return np.stack([np.asarray(plane.resize(size, how)) for plane in planes], axis=-1)
