"""What the path of a file inside a source says: which digit it is, and where it comes in the order.

A folder and a ZIP of the same files are the same source, so both read their names here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.errors import ImageError, SourceError

DIGITS = frozenset("0123456789")
PLACES = {folder: int(digit) for digit in DIGITS for folder in (digit, f"{digit}/{digit}")}
NOT_PNG = str(ImageError("It is not named .png"))
ELSEWHERE = {one: str(ImageError("It lies in another folder", expected=f"{one} or {one}/{one}")) for one in DIGITS}
NUMBERS = re.compile(r"\d+", re.ASCII)
LITTER = re.compile(r"(?:^|/)(?:\.|(?:thumbs\.db|desktop\.ini|__macosx)(?:/|$))", re.IGNORECASE)
LARGEST_FILE_BYTES = 1 << 20  # a 28×28 picture takes 3 kB; the rest is room for profiles and comments
MOST_STRAY = 100_000  # files in digit folders that cannot be pictures, beside one a picture: each is listed by name
LICENCE_NAMES = ("ATTRIBUTION.txt", "LICENSE", "LICENSE.txt", "LICENCE", "LICENCE.txt")


class Picture(NamedTuple):
    """One image: its digit, its name in the source, what it shows, and the family if the source knows it.

    `data` is the bytes of a PNG, or (28, 28, 4) uint8 with the ink in alpha, or the error that says why there is
    neither. A source gives all of its pictures as bytes, or all as arrays.
    """

    label: int
    name: str
    data: bytes | NDArray[np.uint8] | ImageError
    family: str | None = None


def place_of(name: str) -> tuple[int | None, str | None]:
    """Return the digit whose folder the file `name` (`0/0/17.png`, `0/17.png`) lies in; None outside of all.

    Beside it, in a sentence, why the file cannot be one of that digit's pictures, or None.
    """
    folder = name.rpartition("/")[0]
    digit = PLACES.get(folder)
    if digit is None:
        first = folder.partition("/")[0]
        return (int(first), ELSEWHERE[first]) if first in DIGITS else (None, None)
    return digit, None if name.endswith(".png") or name.lower().endswith(".png") else NOT_PNG


def is_litter(name: str) -> bool:
    """Tell whether `name` is what an operating system left there (`.DS_Store`, `__MACOSX/…`)."""
    return LITTER.search(name) is not None


def natural(name: str) -> str:
    """Return a key that sorts `name` as a person counts: 2.png before 10.png.

    Each number is preceded by its length, so that keys are plain strings; a hundred thousand are sorted at once.
    """
    folder, slash, file = name.rpartition("/")
    stem = file.removesuffix(".png")
    if stem.isdecimal() and stem.isascii() and stem[0] != "0":  # one number, as most names are
        return f"{_numbered(folder)}{slash}{chr(len(stem))}{file}\0{name}"
    return f"{_numbered(folder)}{slash}{NUMBERS.sub(_with_length, file)}\0{name}"


@lru_cache(maxsize=64)
def _numbered(folder: str) -> str:
    return NUMBERS.sub(_with_length, folder)


def _with_length(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0")
    return chr(len(digits)) + digits


def count_digits(labels: Iterable[int]) -> list[int]:
    """Return how many of `labels` are 0, 1, … 9."""
    counts = [0] * 10
    for label in labels:
        counts[label] += 1
    return counts


def check_complete(per_digit: Sequence[int], what: str) -> None:
    """Raise `SourceError`, naming the missing digits, unless there is an image of each."""
    missing = [str(digit) for digit, count in enumerate(per_digit) if not count]
    if len(missing) == 10:
        raise SourceError(
            f"{what} holds no digit images",
            expected="PNG files in folders named 0 … 9 at its top, such as 3/3/17.png or 3/17.png",
        )
    if missing:
        raise SourceError(
            f"{what} is not complete",
            expected="images of all ten digits",
            received=f"none of {', '.join(missing)}",
        )


def check_stray(stray: int, pictures: int, what: str, *, name: str, reason: str) -> None:
    """Raise `SourceError` if too many files in digit folders are no pictures: `name` is one, for that `reason`.

    There are at most so many `pictures` beside them.
    """
    if stray > MOST_STRAY + pictures:
        raise SourceError(
            f"{what} holds too many files in its digit folders that are no pictures",
            expected=f"at most {MOST_STRAY:,} and one a picture",
            received=f"more, such as {name[:200]!r}: {reason}",
            do="Leave them out, or keep them in a folder of another name, which is not looked at.",
        )
