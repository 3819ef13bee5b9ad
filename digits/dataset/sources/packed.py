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
            headers = {name: _header(archive, path, name) for pair in pairs for name in pair}
            _check(pairs, headers, path.name)
            images = [_as_pictures(_read(archive, x)) for x, _ in pairs]
            labels = [_read(archive, y) for _, y in pairs]
    except UNSOUND as error:
        raise SourceError(f"{path.name} is no sound .npz", received=error) from error
    return Arrays("npz", path.name, _joined(images), _joined(labels))


def _check(pairs: list[tuple[str, str]], headers: dict[str, Header], origin: str) -> None:
    """Raise `SourceError` unless the arrays are images and labels, as many of both and together not too many."""
    for x, y in pairs:
        _check_pair(x, headers[x], y, headers[y], origin)
    images = [headers[x] for x, _ in pairs]
    if len({_form(one.shape) for one in images}) > 1:
        raise SourceError(f"{origin} does not fit", expected="images of one form",
                          received=", ".join(f"{one.shape}" for one in images))  # fmt: skip
    count, size = sum(one.shape[0] for one in images), sum(math.prod(one.shape) for one in images)
    if count > MOST_IMAGES or size > MOST_BYTES:
        most = f"at most {MOST_IMAGES:,} images in {MOST_BYTES:,} bytes"
        raise SourceError(f"{origin} is too large", expected=most, received=f"{count:,} in {size:,}")


def _check_pair(x: str, images: Header, y: str, labels: Header, origin: str) -> None:
    if images.dtype != np.uint8 or _form(images.shape) not in ((28, 28), (28, 28, 4)):
        raise SourceError(f"{x} of {origin} does not fit", received=f"{images.dtype} {images.shape}",
                          expected="uint8 (n, 28, 28), (n, 784) or (n, 28, 28, 4)")  # fmt: skip
    if labels.dtype.kind not in "iu" or len(labels.shape) != 1:
        raise SourceError(f"{y} of {origin} does not fit", expected="integers (n,)",
                          received=f"{labels.dtype} {labels.shape}")  # fmt: skip
    if images.shape[0] != labels.shape[0]:
        raise SourceError(f"{origin} does not fit", expected=f"a label in {y} for each image in {x}",
                          received=f"{images.shape[0]:,} images, {labels.shape[0]:,} labels")  # fmt: skip


def _form(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of one image, as it is read."""
    return (28, 28) if shape[1:] == (784,) else shape[1:]


def _as_pictures(images: Array) -> Array:
    return images.reshape(-1, *_form(images.shape))


def _joined(parts: list[Array]) -> Array:
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


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
