"""IDX files, as MNIST comes: one of images, one of labels, plain or gzipped.

The format (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"): two zero bytes, the type (8
for bytes), the number of dimensions, each length as four bytes, the largest first, then the values.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from digits.dataset.sources.arrays import MOST_IMAGES, Arrays
from digits.errors import SourceError

NAME = re.compile(r"images[-._]idx3|idx3[-._]ubyte|idx1[-._]ubyte", re.IGNORECASE)
DEFLATE_LARGEST = 1_032  # what one deflated byte can grow to (zlib.net/zlib_tech.html)


def is_idx(name: str) -> bool:
    """Tell whether a file is named as IDX files are: `train-images-idx3-ubyte.gz`, `t10k-images.idx3-ubyte`."""
    return NAME.search(name) is not None


def read_idx(images: Path, labels: Path | None = None) -> Arrays:
    """Return the source of two files; labels that are not named lie beside the images. Raises `SourceError`."""
    labels = labels or _labels_of(images)
    pictures = read_array(images, 3)
    if pictures.shape[1:] != (28, 28):
        received = "×".join(map(str, pictures.shape[1:]))
        raise SourceError(f"{images.name} does not fit", expected="images of 28×28", received=received)
    return Arrays("idx", f"{images.name}, {labels.name}", pictures, read_array(labels, 1))


def _labels_of(images: Path) -> Path:
    name = images.name
    if "images" not in name.lower():
        raise SourceError(f"{name} is not named as images are", expected="…images-idx3-ubyte, with or without .gz",
                          do="Name the images, and the labels beside them.")  # fmt: skip
    renamed = re.sub("images", "labels", name, flags=re.IGNORECASE).replace("idx3", "idx1").removesuffix(".gz")
    for candidate in (f"{renamed}.gz", renamed) if name.endswith(".gz") else (renamed, f"{renamed}.gz"):
        if (images.parent / candidate).is_file():
            return images.parent / candidate
    raise SourceError(f"The labels of {name} are missing", expected=f"{renamed} or {renamed}.gz beside it")


def read_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the array of bytes in an IDX file of so many dimensions; no more is read than its header promises.

    Raises `SourceError` if it is none, cut off, or too long, and before any memory is taken if it cannot be true.
    """
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return _read(file, path, dimensions)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path.name} is cut off or damaged", expected="a whole gzip", received=error) from error
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read", received=error.strerror) from error


def _read(file: BinaryIO, path: Path, dimensions: int) -> NDArray[np.uint8]:
    start = file.read(4 + 4 * dimensions)
    if len(start) < 4 + 4 * dimensions or start[:4] != bytes([0, 0, 8, dimensions]):
        raise SourceError(f"{path.name} is no IDX file of {'images' if dimensions == 3 else 'labels'}",
                          expected=f"bytes 0 0 8 {dimensions} at its start", received=start[:4].hex(" "))  # fmt: skip
    shape = [int.from_bytes(start[4 + 4 * i : 8 + 4 * i], "big") for i in range(dimensions)]
    size, packed = math.prod(shape), path.name.lower().endswith(".gz")
    room = path.stat().st_size * DEFLATE_LARGEST if packed else path.stat().st_size - len(start)
    if size > room or shape[0] > MOST_IMAGES or size > MOST_IMAGES * 784:
        raise SourceError(f"{path.name} promises what it cannot hold",
                          expected=f"at most {min(room, MOST_IMAGES * 784):,} bytes in {MOST_IMAGES:,} rows",
                          received=" × ".join(f"{length:,}" for length in shape))  # fmt: skip
    values = file.read(size + 1)
    if len(values) != size:
        received = f"{len(values):,} bytes" if len(values) < size else "more"
        raise SourceError(f"{path.name} is cut off or too long", expected=f"{size:,} bytes", received=received)
    return np.frombuffer(values, np.uint8).reshape(shape)
