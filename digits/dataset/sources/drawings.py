"""The drawings that people kept in the lab, as images of a data set.

A canvas has a hundred times the pixels of an image. Shrunk as it stands, a small digit in a corner would be a few
grey pixels; so each drawing is centred, its longest side 20 of the 28 pixels, as MNIST has it: but for place and
size, nothing that the strokes tell is lost. Nobody draws the same twice: each drawing is a family of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from digits import drawings
from digits.dataset.paths import Picture, count_digits
from digits.drawings import Kept
from digits.errors import DigitsError, ImageError, SourceError
from digits.files import Json, canonical, sha256
from digits.images.frame import frame
from digits.images.ink import to_rgba


class Drawings:
    """The drawings of the lab, oldest first of each digit; those that cannot be read are refused by name.

    Raises `SourceError`, naming the digits, while some of the ten was never drawn: every split tests all of them.
    """

    kind = "drawings"
    origin = "drawings of this lab"
    licence = ""
    ignored = 0

    def __init__(self) -> None:
        kept, self._damaged = drawings.shelf()
        check_drawn(kept)
        self._kept = sorted(kept, key=lambda one: (one.digit, one.time, one.id))
        self.details: Json = {"drawings": known_by(kept), "writers": sorted({one.writer for one in kept})}

    def __len__(self) -> int:
        return len(self._kept) + len(self._damaged)

    def __iter__(self) -> Iterator[Picture]:
        for kept in self._kept:
            yield _picture(kept)
        for id, reason in self._damaged.items():
            yield Picture(0, f"{id}.json", ImageError(reason))


def known_by(kept: list[Kept]) -> str:
    """Return what tells these drawings from others: a SHA-256 of their ids, digits and pictures."""
    return sha256(canonical(sorted([one.id, one.digit, one.picture] for one in kept)))


def check_drawn(kept: list[Kept]) -> None:
    """Raise `SourceError` unless a data set can be made of these drawings."""
    counts = count_digits(one.digit for one in kept)
    missing = [str(digit) for digit, count in enumerate(counts) if not count]
    if len(missing) == 10:
        raise SourceError("No drawing is kept yet", do="Draw a digit on the page Draw, and say what it was.")
    if missing:
        raise SourceError(f"There is no drawing of {', '.join(missing)} yet", expected="at least one of each digit",
                          do="Every split of a data set tests all ten: draw what is missing first.")  # fmt: skip


def _picture(kept: Kept) -> Picture:
    name = f"{kept.digit}/{kept.digit}/{kept.id}.png"
    try:
        return Picture(kept.digit, name, to_rgba(frame(kept.ink(), "centred")), kept.id)
    except DigitsError as error:  # it is damaged, or was deleted meanwhile
        return Picture(kept.digit, name, ImageError(str(error)))
