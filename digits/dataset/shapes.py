"""How digits are drawn, in numbers that can be set side by side: ink, stroke, slant, size, place of the mass.

Measured on at most 5,000 images of a data set, drawn by a seed (0.3 s), when it is built; for one that was built
before, when somebody asks. It is kept beside the images.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError
from digits.files import replace
from digits.images.frame import FAINT
from digits.images.hand import extent, perimeter, place
from digits.images.ink import to_ink
from digits.seal import packed

FILE = "shapes.npz"
SAMPLE, SEED = 5_000, 42
CHUNK = 1_000
Floats = NDArray[np.float32]
Ink = NDArray[np.uint8]


class Measure(NamedTuple):
    """A measure's name on the page, its unit, and the range that is drawn."""

    name: str
    unit: str
    low: float
    high: float


MEASURES = {
    "ink": Measure("Ink", "% of the picture", 0.0, 50.0),
    "stroke": Measure("Stroke width", "pixels", 0.0, 6.0),
    "slant": Measure("Slant to the right", "degrees", -50.0, 50.0),
    "height": Measure("Height of the ink", "pixels", 0.5, 28.5),
    "width": Measure("Width of the ink", "pixels", 0.5, 28.5),
    "x": Measure("Mass, right of the middle", "pixels", -7.0, 7.0),
    "y": Measure("Mass, below the middle", "pixels", -7.0, 7.0),
}


def measure(ink: Ink) -> dict[str, Floats]:
    """Return each of `MEASURES` of pictures of `ink` (n, 28, 28) uint8, (n,) float32; NaN where there is no ink.

    Stroke width is twice the area over the perimeter, so that a faint stroke counts as a wide one; slant and place
    are those of `digits.images.hand`. Size is that of the box of all ink that is no shadow of resampling
    (`digits.images.frame.FAINT`).
    """
    grey: Floats = (ink / 255).astype(np.float32)
    area = grey.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "ink": 100 * area / grey[0].size if len(grey) else area,
            "stroke": 2 * area / perimeter(grey),
            **place(grey),
        }
    found |= {"height": _extent(ink.max(axis=2)), "width": _extent(ink.max(axis=1))}
    return {name: np.where(area > 0, found[name], np.nan).astype(np.float32) for name in MEASURES}


def _extent(profile: Ink) -> Floats:
    """Return from the first to the last place of `profile` (n, length) that has ink, in pixels."""
    return extent(profile, np.minimum(FAINT, np.maximum(profile.max(axis=1, keepdims=True), 1)))


def read(dataset: Dataset) -> dict[str, Floats] | None:
    """Return the measures that are kept beside the images; None if there are none, or none of these images."""
    try:
        with (dataset.folder / FILE).open("rb") as file, np.load(file) as stored:
            found = {name: np.asarray(stored[name], np.float32) for name in MEASURES}
            known = str(stored["fingerprint"]) == dataset.fingerprint
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return found if known and len({len(values) for values in found.values()}) == 1 else None


def compute(dataset: Dataset) -> dict[str, Floats]:
    """Measure at most 5,000 images of `dataset`, and keep that beside them. Raises `IntegrityError`."""
    rows = sample(len(dataset.images))
    parts = []
    for start in range(0, len(rows), CHUNK):
        parts.append(measure(to_ink(_images(dataset, rows[start : start + CHUNK]))))
    found = {name: np.concatenate([part[name] for part in parts]) for name in MEASURES}
    save(dataset.folder, dataset.fingerprint, found)
    return found


def _images(dataset: Dataset, rows: NDArray[np.int64]) -> Ink:
    """Return the images (n, 28, 28, 4) in `rows` (n,): read, for a mapped file takes much memory around each."""
    found = np.empty((len(rows), *dataset.images.shape[1:]), np.uint8)
    first = dataset.images.offset  # type: ignore[attr-defined]  # a memmap's
    with (dataset.folder / "images.npy").open("rb", buffering=0) as file:
        for image, row in zip(found, rows.tolist(), strict=True):
            file.seek(first + row * image.nbytes)
            if file.readinto(image.data.cast("B")) != image.nbytes:
                raise IntegrityError(f"The images of {dataset.name} are cut off")
    return found


def sample(images: int) -> NDArray[np.int64]:
    """Return which of so many `images` are measured, ascending: the same anywhere."""
    if images <= SAMPLE:
        return np.arange(images)
    return np.sort(np.random.default_rng(SEED).choice(images, SAMPLE, replace=False))


def save(folder: Path, fingerprint: str, found: dict[str, Floats]) -> None:
    """Keep what was measured in `folder`, as that of the data set with `fingerprint`."""
    arrays: dict[str, Any] = {name: found[name] for name in MEASURES}
    replace(folder / FILE, packed(fingerprint=np.array(fingerprint), **arrays))
