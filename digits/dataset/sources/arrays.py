"""Images and labels that are in memory at once: what an IDX file and an `.npz` come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.paths import Picture, check_complete, count_digits
from digits.errors import SourceError
from digits.files import Json
from digits.images.ink import to_rgba

MOST_IMAGES = 1_000_000  # 784 MB of ink: what a worker may hold


class Arrays:
    """`images` (n, 28, 28) uint8 ink, or (n, 28, 28, 4) uint8 RGBA, with their `labels` (n,) from 0 to 9.

    A picture's name ends in its place: `3/3/17.png` is number 17, counted from 0. Raises `SourceError`.
    """

    licence = ""
    ignored = 0

    def __init__(self, kind: str, origin: str, images: NDArray[np.uint8], labels: NDArray[np.integer[Any]]) -> None:
        self.kind, self.origin = kind, origin
        self.details: Json = {}
        if len(images) != len(labels):
            raise SourceError(f"{origin} does not fit", expected=f"a label for each of {len(images):,} images",
                              received=f"{len(labels):,} labels")  # fmt: skip
        check_labels(labels, origin)
        check_complete(count_digits(labels.tolist()), origin)
        self._images, self._labels = images, labels

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[Picture]:
        for row in np.argsort(self._labels, kind="stable").tolist():
            label, image = int(self._labels[row]), self._images[row]
            yield Picture(label, f"{label}/{label}/{row}.png", to_rgba(image) if image.ndim == 2 else image)


def check_labels(labels: NDArray[np.integer[Any]], origin: str) -> None:
    """Raise `SourceError`, naming the first that is none, unless all `labels` (n,) are digits."""
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        raise SourceError(f"Label {wrong[0]} of {origin} is no digit", expected="0 to 9", received=labels[wrong[0]])
    if not len(labels):
        raise SourceError(f"{origin} holds no images", expected="at least one of each digit")
