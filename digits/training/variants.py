"""The variants of the training images that an epoch shows, and the files in which one process leaves them to another.

An epoch's variants follow from the training images, the recipe and the number of the epoch: they can be drawn again
at any time, anywhere, to the same bits. A file therefore holds nothing that could be lost: one that is missing or
damaged costs the time of drawing, and is never read.

    lab/variants/<key>/   images.npy, what they are drawn from · <epoch>.npy, (variants · n, 784) uint8

Behind the array stands its CRC-32, begun with what the variants were made from and by: a file of other images,
another recipe or another version of the code does not fit either.
"""

from __future__ import annotations

import inspect
import os
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.errors import DigitsError, IntegrityError
from digits.files import Json, canonical, sha256
from digits.images import augment as augmentation
from digits.images.augment import Augmentation, augment
from digits.training.queue import waiting
from digits.training.recipe import DEALT, STRENGTHS, Recipe, stored

Bytes = NDArray[np.uint8]
STREAM = 0xA06  # keeps this draw apart from those of the order, the split and the weights
MADE = ("seed", "variants", *STRENGTHS)  # the settings that decide what becomes of an image
MOST_BYTES = 2**30  # that files which somebody waits for may take, all together
CHECK_BYTES = 8


def draw(ink: Bytes, recipe: Recipe, epoch: int) -> Bytes:
    """Return the variants (variants · n, 784) uint8 of framed `ink` (n, 784) uint8 for an epoch, counted from 1.

    First comes one of each image, then another of each, and so on.
    """
    if not any(getattr(recipe, name) for name in STRENGTHS):
        return np.tile(ink, (recipe.variants, 1))
    how = Augmentation(**{name: getattr(recipe, name) for name in STRENGTHS})
    generator, images = np.random.default_rng((recipe.seed, epoch, STREAM)), ink.reshape(-1, 28, 28)
    found = np.empty((recipe.variants, *ink.shape), np.uint8)
    for number in range(recipe.variants):
        found[number] = augment(images, how, generator).reshape(ink.shape)
    return found.reshape(-1, ink.shape[1])


def source(ink: Bytes, recipe: Recipe) -> bytes:
    """Return what decides the variants of framed `ink` (n, 784), but for the epoch, as 64 bytes."""
    made = {name: getattr(recipe, name) for name in MADE}
    return sha256(canonical([sha256(np.ascontiguousarray(ink).data), made, _code()])).encode()


@cache
def _code() -> list[str]:
    """Return what tells the code that draws from another."""
    made = [sha256(inspect.getsource(code).encode()) for code in (augmentation, draw)]
    return [*made, str(STREAM), cv2.__version__, np.__version__]


def check(ink: Bytes, source: bytes) -> int:
    """Return the CRC-32 of the variants `ink` that were drawn from `source`."""
    return zlib.crc32(np.ascontiguousarray(ink).data, zlib.crc32(source))


def save(path: Path, ink: Bytes, source: bytes) -> None:
    """Write variants to `path` so that a reader finds all of them or none.

    Nothing is forced onto the disk: after a power failure the check tells what is whole.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.save(file, ink, allow_pickle=False)
            file.write(f"{check(ink, source):08x}".encode())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: Path, source: bytes) -> Bytes:
    """Return the variants in `path`, (variants · n, 784) uint8.

    Raises `IntegrityError` unless they are whole and were drawn from `source`.
    """
    try:
        with path.open("rb") as file:
            ink: Bytes = np.load(file, allow_pickle=False)
            told = int(file.read(CHECK_BYTES + 1), 16)
    except Exception as error:  # a flipped bit raises whatever the reader meets
        raise IntegrityError(f"The variants in {path.name} cannot be read", received=error) from error
    if told != check(ink, source):
        raise IntegrityError(f"The variants in {path.name} are not those of this training",
                             expected=f"CRC-32 {check(ink, source):08x}", received=f"{told:08x}")  # fmt: skip
    return ink


def key_of(spec: Json) -> str:
    """Return the name of the folder for the variants of a run with the `job.json` `spec`, in whatever framework."""
    recipe = stored(spec["recipe"])
    decides = {name: getattr(recipe, name) for name in (*DEALT, "validation_share", "frame", "shares", *MADE)}
    return sha256(canonical([spec["fingerprint"], spec.get("families"), decides]))[:16]


def awaited(key: str) -> bool:
    """Tell whether a run that waits for its turn trains on the variants of `key`."""
    for job in waiting():
        with suppress(DigitsError):  # it is gone, or damaged
            if job.kind == "runs" and key == key_of(job.spec(recipe=dict, fingerprint=str)):
                return True
    return False


def total_bytes() -> int:
    """Return how much all files of variants take."""
    sizes = 0
    for path in settings.part("variants").glob("*/*.npy"):
        with suppress(FileNotFoundError):
            sizes += path.stat().st_size
    return sizes
