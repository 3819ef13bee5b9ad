"""The picture of a canvas as a browser sends it, of which nothing is believed: whoever speaks to the server sends it.

A PNG of 44 kB can claim 9,000×9,000 pixels, which take gigabytes; a canvas has the size that its page gave it.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import ImageError
from digits.images import png
from digits.images.ink import on_white

START = "data:image/png;base64,"
ROOM = 1 << 16  # bytes for what a browser writes beside the pixels: chunks, profiles
SIZE = struct.Struct(">II")


def ink_of(sent: Any, *, width: int, height: int) -> NDArray[np.uint8]:
    """Return the ink (height, width) uint8 of the data URL of a canvas. Raises `ImageError` unless it is its PNG."""
    data = _decoded(sent, 2 * 4 * width * height + ROOM)
    claimed = SIZE.unpack_from(data, 16) if data.startswith(png.SIGNATURE) and len(data) >= 24 else None
    if claimed not in (None, (width, height)):
        raise ImageError("The canvas's picture has another size", expected=f"{width}×{height}",
                         received="{}×{}".format(*claimed))  # fmt: skip
    header, chunks, _ = png.checked(data, max(width, height))
    return on_white(png.expanded(header, chunks))


def _decoded(sent: Any, most_bytes: int) -> bytes:
    if not isinstance(sent, str) or not sent.startswith(START):
        raise ImageError("The canvas's picture is no PNG", expected=f"{START}…", received=repr(sent)[:40])
    if len(sent) > most_bytes // 3 * 4:
        raise ImageError("The canvas's picture is too large", expected=f"at most {most_bytes:,} bytes")
    try:
        return base64.b64decode(sent[len(START) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError("The canvas's picture cannot be read", expected="base64", received=error) from error
