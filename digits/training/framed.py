"""The framed ink of a large data set, kept in the lab: framing it takes a quarter of a millisecond an image.

    lab/framed/<fingerprint>-<frame>.npy   (n, 784) uint8, checked as the files of variants are

Like those, a file holds nothing that could be lost: one that is missing, damaged, or of another version of the code
costs the time of framing, and is never read.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import PIL
from numpy.typing import NDArray

from digits import settings
from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError
from digits.files import canonical, sha256
from digits.images import even, frame
from digits.images.frame import frame_all
from digits.images.ink import to_ink
from digits.training.recipe import Recipe
from digits.training.variants import read, save

Bytes = NDArray[np.uint8]
CHUNK = 4096  # images that are framed at once
FEW = 10_000  # images are framed in about two seconds, and not worth a file
SHORT = 16  # digits of a fingerprint that name a file


def framed_images(dataset: Dataset, recipe: Recipe) -> Bytes:
    """Return the ink (n, 784) uint8 of all images of `dataset`, framed as the recipe says: from the file, or anew."""
    if recipe.frame == "as-drawn" or len(dataset.labels) < FEW:
        return framed_ink(dataset.images, recipe)
    name = f"{dataset.fingerprint[:SHORT]}-{recipe.frame}.npy"
    source = sha256(canonical([dataset.fingerprint, recipe.frame, _code()])).encode()
    with suppress(IntegrityError, OSError):
        return read(settings.part("framed") / name, source)
    ink = framed_ink(dataset.images, recipe)
    with suppress(OSError):  # a full disk costs the next one the same time
        save(settings.part("framed") / name, ink, source)
    return ink


def framed_ink(pictures: Bytes, recipe: Recipe) -> Bytes:
    """Return the ink (n, 784) uint8 of RGBA `pictures` (n, 28, 28, 4), framed as the recipe says."""
    parts = [
        frame_all(to_ink(np.asarray(pictures[start : start + CHUNK])), recipe.frame).reshape(-1, 784)
        for start in range(0, len(pictures), CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 784), np.uint8)


def is_of(path: Path, fingerprints: set[str]) -> bool:
    """Tell whether the file at `path` is of a data set of `fingerprints`."""
    return any(path.name.startswith(fingerprint[:SHORT]) for fingerprint in fingerprints)


@cache
def _code() -> list[str]:
    """Return what tells the code that frames from another."""
    made = [sha256(inspect.getsource(module).encode()) for module in (frame, even)]
    return [*made, cv2.__version__, PIL.__version__, np.__version__]
