"""Files that tell by themselves whether one of their bits has flipped: their CRC-32 stands at their end.

A JSON file's is its last entry. An `.npz` is a ZIP, which has a checksum of each member's content and none of names,
times and lengths: the whole file's is the archive's comment, which readers pass over.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np


class Seal:
    """The last bytes of a file: `form`, with the CRC-32 of all that stands before them in eight digits."""

    def __init__(self, form: bytes) -> None:
        self.form, self.length = form, len(form % 0)
        start = form.index(b"%")
        self._fixed = [at for at in range(self.length) if not start <= at < start + 8]

    def of(self, head: bytes | memoryview) -> bytes:
        """Return the seal of a file that is `head` before it."""
        return self.form % zlib.crc32(head)

    def broken(self, data: bytes) -> bool:
        """Tell whether `data` ends in a seal that is not its own; what an older lab wrote has none.

        A seal that is damaged itself is still known: by all of its fixed letters but one.
        """
        head, tail, blank = data[: -self.length], data[-self.length :], self.form % 0
        strange = sum(tail[at : at + 1] != blank[at : at + 1] for at in self._fixed)
        return strange <= 1 and tail != self.of(head)


JSON = Seal(b',\n "crc32": "%08x"\n}')
NPZ = Seal(b"crc32 of all before: %08x")
COMMENT_BYTES = 2  # at the end of an archive: the length of its comment


def sealed(text: bytes) -> bytes:
    """Return the indented JSON object `text` with its seal as its last entry.

    A flipped bit in a digit makes another number of it, which is JSON all the same. An empty object needs none: no
    flip leaves it an object.
    """
    head = text.removesuffix(b"\n}")
    return text if head == text else head + JSON.of(head)


def packed(*, compressed: bool = False, **arrays: Any) -> bytes:
    """Return the `.npz` of `arrays`, sealed."""
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    file.seek(-COMMENT_BYTES, io.SEEK_END)
    file.write(NPZ.length.to_bytes(COMMENT_BYTES, "little"))
    with file.getbuffer() as head:
        seal = NPZ.of(head)
    file.write(seal)
    return file.getvalue()
