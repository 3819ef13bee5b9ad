"""An `.npz` of images and labels, nothing pickled. What its members say is checked before they are read.

The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from digits.dataset.sources.arrays import MOST_IMAGES, Arrays
from digits.dataset.sources.idx import DEFLATE_LARGEST
from digits.dataset.sources.zip_directory import read_directory
from digits.errors import SourceError

PAIRS = (("images", "labels"), ("x_train", "y_train"), ("x_test", "y_test"))
MOST_BYTES = MOST_IMAGES * 784
MOST_ARRAYS = 1_000
LONGEST_HEADER = 10_000  # bytes; what NumPy believes, which reads all of it first
UNSOUND = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, SyntaxError)
Array = NDArray[Any]


class Header(NamedTuple):
    """What a member of an `.npz` says of its array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def read_packed(path: Path) -> Arrays:
    """Return the source of `images` and `labels`, or of Keras' `x_train`, `y_train`, `x_test`, `y_test`.

    Images are uint8, (n, 28, 28) or (n, 784) ink or (n, 28, 28, 4) RGBA. Raises `SourceError`.
    """
    read_directory(path, most_members=MOST_ARRAYS)  # which `zipfile` would believe
    try:
        with zipfile.ZipFile(path) as archive:
            pairs = [pair for pair in PAIRS if {f"{name}.npy" for name in pair} <= set(archive.namelist())]
            if not pairs:
                raise SourceError(f"{path.name} has no images and labels", received=", ".join(archive.namelist()[:9]),
                                  expected="arrays images, labels, or x_train, y_train")  # fmt: skip
            parts = [(_images(archive, path, x), _labels(archive, path, y)) for x, y in pairs]
    except UNSOUND as error:
        raise SourceError(f"{path.name} is no sound .npz", received=error) from error
    for (x, y), (images, labels) in zip(pairs, parts, strict=True):
        if len(images) != len(labels):
            raise SourceError(f"{path.name} does not fit", expected=f"a label in {y} for each image in {x}",
                              received=f"{len(images):,} images, {len(labels):,} labels")  # fmt: skip
    images, labels = (np.concatenate(each) if len(parts) > 1 else each[0] for each in zip(*parts, strict=True))
    return Arrays("npz", path.name, images, labels)


def _images(archive: zipfile.ZipFile, path: Path, name: str) -> Array:
    header = _header(archive, path, name)
    if header.dtype != np.uint8 or header.shape[1:] not in ((28, 28), (28, 28, 4), (784,)):
        raise SourceError(f"{name} of {path.name} does not fit", received=f"{header.dtype} {header.shape}",
                          expected="uint8 (n, 28, 28), (n, 784) or (n, 28, 28, 4)")  # fmt: skip
    images = _read(archive, name)
    return images.reshape(-1, 28, 28) if images.ndim == 2 else images


def _labels(archive: zipfile.ZipFile, path: Path, name: str) -> Array:
    header = _header(archive, path, name)
    if header.dtype.kind not in "iu" or len(header.shape) != 1:
        raise SourceError(f"{name} of {path.name} does not fit", expected="integers (n,)",
                          received=f"{header.dtype} {header.shape}")  # fmt: skip
    return _read(archive, name)


def _header(archive: zipfile.ZipFile, path: Path, name: str) -> Header:
    """Return what member `name` says of its array. Raises `SourceError` if the archive says otherwise."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        start = io.BytesIO(file.read(LONGEST_HEADER))
        version = npy.read_magic(start)
        if version not in readers:
            raise SourceError(f"{name} of {path.name} is written in version {version}", expected="1.0 or 2.0")
        shape, _, dtype = readers[version](start)
        size = math.prod(shape) * dtype.itemsize
        room = min(MOST_BYTES, min(info.compress_size, path.stat().st_size) * DEFLATE_LARGEST)
        if info.file_size != start.tell() + size or size > room:
            raise SourceError(f"{name} of {path.name} promises what it cannot hold", received=f"{dtype} {shape}",
                              expected=f"{max(0, info.file_size - start.tell()):,} bytes, "
                                       f"at most {MOST_BYTES:,}")  # fmt: skip
    return Header(dtype, shape)


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as file:
        array: Array = npy.read_array(file, allow_pickle=False)
        if file.read(1):  # to the end, where the CRC-32 is checked
            raise ValueError(f"{name} is longer than it says")
    return array
