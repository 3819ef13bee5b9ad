"""The file in which drawings travel: the `.json.gz` of pen strokes, which is a source of data sets too.

Its y grows upwards. What is written here names the canvas and the pen besides, so that a drawing comes back where and
as thick as it was; strokes of others know neither, and are fitted to the canvas as those of a data set are.
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
from digits.drawings.kept import NARROWEST, PENS, WIDEST, Kept, made, writer_named
from digits.drawings.store import LOCK, all_drawings, put
from digits.errors import ConflictError, UsageError
from digits.files import Json, canonical, locked, sha256
from digits.images.ink import to_ink
from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH, Drawing, Points, fit, paint, read_drawings
from digits.settings import part

MOST_DRAWINGS = 20_000  # that a lab keeps: each page that shows them lists them all


class Added(NamedTuple):
    """How many drawings came in, and how many were there already."""

    added: int
    there: int


class Painted(NamedTuple):
    """A drawing as the canvas would show it."""

    ink: NDArray[np.uint8]
    strokes: tuple[Points, ...]
    pen: float


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
    wanted = {_identity(one[0]): one for one in found}
    new = _missing(wanted)
    painted = {}
    for number, identity in enumerate(new):
        drawing, pen, canvas = wanted[identity]
        painted[identity] = made(drawing.digit, _painted(drawing, pen, canvas), writer=drawing.writer)
        progress(number + 1, len(new))
    with locked(part("drawings") / LOCK):  # another import may have brought the same
        new = _missing(painted)
        _put_all([painted[identity] for identity in new])
    return Added(len(new), len(found) - len(new))


def _missing(wanted: Iterable[str]) -> list[str]:
    """Return the identities of those that are not there yet. Raises `UsageError` if they are too many."""
    there = {_identity(kept) for kept in all_drawings()}
    new = [identity for identity in wanted if identity not in there]
    if len(there) + len(new) > MOST_DRAWINGS:
        raise UsageError("These are too many drawings", expected=f"at most {MOST_DRAWINGS:,} in a lab",
                         received=f"{len(there):,} and {len(new):,} more")  # fmt: skip
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
    return {"digit": kept.digit, "writer": kept.writer, "canvas": kept.canvas, "pen": kept.pen, "strokes": strokes}


def _entries(path: Path) -> list[Any]:
    """Return the entries of a file that `read_drawings` has found sound."""
    with gzip.open(path) as file:
        return list(json.load(file)["digits"])


def _as_drawn(drawing: Drawing, entry: Json) -> tuple[Drawing, float, int]:
    """Return the drawing in pixels of a canvas, the pen and the canvas: its own, where the entry names them."""
    pen, canvas = entry.get("pen"), entry.get("canvas")
    if isinstance(pen, int | float) and isinstance(canvas, int) and bool not in (type(pen), type(canvas)):
        points = np.concatenate(drawing.strokes)
        seen = ((points >= 0) & (points <= canvas)).all(axis=1).any()
        if PENS[0] <= pen <= PENS[1] and NARROWEST <= canvas <= WIDEST and seen:
            return drawing, float(pen), canvas
    return Drawing(drawing.digit, drawing.writer, fit(drawing.strokes)), float(PEN_WIDTH), CANVAS_SIDE


def _painted(drawing: Drawing, pen: float, canvas: int) -> Painted:
    return Painted(to_ink(paint(drawing.strokes, pen=pen, canvas=canvas)), drawing.strokes, pen)


def _identity(drawing: Drawing | Kept) -> str:
    """Return what tells a drawing from others, whichever digit it is called: writer, and strokes to a hundredth."""
    strokes = [(np.round(stroke, 2) + 0.0).tolist() for stroke in drawing.strokes]  # there are two zeros
    return sha256(canonical([writer_named(drawing.writer), strokes]))
