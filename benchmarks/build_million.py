"""A ZIP of a million images: those of another, repeated under other names."""

from __future__ import annotations

import struct
import sys
import zlib
from itertools import count, islice
from pathlib import Path

from digits.dataset.sources.archive import Archive

MILLION = 1_000_000
LOCAL, ENTRY = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")


def repeated(path: Path, target: Path) -> None:
    """Write a ZIP of the pictures in that at `path`, over and over, to `target`: 10 s, and 400 MB of the disk."""
    from tests.hostile_zips import ending

    source = Archive(path)
    listed = bytearray()
    with target.open("wb") as file:
        pictures = ((round_, one) for round_ in count() for one in source)
        for round_, picture in islice(pictures, MILLION):
            assert isinstance(picture.data, bytes)
            name = f"{picture.name.removesuffix('.png')}-{round_}.png".encode()
            crc, size = zlib.crc32(picture.data), len(picture.data)
            sizes = crc, size, size, len(name), 0
            listed += ENTRY.pack(b"PK\1\2", 20, 20, 0, 0, 0, 0, *sizes, 0, 0, 0, 0, file.tell()) + name
            file.write(LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, 0, *sizes) + name + picture.data)
        start = file.tell()
        file.write(listed + ending(start, len(listed), MILLION))


if __name__ == "__main__":
    repeated(Path(sys.argv[1]), Path(sys.argv[2]))
