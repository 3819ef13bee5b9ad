"""The starter set: digits that come with scikit-learn, so that something is there before a download."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from digits.dataset.paths import Picture
from digits.files import Json
from digits.images.frame import frame
from digits.images.ink import to_rgba


class Starter:
    """The 1,797 digits that come with scikit-learn: 8×8, redrawn here as a pen would have drawn them at 28×28."""

    kind = "starter"
    origin = "scikit-learn's load_digits: the test part of UCI's Optical Recognition of Handwritten Digits"
    licence = (
        "CC BY 4.0 (creativecommons.org/licenses/by/4.0): E. Alpaydin, C. Kaynak, Optical Recognition of "
        "Handwritten Digits, UCI Machine Learning Repository, 1998, doi:10.24432/C50P49; here drawn larger."
    )
    ignored = 0

    def __init__(self) -> None:
        self.details: Json = {}

    def __len__(self) -> int:
        return 1_797

    def __iter__(self) -> Iterator[Picture]:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        for label in range(10):
            for number, image in enumerate(images[labels == label]):
                yield Picture(label, f"{label}/{label}/{number}.png", to_rgba(redraw(image.reshape(8, 8))))


def redraw(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return an (8, 8) image of 0 … 16 as (28, 28) uint8 ink, centred, whose strokes look drawn.

    Ink is what is darker than its surroundings by a step: one threshold for all would close the loops of an 8.
    """
    grey = Image.fromarray((image * (255 / 16)).round().astype(np.uint8))
    large = ImageOps.expand(grey, 1).resize((120, 120), Image.Resampling.BICUBIC)
    around = np.asarray(large.filter(ImageFilter.GaussianBlur(12)), np.float64) / 255
    threshold = np.maximum(0.1 + around, 0.4)
    drawn = 255 / (1 + np.exp((threshold - np.asarray(large, np.float64) / 255) * 20))
    return frame(drawn.round().astype(np.uint8), "centred")
