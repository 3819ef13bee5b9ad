"""The drawings that a run is tuned on: taken from the lab or from a file of strokes, framed, and kept with the run.

    runs/<id>/   strokes.json.gz   the strokes, y growing upwards: a file of drawings like any other
                 drawings.npz      the framed ink, which of them are held out, and what its ancestors had learnt

They are copies: a drawing that is corrected or deleted later does not change what a run was taught.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.drawings import Kept
from digits.drawings.kept import pens_of
from digits.errors import DigitsError, IntegrityError
from digits.files import Json, canonical, read_arrays, replace, sha256
from digits.images.frame import frame
from digits.images.ink import to_rgba
from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH, Drawing, Points, drawn_ink, fit
from digits.seal import packed
from digits.training.run import Run
from digits.training.tuning import drawing_hash, held_out

STROKES, DRAWINGS = "strokes.json.gz", "drawings.npz"
DRAWN = ("strokes", "drawings", "combined")  # the kinds of data sets that may hold a person's drawings
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Taught:
    """Drawings as a person made them (`entries`, y growing downwards) and as a network sees them: ink (n, 784) uint8.

    `held` (n,) are measured on and not learnt from. `known` are the hashes of what the run's ancestors had learnt.
    """

    entries: list[Json]
    ink: Bytes
    held: Mask
    known: frozenset[str]

    @cached_property
    def named(self) -> list[tuple[int, str, str]]:
        """Digit, writer and hash of each drawing."""
        return [(entry["digit"], entry["writer"], drawing_hash(entry)) for entry in self.entries]

    @property
    def identity(self) -> str:
        """What tells them all from others: a SHA-256."""
        return sha256(canonical(sorted(map(list, self.named))))

    @property
    def digits(self) -> NDArray[np.int64]:
        """(n,) int64: which digit each is said to be."""
        return np.array([entry["digit"] for entry in self.entries], np.int64)

    @property
    def writers(self) -> list[str]:
        """Who drew each."""
        return [entry["writer"] for entry in self.entries]

    @property
    def learnt(self) -> frozenset[str]:
        """The hashes of all that a run which was taught these has learnt, its ancestors' too."""
        return self.known | self.hashes(~self.held)

    def hashes(self, those: Mask) -> frozenset[str]:
        """Return the hashes of `those` (n,) drawings."""
        return frozenset(name for (_, _, name), one in zip(self.named, those, strict=True) if one)

    def new_to(self, known: frozenset[str]) -> Mask:
        """Return which drawings (n,) are not among the hashes of those `known`."""
        return np.array([name not in known for _, _, name in self.named], bool)

    def after(self, known: frozenset[str], never: Mask | None = None) -> Taught:
        """Return them for a run whose ancestors have learnt those `known`; those of `never` (n,) are not learnt."""
        held = held_out(self.named, ~self.new_to(known))
        return Taught(self.entries, self.ink, held if never is None else held | never, known)

    def save(self, folder: Path) -> None:
        """Keep them in the folder of a run."""
        upwards = [{**entry, "strokes": [(np.asarray(stroke) * (1, -1)).tolist() for stroke in entry["strokes"]]}
                   for entry in self.entries]  # fmt: skip
        kept = packed(ink=self.ink, held=self.held, known=np.array(sorted(self.known), "U16"))
        replace(folder / STROKES, gzip.compress(json.dumps({"digits": upwards}).encode(), mtime=0))
        replace(folder / DRAWINGS, kept)


def read(folder: Path) -> Taught:
    """Return what the run in `folder` was taught. Raises `IntegrityError`."""
    ink, held, known = read_arrays(folder / DRAWINGS, "ink", "held", "known")
    try:
        entries = json.loads(gzip.decompress((folder / STROKES).read_bytes()))["digits"]
        for entry in entries:
            entry["strokes"] = [(np.asarray(stroke) * (1, -1)).tolist() for stroke in entry["strokes"]]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{STROKES} of {folder.name} is damaged", expected="the drawings that it was taught",
                             received=error) from error  # fmt: skip
    if not len(entries) == len(ink) == len(held):
        raise IntegrityError(f"The drawings of {folder.name} do not fit together", expected=f"{len(ink)} drawings",
                             received=len(entries))  # fmt: skip
    return Taught(entries, ink, held, frozenset(known.tolist()))


def of_kept(drawings: Sequence[Kept], how: str) -> Taught:
    """Return drawings of the lab, framed `how` a recipe says; those whose picture is damaged are left out."""
    entries: list[Json] = []
    inks: list[Bytes] = []
    for kept in drawings:
        with suppress(DigitsError):  # the page names it where drawings are listed
            inks.append(frame(kept.ink(), how).reshape(784))
            entry = entry_of(kept.digit, kept.writer, kept.strokes, kept.pen, kept.canvas)
            entries.append({**entry, **pens_of(kept.pens), "id": kept.id})
    return _taught(entries, inks)


def of_strokes(drawings: Sequence[Drawing], how: str) -> Taught:
    """Return strokes of a file, painted and framed through the canvas's path, as `digits draw` reads them."""
    from digits.evaluation.evaluate import seen_of

    entries = [entry_of(one.digit, one.writer, fit(one.strokes), PEN_WIDTH, CANVAS_SIDE) for one in drawings]
    return _taught(entries, list(seen_of(drawings, how)) if drawings else [])


def entry_of(digit: int, writer: str, strokes: Iterable[Points], pen: float, canvas: int) -> Json:
    """Return a drawing as JSON; `strokes` are (n, 2) in pixels of the canvas, y growing downwards."""
    points = [np.asarray(stroke, np.float64).tolist() for stroke in strokes]
    return {"digit": int(digit), "writer": writer, "pen": float(pen), "canvas": int(canvas), "strokes": points}


def _taught(entries: list[Json], inks: Sequence[Bytes]) -> Taught:
    """Return the drawings, each once."""
    first = {drawing_hash(entry): place for place, entry in reversed(list(enumerate(entries)))}
    places = sorted(first.values())
    ink = np.stack([inks[place] for place in places]) if places else np.zeros((0, 784), np.uint8)
    return Taught([entries[place] for place in places], ink, np.zeros(len(places), bool), frozenset())


def parts_of(run: Run, found: Taught) -> tuple[Mask, Mask]:
    """Return which drawings (n,) `run` has seen in training or validation, and which are in its test part.

    The first say nothing about how it reads others; the second are never learnt from.
    """
    dataset = run.dataset()
    if dataset.report.get("kind") not in DRAWN:
        return np.zeros(len(found.entries), bool), np.zeros(len(found.entries), bool)
    parts, names, stems = run.split(), [_names(entry) for entry in found.entries], _stems(dataset)
    seen, tested = ({*dataset.hashes[rows].tolist(), *stems[rows].tolist()}
                    for rows in (np.concatenate([parts.train, parts.validation]), parts.test))  # fmt: skip
    return _sharing(names, seen), _sharing(names, tested)


def _sharing(names: Iterable[set[bytes]], there: set[bytes]) -> Mask:
    return np.array([bool(each & there) for each in names], bool)


def rows_of(dataset: Dataset, found: Taught) -> Mask:
    """Return which images (m,) of `dataset` show drawings that were learnt, and not held out."""
    if dataset.report.get("kind") not in DRAWN:
        return np.zeros(len(dataset.labels), bool)
    learnt = [entry for entry, held in zip(found.entries, found.held, strict=True) if not held]
    names = np.array(sorted(set().union(*map(_names, learnt))), "S64")
    return np.isin(dataset.hashes, names) | np.isin(_stems(dataset), names)


def _names(entry: Json) -> set[bytes]:
    """Return by what data sets know a drawing: its id in the lab, and the SHA-256 of the images made of it."""
    strokes = tuple(np.asarray(stroke, np.float64) for stroke in entry["strokes"])
    ink = drawn_ink(strokes, pen=entry.get("pens") or entry["pen"], canvas=entry["canvas"])
    images = (to_rgba(frame(ink, how)) for how in ("as-drawn", "centred"))
    return {entry.get("id", "").encode(), *(sha256(image.data.cast("B")).encode() for image in images)} - {b""}


def _stems(dataset: Dataset) -> NDArray[np.bytes_]:
    """Return the name (n,) of each image's file without folders and ending: of a drawing of the lab, its id."""
    return np.array([name.rpartition("/")[2].removesuffix(".png") for name in dataset.files], "S64")
