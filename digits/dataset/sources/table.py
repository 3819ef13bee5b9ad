"""A CSV with an image a line: as the notebook saves it, or as MNIST is often handed round.

    ,0,1,…,3135,digit           an index without a name, RGBA pixel by pixel; also without the index
    label,pixel0,…,pixel783     ink, 0 paper and 255 ink

The file is walked through twice, and only a few hundred lines are in memory: first each line's digit and place, so
that a shuffled file comes in order again, then its pixels. `numpy.loadtxt` parses them, and refuses what is no byte:
it takes 9 s for 107,730 lines of 3,136; pyarrow takes 40, for it makes 3,137 columns anew for each few hundred.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.dataset.paths import Picture, check_complete, count_digits
from digits.dataset.sources.arrays import MOST_IMAGES
from digits.errors import ImageError, SourceError
from digits.files import Json
from digits.images.ink import to_rgba

LONGEST_LINE = 1 << 15  # bytes; 3,136 pixels take at most 12,544
LINES = 256  # parsed at a time
RGBA, INK = [str(column) for column in range(3136)], [f"pixel{column}" for column in range(784)]


class Form(NamedTuple):
    """Which columns a table has."""

    columns: list[str]
    indexed: bool
    label_first: bool


FORMS = (
    Form(["", *RGBA, "digit"], True, False),
    Form([*RGBA, "digit"], False, False),
    Form(["label", *INK], False, True),
)


class Line(NamedTuple):
    """Where a line is, and what it says of itself; sorted, they are in the order of the pictures."""

    label: int
    place: int  # what the index says, or else where the line stands
    number: int  # the header is line 1
    start: int
    size: int


class Table:
    """A CSV of images (the three forms above)."""

    kind = "csv"
    licence = ""
    ignored = 0

    def __init__(self, path: Path) -> None:
        self.path, self.origin = path, path.name
        self.details: Json = {}
        with path.open("rb") as file:
            self.form = self._form(file.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf"))
            self._lines = sorted(self._walk(file))
        if not self._lines:
            raise SourceError(f"{path.name} holds no images", expected="a line for each, after the header")
        check_complete(count_digits(line.label for line in self._lines), self.origin)
        self._numbered = len({line[:2] for line in self._lines}) == len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Picture]:
        lines = iter(self._lines)
        with self.path.open("rb") as file:
            while chunk := list(islice(lines, LINES)):
                texts = [self._pixels(os.pread(file.fileno(), line.size, line.start)) for line in chunk]
                for line, data in zip(chunk, self._pictures(texts), strict=True):
                    name = f"{line.label}/{line.label}/{line.place if self._numbered else line.number - 2}.png"
                    yield Picture(line.label, name, data)

    def _form(self, header: bytes) -> Form:
        columns = header.decode("utf-8", "replace").rstrip("\r\n").split(",")
        for form in FORMS:
            if columns == form.columns:
                return form
        raise SourceError(f"{self.origin} has other columns", expected="0 … 3135,digit with an index or without, or "
                          "label,pixel0 … pixel783", received=f"{len(columns):,}, {columns[0][:20]!r} … "
                          f"{columns[-1][:20]!r}")  # fmt: skip

    def _walk(self, file: BinaryIO) -> Iterator[Line]:
        start, number = file.tell(), 1
        while text := file.readline(LONGEST_LINE):
            number += 1
            if number > MOST_IMAGES:
                raise SourceError(f"{self.origin} is too long", expected=f"fewer than {MOST_IMAGES:,} lines")
            yield self._line(text.rstrip(b"\r\n"), number, start)
            start += len(text)

    def _line(self, text: bytes, number: int, start: int) -> Line:
        columns, expected = text.count(b",") + 1, len(self.form.columns)
        if columns != expected:
            raise SourceError(f"Line {number} of {self.origin} is cut off or too long",
                              expected=f"{expected:,} columns", received=f"{columns:,}")  # fmt: skip
        label = text.partition(b",")[0] if self.form.label_first else text.rpartition(b",")[2]
        if len(label) != 1 or not label.isdigit():
            raise SourceError(f"The label in line {number} of {self.origin} is no digit", expected="0 to 9",
                              received=repr(label.decode("utf-8", "replace")[:20]))  # fmt: skip
        index = text.partition(b",")[0] if self.form.indexed else b"%d" % (number - 2)
        if not index.isdigit() or len(index) > 18:
            raise SourceError(f"The index in line {number} of {self.origin} is no whole number", expected="0 or more",
                              received=repr(index.decode("utf-8", "replace")[:20]))  # fmt: skip
        return Line(int(label), int(index), number, start, len(text))

    def _pixels(self, text: bytes) -> str:
        """Return what lies between index and label."""
        if self.form.label_first:
            text = text.partition(b",")[2]
        else:
            text = text.rpartition(b",")[0]
            text = text.partition(b",")[2] if self.form.indexed else text
        return text.decode("utf-8", "replace")

    def _pictures(self, texts: list[str]) -> list[NDArray[np.uint8] | ImageError]:
        """Return a picture for each line, or why there is none; the good ones of a chunk are parsed together."""
        try:
            pixels = np.loadtxt(texts, np.uint8, comments=None, delimiter=",", ndmin=2)
        except ValueError as error:
            if len(texts) > 1:
                return [picture for text in texts for picture in self._pictures([text])]
            return [ImageError("Its line is no picture", expected="bytes from 0 to 255", received=error)]
        if pixels.shape[1] == 784:
            return list(to_rgba(pixels.reshape(-1, 28, 28)))
        return list(pixels.reshape(-1, 28, 28, 4))
