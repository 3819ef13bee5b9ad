"""Where digits come from: a folder of digit folders, a ZIP of the same, or the starter set.

Each source is one small object that can be counted and iterated, and knows nothing of what a data set is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from digits.dataset.archive import Archive
from digits.dataset.paths import (
    DIGITS,
    LARGEST_FILE_BYTES,
    LICENCE_NAMES,
    Picture,
    check_complete,
    count_digits,
    digit_of,
    is_litter,
    natural,
)
from digits.errors import ImageError, SourceError
from digits.images.frame import frame


class Source(Protocol):
    """Files of handwritten digits, one after another, a digit's in the order in which a person counts.

    `kind` is a word, `origin` says where they come from, `licence` what may be done with them (empty if unknown),
    and `ignored` how many files lie outside the digit folders.
    """

    kind: str
    origin: str
    licence: str
    ignored: int

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Picture]: ...


def open_source(text: str | Path) -> Source:
    """Return the source that `text` names: "starter", a folder or a ZIP. Raises `SourceError`."""
    if text == "starter":
        return Starter()
    path = Path(text)
    try:
        if path.is_dir():
            return Folder(path)
        if path.is_file():
            return Archive(path)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read", received=error.strerror) from error
    raise SourceError(f"{path} does not exist", expected='"starter", a folder or a ZIP of digit folders')


class Folder:
    """A folder of digit folders on the disk. Nothing outside of it is read, whatever its links say."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.origin = self.path.name
        self.ignored = 0
        self._found: list[str] = []
        self._refused: dict[str, ImageError] = {}
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name in DIGITS and entry.is_dir():
                    self._visit(entry, entry.name)
                else:
                    self.ignored += 1
        self._found.sort(key=natural)
        readable = (int(name[0]) for name in self._found if name not in self._refused)
        check_complete(count_digits(readable), self.origin)
        self.licence = next((text for name in LICENCE_NAMES if (text := _text(self.path / name))), "")

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Picture]:
        for name in self._found:
            yield Picture(int(name[0]), name, self._refused.get(name) or _read(self.path / name))

    def _walk(self, folder: str, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                self._visit(entry, prefix + entry.name)

    def _visit(self, entry: os.DirEntry[str], name: str) -> None:
        digit = name[0]
        refused = self._refusal(entry, name)
        if is_litter(name):
            self.ignored += 1
        elif refused is None and name in (digit, f"{digit}/{digit}"):
            self._walk(entry.path, f"{name}/")
        else:
            readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            self._found.append(readable)
            if refused:
                self._refused[readable] = refused

    def _refusal(self, entry: os.DirEntry[str], name: str) -> ImageError | None:
        if entry.is_symlink() and not self._holds(entry.path):
            return ImageError("It is a link that leads out of the folder")
        if entry.is_dir():
            inner = name in DIGITS or name == f"{name[0]}/{name[0]}"
            return None if inner else ImageError("It is a folder", expected="a picture")
        if not entry.is_file():
            return ImageError("It is no ordinary file")
        try:
            name.encode()
            digit_of(name)
        except UnicodeEncodeError:
            return ImageError("Its name is not UTF-8")
        except ImageError as error:
            return error
        return None

    def _holds(self, path: str) -> bool:
        try:
            return Path(path).resolve().is_relative_to(self.path)
        except (OSError, RuntimeError):  # a ring of links
            return False


class Starter:
    """The 1,797 digits that come with scikit-learn: 8×8, redrawn here as a pen would have drawn them at 28×28."""

    kind = "starter"
    origin = "scikit-learn's load_digits: the test part of UCI's Optical Recognition of Handwritten Digits"
    licence = (
        "CC BY 4.0 (creativecommons.org/licenses/by/4.0): E. Alpaydin, C. Kaynak, Optical Recognition of "
        "Handwritten Digits, UCI Machine Learning Repository, 1998, doi:10.24432/C50P49; here drawn larger."
    )
    ignored = 0

    def __len__(self) -> int:
        return 1_797

    def __iter__(self) -> Iterator[Picture]:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        for label in range(10):
            for number, image in enumerate(images[labels == label]):
                yield Picture(label, f"{label}/{label}/{number}.png", _encode(redraw(image.reshape(8, 8))))


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


def _encode(ink: NDArray[np.uint8]) -> bytes:
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[..., 3] = ink
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _read(path: Path) -> bytes | ImageError:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        return ImageError("It cannot be read", received=error.strerror)
    if len(data) > LARGEST_FILE_BYTES:
        return ImageError("It is too large", expected=f"at most {LARGEST_FILE_BYTES} bytes")
    return data


def _text(path: Path) -> str:
    data = b"" if path.is_symlink() or not path.is_file() else _read(path)
    return data.decode("utf-8", "replace").strip() if isinstance(data, bytes) else ""
