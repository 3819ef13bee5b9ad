"""Drawings that people keep: what they drew on the canvas, and which digit they say it was.

Each is a picture, `<id>.png`, and `<id>.json`, which holds the strokes and what is known of them. The picture is
written first and goes last: a drawing is there when its JSON is. An id is drawn by chance and only ever looked up
among those that are there. Several sessions may keep drawings at once; who changes or deletes one holds
`drawings.lock`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from digits import files
from digits.drawings.kept import Canvas, Kept, check_digit, made, read
from digits.errors import DigitsError, NotFoundError, UsageError
from digits.files import locked
from digits.remembered import Stamp, settled, stamp
from digits.settings import entries, part

ID = re.compile(r"[0-9a-f]{16}")
LOCK = "drawings.lock"
MOST_DRAWINGS = 20_000  # that a lab keeps: each page that shows them lists them all
NEW_SECONDS = 60.0  # a picture that is so new may be about to get its JSON
Files = dict[str, os.DirEntry[str]]
Known = tuple[Stamp | None, Kept]


class Remembered:
    """The drawings that were read last, by the paths of their files."""

    there: Mapping[str, Known] = {}


_memory = Remembered()


class Shelf(NamedTuple):
    """All drawings that can be read, newest first, and what is wrong with the others, by their ids."""

    drawings: list[Kept]
    damaged: dict[str, str]


class Removed(NamedTuple):
    """The files of a drawing that was deleted, so that it can come back."""

    id: str
    content: bytes
    picture: bytes | None


def keep(digit: int, drawn: Canvas, *, writer: str = "me", answers: Mapping[str, int] | None = None) -> Kept:
    """Keep what is `drawn` as a drawing of `digit`; `answers` are what runs said of it. Raises `UsageError`."""
    # Nobody locks here: where several keep the last one at once, a few more are kept.
    check_room(len(ids(path.name for path in part("drawings").iterdir())), 1)
    kept, picture = made(digit, drawn, writer=writer, answers=answers)
    put(kept, picture)
    return kept


def check_room(there: int, more: int) -> None:
    """Raise `UsageError` unless a lab keeps so many drawings."""
    if there + more > MOST_DRAWINGS:
        raise UsageError("These are too many drawings", expected=f"at most {MOST_DRAWINGS:,} in a lab",
                         received=f"{there:,} and {more:,} more")  # fmt: skip


def put(kept: Kept, picture: bytes) -> None:
    """Write a drawing and its PNG."""
    folder = part("drawings")
    files.replace(folder / f"{kept.id}.png", picture)
    files.write_json(folder / f"{kept.id}.json", kept.as_json())


def shelf() -> Shelf:
    """Return the drawings of the lab, and what is wrong with those that cannot be read.

    One whose file is the very same as when it was read last, and was left alone for a while then, is not read again.
    """
    drawings: list[Kept] = []
    damaged: dict[str, str] = {}
    known: dict[str, Known] = {}
    there = _files()
    for id in ids(there):
        name = there[f"{id}.json"].path
        try:
            known[name] = _read(id, there, _memory.there.get(name))
            drawings.append(known[name][1])
        except (FileNotFoundError, NotFoundError):  # deleted meanwhile
            continue
        except DigitsError as error:
            damaged[id] = str(error)
    _memory.there = known
    drawings.sort(key=lambda kept: (kept.time, kept.id), reverse=True)
    return Shelf(drawings, damaged)


def _read(id: str, there: Files, known: Known | None) -> Known:
    """Return a drawing, and what tells its file from any other; nothing does if that was changed a moment ago."""
    seen = there[f"{id}.json"].stat()
    mark, has_picture = stamp(seen) if settled(seen) else None, f"{id}.png" in there
    if known is not None and known[0] is not None and known[0] == mark and has_picture:
        return known
    return mark, read(id, has_picture=has_picture)


def all_drawings() -> list[Kept]:
    """Return the drawings that can be read, newest first."""
    return shelf().drawings


def ids(names: Iterable[str]) -> list[str]:
    """Return the ids of the drawings whose files are called so."""
    return sorted(name[:-5] for name in names if name.endswith(".json") and ID.fullmatch(name[:-5]))


def state() -> tuple[tuple[str, int, int], ...]:
    """Return what differs as soon as any drawing is kept, changed or deleted: name, inode and time of each file."""
    found = []
    for name, file in _files().items():
        if name.endswith(".json") and not name.startswith("."):
            with suppress(FileNotFoundError):  # deleted meanwhile
                about = file.stat()
                found.append((name, about.st_ino, about.st_mtime_ns))
    return tuple(sorted(found))


def _files() -> Files:
    """Return the files of the folder, by their names: one look at it costs a fifth of asking for each by its path."""
    return {file.name: file for file in entries("drawings")}


def find(id: str) -> Kept:
    """Return the drawing of that id, if it is among those that are there.

    Raises `NotFoundError`, and `IntegrityError` if it is damaged.
    """
    names = {path.name for path in part("drawings").iterdir()}
    known = _known([id], names)[0]
    return read(known, has_picture=f"{known}.png" in names)


def correct(id: str, digit: int) -> Kept:
    """Say that the drawing is one of `digit`. Raises `NotFoundError`, `UsageError` and `IntegrityError`."""
    check_digit(digit)
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
