"""The file in which drawings travel: the `.json.gz` of pen strokes, which is a source of data sets too.

Its y grows upwards. What is written here names the canvas and the pens besides, so that a drawing comes back where
and as thick as it was; strokes of others know neither, and are fitted to the canvas as those of a data set are.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits import files
from digits.drawings.kept import NARROWEST, WIDEST, Kept, are_pens, made, pens_of, writer_named
from digits.drawings.store import LOCK, all_drawings, check_room, put
from digits.errors import ConflictError, UsageError
from digits.files import Json, canonical, locked, sha256
from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH, Drawing, Points, drawn_ink, fit, read_drawings
from digits.settings import part


class Added(NamedTuple):
    """How many drawings came in, and how many were there already."""

    added: int
    there: int


class Painted(NamedTuple):
    """A drawing as the canvas would show it; `pens` are its strokes' widths, where they are not all the pen's."""

    ink: NDArray[np.uint8]
    strokes: tuple[Points, ...]
    pen: float
    pens: tuple[float, ...] = ()


class Placed(NamedTuple):
    """A drawing in pixels of a canvas of that side, and with what pens it is painted there."""

    drawing: Drawing
    canvas: int
    pen: float
    pens: tuple[float, ...] = ()

    def painted(self) -> Painted:
        """Return what the canvas would show."""
        strokes = self.drawing.strokes
        ink = drawn_ink(strokes, pen=self.pens or self.pen, canvas=self.canvas)
        return Painted(ink, strokes, self.pen, self.pens)


def packed(drawings: Iterable[Kept]) -> bytes:
    """Return `drawings` as a `.json.gz`, oldest first; the same bytes for the same drawings."""
    entries = [_entry(kept) for kept in sorted(drawings, key=lambda kept: (kept.time, kept.id))]
    return gzip.compress(json.dumps({"digits": entries}).encode(), mtime=0)


def export(path: Path, *, overwrite: bool = False) -> int:
    """Write all drawings to `path`; return how many. Raises `ConflictError` if it exists, and `UsageError`."""
    drawings = all_drawings()
    if not drawings:
        raise UsageError("No drawing is kept yet", do="Draw a digit on the page Draw, and say what it was.")
    if path.exists() and not overwrite:
        raise ConflictError(f"{path.name} exists already", do="Choose another name, or overwrite it.")
    try:
        files.replace(path, packed(drawings))
    except OSError as error:
        raise UsageError(f"{path} cannot be written", received=error.strerror) from error
    return len(drawings)


def add(path: Path, *, progress: Callable[[int, int], None] = lambda done, total: None) -> Added:
    """Keep the drawings of a `.json.gz`, each once: what is there already is left out.

    `progress` is told of those that are painted. Raises `SourceError`, naming the drawing that cannot be read, and
    `UsageError` if they are too many; then, or when one cannot be written, none is kept.
    """
    found = [_as_drawn(drawing, entry) for drawing, entry in zip(read_drawings(path), _entries(path), strict=True)]
    wanted = {_identity(one.drawing): one for one in found}
    new = _missing(wanted)
    painted = {}
    for number, identity in enumerate(new):
        one = wanted[identity]
        painted[identity] = made(one.drawing.digit, one.painted(), writer=one.drawing.writer)
        progress(number + 1, len(new))
    with locked(part("drawings") / LOCK):  # another import may have brought the same
        new = _missing(painted)
        _put_all([painted[identity] for identity in new])
    return Added(len(new), len(wanted) - len(new))


def _missing(wanted: Iterable[str]) -> list[str]:
    """Return the identities of those that are not there yet. Raises `UsageError` if they are too many."""
    there = {_identity(kept) for kept in all_drawings()}
    new = [identity for identity in wanted if identity not in there]
    check_room(len(there), len(new))
    return new


def _put_all(new: list[tuple[Kept, bytes]]) -> None:
    """Keep all, or none."""
    done: list[str] = []
    try:
        for kept, picture in new:
            done.append(kept.id)
            put(kept, picture)
    except BaseException:
        for id in done:
            for ending in (".json", ".png"):
                (part("drawings") / f"{id}{ending}").unlink(missing_ok=True)
        raise


def _entry(kept: Kept) -> Json:
    strokes = [(stroke * (1, -1)).tolist() for stroke in kept.strokes]
    return {"digit": kept.digit, "writer": kept.writer, "canvas": kept.canvas, "pen": kept.pen, **pens_of(kept.pens),
            "strokes": strokes}  # fmt: skip


def _entries(path: Path) -> list[Any]:
    """Return the entries of a file that `read_drawings` has found sound."""
    with gzip.open(path) as file:
        return list(json.load(file)["digits"])


def _as_drawn(drawing: Drawing, entry: Json) -> Placed:
    """Return the drawing in pixels of a canvas: its own, and with its pens, where the entry names them."""
    own = _own(drawing, entry)
    if own is not None and _shows(own):
        return own
    return Placed(Drawing(drawing.digit, drawing.writer, fit(drawing.strokes)), CANVAS_SIDE, float(PEN_WIDTH))


def _own(drawing: Drawing, entry: Json) -> Placed | None:
    """Return the drawing on the canvas that its entry names, if there can be such a canvas and such pens."""
    canvas, pens = entry.get("canvas"), entry.get("pens", [])
    if type(canvas) is not int or not isinstance(pens, list) or len(pens) not in (0, len(drawing.strokes)):
        return None
    widths: list[Any] = [entry.get("pen"), *pens]
    if any(type(one) not in (int, float) for one in widths) or not are_pens(widths):
        return None
    pen, *each = map(float, widths)
    return Placed(drawing, canvas, pen, tuple(each)) if NARROWEST <= canvas <= WIDEST else None


def _shows(placed: Placed) -> bool:
    """Tell whether anything of a drawing is on its canvas: a point, or else ink of strokes beside it."""
    points = np.concatenate(placed.drawing.strokes)
    return bool(((points >= 0) & (points <= placed.canvas)).all(axis=1).any() or placed.painted().ink.any())


def _identity(drawing: Drawing | Kept) -> str:
    """Return what tells a drawing from others, whichever digit it is called: writer, and strokes to a hundredth."""
    strokes = [(np.round(stroke, 2) + 0.0).tolist() for stroke in drawing.strokes]  # there are two zeros
    return sha256(canonical([writer_named(drawing.writer), strokes]))
