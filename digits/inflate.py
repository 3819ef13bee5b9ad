"""zlib for many small pieces in half the time, by zlib-ng: a picture inflates to 3 kB (`benchmarks/inflate.py`)."""

from __future__ import annotations

from zlib_ng import zlib_ng

crc32, decompressobj = zlib_ng.crc32, zlib_ng.decompressobj
ZlibError: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # the package's types say an instance
