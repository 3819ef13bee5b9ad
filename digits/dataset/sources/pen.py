"""Pen strokes, painted and framed as the app's canvas would show them to a model that reads drawings as they are.

Who wrote a digit is known here: the writer is its family, so that a split by family tests on people never seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from digits.dataset.paths import Picture, check_complete, count_digits
from digits.files import Json
from digits.images.frame import frame
from digits.images.ink import to_ink, to_rgba
from digits.images.strokes import fit, paint, read_drawings


class Strokes:
    """A `.json.gz` of drawings (`digits.images.strokes.read_drawings`)."""

    kind = "strokes"
    licence = ""
    ignored = 0

    def __init__(self, path: Path) -> None:
        self.origin = path.name
        self.details: Json = {}
        self._drawings = list(enumerate(read_drawings(path)))
        self._drawings.sort(key=lambda numbered: numbered[1].digit)
        check_complete(count_digits(drawing.digit for _, drawing in self._drawings), self.origin)

    def __len__(self) -> int:
        return len(self._drawings)

    def __iter__(self) -> Iterator[Picture]:
        for number, drawing in self._drawings:
            ink = frame(to_ink(paint(fit(drawing.strokes))), "as-drawn")
            name = f"{drawing.digit}/{drawing.digit}/{number}.png"
            yield Picture(drawing.digit, name, to_rgba(ink), drawing.writer)
