"""Drawings that people keep: what they drew on the canvas, and which digit they say it was.

Each is a picture, `<id>.png`, and `<id>.json`, which holds the strokes and what is known of them. The picture is
written first and goes last: a drawing is there when its JSON is. An id is drawn by chance and only ever looked up
among those that are there. Several sessions may keep drawings at once; who changes or deletes one holds
`drawings.lock`.
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits import files
from digits.errors import DigitsError, IntegrityError, NotFoundError, UsageError
from digits.files import Json, locked, read_json, sha256
from digits.images.strokes import FARTHEST, Points
from digits.settings import part

Bytes = NDArray[np.uint8]
ID = re.compile(r"[0-9a-f]{16}")
LOCK = "drawings.lock"
NARROWEST, WIDEST, PENS = 28, 1_024, (1.0, 512.0)  # the canvases and the pens that are believed, in pixels
NEW_SECONDS = 60.0  # a picture that is so new may be about to get its JSON
DAMAGED = "a digit, strokes, a canvas, a pen and the time"


class Canvas(Protocol):
    """What is on a canvas: its ink as it shows, the strokes in its pixels, y growing downwards, and the pen."""

    @property
    def ink(self) -> Bytes:
        """(side, side) uint8."""

    @property
    def strokes(self) -> tuple[Points, ...]:
        """(n, 2) float64 each."""

    @property
    def pen(self) -> float:
        """Its width in pixels."""


@dataclass(frozen=True)
class Kept:
    """A drawing of the lab: `strokes` are (n, 2) float64 in pixels of a `canvas` of that side, y growing downwards.

    `answers` are what runs said of it when it was kept, by their ids; `time` is when, in UTC; `picture` is the
    SHA-256 of the PNG.
    """

    id: str
    digit: int
    writer: str
    strokes: tuple[Points, ...] = field(compare=False)
    canvas: int
    pen: float
    time: str
    answers: Mapping[str, int] = field(compare=False)
    picture: str

    def ink(self) -> Bytes:
        """Return its picture, (canvas, canvas) uint8 ink. Raises `IntegrityError`."""
        try:
            data = (part("drawings") / f"{self.id}.png").read_bytes()
        except OSError as error:
            raise IntegrityError(f"The picture of drawing {self.id} is missing") from error
        if sha256(data) != self.picture:
            raise IntegrityError(
                f"The picture of drawing {self.id} is damaged",
                expected=f"SHA-256 {self.picture[:16]}",
                received=sha256(data)[:16],
            )
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            return 255 - np.asarray(image.convert("L"))

    def as_json(self) -> Json:
        """Return what its file holds."""
        strokes = [stroke.tolist() for stroke in self.strokes]
        return {"digit": self.digit, "writer": self.writer, "canvas": self.canvas, "pen": self.pen, "time": self.time,
                "answers": dict(self.answers), "picture": self.picture, "strokes": strokes}  # fmt: skip


class Shelf(NamedTuple):
    """All drawings that can be read, newest first, and what is wrong with the others, by their ids."""

    drawings: list[Kept]
    damaged: dict[str, str]


class Removed(NamedTuple):
    """The files of a drawing that was deleted, so that it can come back."""

    id: str
    content: bytes
    picture: bytes | None


def writer_named(name: str) -> str:
    """Return the writer's name as it is kept."""
    return name.strip()[:80].strip() or "me"


def keep(digit: int, drawn: Canvas, *, writer: str = "me", answers: Mapping[str, int] | None = None) -> Kept:
    """Keep what is `drawn` as a drawing of `digit`; `answers` are what runs said of it. Raises `UsageError`."""
    kept, picture = made(digit, drawn, writer=writer, answers=answers)
    put(kept, picture)
    return kept


def made(digit: int, drawn: Canvas, *, writer: str, answers: Mapping[str, int] | None = None) -> tuple[Kept, bytes]:
    """Return a drawing and its PNG, not kept yet. Raises `UsageError`."""
    _check(digit, drawn)
    file = io.BytesIO()
    Image.fromarray(255 - drawn.ink).save(file, "PNG")  # black on white paper, as it was seen
    kept = Kept(
        id=secrets.token_hex(8), digit=int(digit), writer=writer_named(writer),
        strokes=tuple(np.asarray(stroke, np.float64) for stroke in drawn.strokes), canvas=drawn.ink.shape[0],
        pen=float(drawn.pen), time=datetime.now(UTC).isoformat(timespec="microseconds"),
        answers={run: int(said) for run, said in (answers or {}).items()}, picture=sha256(file.getvalue()),
    )  # fmt: skip
    return kept, file.getvalue()


def put(kept: Kept, picture: bytes) -> None:
    """Write a drawing and its PNG."""
    folder = part("drawings")
    files.replace(folder / f"{kept.id}.png", picture)
    files.write_json(folder / f"{kept.id}.json", kept.as_json())


def shelf() -> Shelf:
    """Return the drawings of the lab, and what is wrong with those that cannot be read."""
    drawings: list[Kept] = []
    damaged: dict[str, str] = {}
    names = {path.name for path in part("drawings").iterdir()}
    for id in ids(names):
        try:
            drawings.append(_read(id, has_picture=f"{id}.png" in names))
        except NotFoundError:  # deleted meanwhile
            continue
        except DigitsError as error:
            damaged[id] = str(error)
    drawings.sort(key=lambda kept: (kept.time, kept.id), reverse=True)
    return Shelf(drawings, damaged)


def all_drawings() -> list[Kept]:
    """Return the drawings that can be read, newest first."""
    return shelf().drawings


def ids(names: Iterable[str]) -> list[str]:
    """Return the ids of the drawings whose files are called so."""
    return sorted(name[:-5] for name in names if name.endswith(".json") and ID.fullmatch(name[:-5]))


def state() -> tuple[tuple[str, int, int], ...]:
    """Return what differs as soon as any drawing is kept, changed or deleted: name, inode and time of each file."""
    found = []
    for path in part("drawings").glob("[!.]*.json"):
        with suppress(FileNotFoundError):  # deleted meanwhile
            about = path.stat()
            found.append((path.name, about.st_ino, about.st_mtime_ns))
    return tuple(sorted(found))


def find(id: str) -> Kept:
    """Return the drawing of that id, if it is among those that are there.

    Raises `NotFoundError`, and `IntegrityError` if it is damaged.
    """
    names = {path.name for path in part("drawings").iterdir()}
    known = _known([id], names)[0]
    return _read(known, has_picture=f"{known}.png" in names)


def correct(id: str, digit: int) -> Kept:
    """Say that the drawing is one of `digit`. Raises `NotFoundError`, `UsageError` and `IntegrityError`."""
    _check_digit(digit)
    folder = part("drawings")
    with locked(folder / LOCK):
        changed = replace(find(id), digit=int(digit))
        files.write_json(folder / f"{changed.id}.json", changed.as_json())
    return changed


def delete(wanted: Iterable[str], *, missing_ok: bool = False) -> list[Removed]:
    """Delete the drawings of those ids, damaged ones too; return what they were.

    Raises `NotFoundError` before any is deleted if one is not there; with `missing_ok` it is left out.
    """
    folder = part("drawings")
    with locked(folder / LOCK):
        names = {path.name for path in folder.iterdir()}
        there = set(ids(names))
        known = _known((id for id in dict.fromkeys(wanted) if id in there or not missing_ok), names)
        removed = [_removed(folder, id) for id in known]
        for id in known:
            (folder / f"{id}.json").unlink()
            (folder / f"{id}.png").unlink(missing_ok=True)
    return removed


def restore(removed: Iterable[Removed]) -> None:
    """Bring deleted drawings back as they were; one that is there again stays as it is."""
    folder = part("drawings")
    with locked(folder / LOCK):
        for id, content, picture in removed:
            if not (folder / f"{id}.json").exists():
                if picture is not None:
                    files.replace(folder / f"{id}.png", picture)
                files.replace(folder / f"{id}.json", content)


def sweep() -> None:
    """Remove what killed processes left half-made: temporary files, and pictures that never got their JSON."""
    for path in part("drawings").iterdir():
        half = path.name.startswith(".") or (path.suffix == ".png" and not path.with_suffix(".json").exists())
        with suppress(FileNotFoundError):  # another sweep was faster
            if half and time.time() - path.stat().st_mtime > NEW_SECONDS:
                path.unlink()


def _removed(folder: Path, id: str) -> Removed:
    picture = folder / f"{id}.png"
    return Removed(id, (folder / f"{id}.json").read_bytes(), picture.read_bytes() if picture.exists() else None)


def _known(asked: Iterable[str], names: set[str]) -> list[str]:
    """Return those of the ids that are there which were `asked` for. Raises `NotFoundError`."""
    there = {id: id for id in ids(names)}
    wanted = list(asked)
    for id in wanted:
        if id not in there:
            raise NotFoundError(f"There is no drawing {id[:80]!r}", expected=f"one of {len(there):,} that are kept",
                                do="List them: python -m digits drawings")  # fmt: skip
    return [there[id] for id in wanted]


def _read(id: str, *, has_picture: bool) -> Kept:
    """Return the drawing in `<id>.json`. Raises `NotFoundError`, and `IntegrityError` if it is damaged."""
    name = f"drawings/{id}.json"
    try:
        content = read_json(part("drawings") / f"{id}.json")
        strokes = tuple(np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in content["strokes"])
        answers = {str(run): int(said) for run, said in content["answers"].items()}
        kept = Kept(id, int(content["digit"]), str(content["writer"]), strokes, int(content["canvas"]),
                    float(content["pen"]), str(content["time"]), answers, str(content["picture"]))  # fmt: skip
    except FileNotFoundError as error:
        raise NotFoundError(f"The drawing {id} is gone") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise IntegrityError(f"{name} is damaged", expected=DAMAGED, received=error) from error
    if not _sound(strokes) or not 0 <= kept.digit <= 9 or not 0 < kept.canvas <= WIDEST:
        raise IntegrityError(f"{name} is damaged", expected=DAMAGED)
    if not has_picture:
        raise IntegrityError(f"The picture of drawing {id} is missing")
    return kept


def _check(digit: int, drawn: Canvas) -> None:
    _check_digit(digit)
    ink = drawn.ink
    square = ink.dtype == np.uint8 and ink.ndim == 2 and ink.shape[0] == ink.shape[1] <= WIDEST
    if not square or not ink.any():
        received = f"{ink.dtype} {ink.shape}" if not square else "a blank one"
        raise UsageError("This is no drawing", expected="ink uint8 (side, side), not blank", received=received)
    if not _sound(drawn.strokes):
        raise UsageError("This is no drawing", expected="at least one stroke of finite points")
    if not PENS[0] <= drawn.pen <= PENS[1]:
        raise UsageError("No pen is so wide", expected="{} to {} pixels".format(*PENS), received=drawn.pen)


def _check_digit(digit: int) -> None:
    if not 0 <= digit <= 9:
        raise UsageError("This is no digit", expected="0 to 9", received=digit)


def _sound(strokes: tuple[Points, ...]) -> bool:
    return bool(strokes) and all(
        stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) and (np.abs(stroke) <= FARTHEST).all()
        for stroke in strokes
    )
