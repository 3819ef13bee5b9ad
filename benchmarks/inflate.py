"""What zlib-ng gains where a hundred thousand small pictures are inflated, one after the other.

    python -m benchmarks.inflate

The pixels of the Kaggle set's files, each inflated as `digits.images.png` does it, by Python's zlib and by zlib-ng in
turn; the least seconds of three rounds.
"""

from __future__ import annotations

import time
import zipfile
import zlib
from types import ModuleType

from zlib_ng import zlib_ng

from benchmarks.prediction import machine
from digits import settings

PIXELS = slice(41, -16)  # of a file that is IHDR, one IDAT and IEND
INFLATED = 28 * (1 + 28 * 4)


def main() -> None:
    """Print the machine and both ways."""
    with zipfile.ZipFile(settings.test_data() / "kaggle-digits.zip") as archive:
        streams = [archive.read(name)[PIXELS] for name in archive.namelist() if name.endswith(".png")]
    rounds = [[seconds(library, streams) for library in (zlib, zlib_ng)] for _ in range(3)]
    plain, ours = (min(times) for times in zip(*rounds, strict=True))
    print(machine())
    print(f"{len(streams):,} pictures: zlib {plain:.2f} s, zlib-ng {ours:.2f} s, {plain / ours:.1f} times as fast")


def seconds(library: ModuleType, streams: list[bytes]) -> float:
    """Return how long `library` takes to inflate all."""
    start = time.perf_counter()
    for stream in streams:
        if len(library.decompressobj().decompress(stream, INFLATED + 1)) != INFLATED:
            raise ValueError("a picture of another size")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
