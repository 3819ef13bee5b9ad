"""The directory of a ZIP, of which nothing is believed: what lies where, known before a member is touched.

It is read 256 kB at a time into columns, so that a million members take 30 bytes and their names each. Python's
`zipfile` makes an object of each entry, five million of which take gigabytes; and that of Python 3.11.7 reads members
that overlap, of which 56 kB can claim to be 10 GB (D. Fifield, "A better zip bomb", 2019).
The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import re
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.dataset.sources.zip_end import ENTRY_BYTES, FULL16, FULL32, End, read_end, unsound
from digits.errors import SourceError

MOST_MEMBERS = 1_050_000  # a million images, and what else lies there
LONGEST_NAME = 4_096  # bytes, as paths may have; the format allows 65,535
BLOCK_BYTES, CHUNK = 1 << 18, 1 << 16  # of the directory, and members that are compared, at a time
LOCAL_BYTES = 30  # before a member, without its name
LENGTHS, FIELD = struct.Struct("<3H"), struct.Struct("<2H")
STORED, DEFLATED = 0, 8
ENCRYPTED, UTF8 = 0x1, 0x800
SUSPECTS = ("..", ":", "\\", "\0/")  # what a name that leads out has; where all names have none, none is asked
UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")
LEADS_OUT = "has a name that leads out of the archive"
ENTRY = np.dtype([
    ("signature", "<u4"), ("made", "<u2"), ("need", "<u2"), ("flags", "<u2"), ("method", "<u2"), ("time", "<u4"),
    ("crc", "<u4"), ("stored", "<u4"), ("size", "<u4"), ("named", "<u2"), ("extra", "<u2"), ("comment", "<u2"),
    ("disk", "<u2"), ("internal", "<u2"), ("external", "<u4"), ("start", "<u4"),
])  # fmt: skip
KEPT = ("flags", "method", "crc", "stored", "size", "named", "start")
ROW = np.dtype([("start", "<i8"), ("span", "<u4"), ("stored", "<u4"), ("size", "<u4"), ("crc", "<u4"),
                ("flags", "<u2"), ("method", "<u2"), ("named", "<u2"), ("kind", "u1")])  # fmt: skip
Rows = NDArray[Any]


class Directory(NamedTuple):
    """The n members of an archive by the order in which they lie there: their names, and a row of `ROW` for each.

    `span` is how many bytes there are up to the next member: what one may take. `named` are the bytes of its name,
    `kind` is what who reads the directory says of it, if anything.
    """

    names: list[str]
    rows: Rows


class Piece(NamedTuple):
    """Some bytes of the directory, with the places of the entries that are whole there, and their names."""

    data: bytes
    places: list[int]
    names: list[bytes]


def read_directory(
    path: Path, *, most_members: int = MOST_MEMBERS, kinds: Callable[[list[str], int], list[int]] | None = None
) -> Directory:
    """Return the directory of the ZIP at `path`. Raises `OSError`.

    `kinds` is asked of which kinds (0 … 255) members of such names are, some thousand at a time, and told how many
    are left; there is no list of all before, and it may raise.

    Raises `SourceError` if it is no ZIP, or not an honest one: cut off, more members or a larger directory than
    allowed, encrypted members, symbolic links, two of one name, names that lead out of it or are too long, members
    that overlap, and numbers that contradict each other.
    """
    with path.open("rb") as file:
        end = read_end(file, path.name, most_members=most_members)
        most = min(most_members, end.size // ENTRY_BYTES)
        rows, hashes = np.zeros(most, ROW), np.empty(most, np.int64)
        texts, found = [], 0
        for piece in _pieces(file, end, path.name):
            here = slice(found, found + len(piece.places))
            if here.stop > most:
                raise unsound(path.name, "more", f"{end.members:,} members")
            text = _read(piece, rows[here], path.name)
            hashes[here] = np.fromiter(map(hash, text.split("\0")), np.int64)
            texts.append(text)
            found = here.stop
    if (found - end.members) % end.modulo:
        raise unsound(path.name, f"{found:,}", f"{end.members:,} members")
    if not found:
        raise SourceError(f"{path.name} is empty", expected="PNGs in folders named by their digit, 0/0/17.png")
    _check_twice(texts, hashes[:found], path.name)
    del hashes
    order = _order(texts, rows := rows[:found], end, path.name)
    if kinds:
        _ask_kinds(texts, rows["kind"], kinds)
    names = "\0".join(texts).split("\0")
    if (np.diff(order) == 1).all():
        return Directory(names, rows)
    return Directory([names[index] for index in order.tolist()], rows[order])


def _ask_kinds(texts: list[str], found: Rows, kinds: Callable[[list[str], int], list[int]]) -> None:
    """Write into `found` (n,) which kinds the members are whose names are in `texts`."""
    done = 0
    for text in texts:
        names = text.split("\0")
        found[done : done + len(names)] = kinds(names, len(found) - done - len(names))
        done += len(names)


def _pieces(file: BinaryIO, end: End, name: str) -> Iterator[Piece]:
    file.seek(end.start)
    data, left = b"", end.size
    while left or data:
        more = file.read(min(BLOCK_BYTES, left))
        data, left = data + more, left - len(more)
        piece, used = _walk(data)
        if not used:
            raise unsound(name, "an entry of its directory that is cut off")
        yield piece
        data = data[used:]


def _walk(data: bytes) -> tuple[Piece, int]:
    """Return the whole entries in `data`, and how many bytes they take."""
    places, names, at, last = [], [], 0, len(data) - ENTRY_BYTES
    while at <= last:
        named, extra, comment = LENGTHS.unpack_from(data, at + 28)
        start = at + ENTRY_BYTES
        end = start + named + extra + comment
        if end > len(data):
            break
        places.append(at)
        names.append(data[start : start + named])
        at = end
    return Piece(data, places, names), at


def _read(piece: Piece, rows: Rows, name: str) -> str:
    """Write a piece of the directory to `rows` (n,), and return its names, between them NUL, which is in none.

    Raises `SourceError` for a bad entry.
    """
    fields = np.frombuffer(piece.data, np.uint8)[np.array(piece.places)[:, None] + np.arange(ENTRY_BYTES)]
    entries: Rows = fields.view(ENTRY)[:, 0]
    if (entries["signature"] != int.from_bytes(b"PK\1\2", "little")).any():
        raise unsound(name, "something else in its directory", "entries")
    text = _text(piece.names, entries, name)
    _check(text, entries, name)
    for column in KEPT:
        rows[column] = entries[column]
    wide = (entries["stored"] == FULL32) | (entries["size"] == FULL32) | (entries["start"] == FULL32)
    for index in np.flatnonzero(wide).tolist():
        start = piece.places[index] + ENTRY_BYTES + len(piece.names[index])
        extra = piece.data[start : start + int(entries["extra"][index])]
        if not _widen(rows[index], extra):
            raise _refused(name, _name([text], index), "is larger than 4 GB, or its ZIP64 numbers are missing")
    return text


def _text(names: list[bytes], entries: Rows, name: str) -> str:
    """Return names joined by NUL: in UTF-8 where an entry says so, in the letters of the IBM PC otherwise."""
    joined = b"\0".join(names)
    if joined.count(0) >= len(names):
        raise _refused(name, next(one for one in names if 0 in one).decode("cp437"), "has a name with NUL in it")
    if joined.isascii():
        return joined.decode("ascii")
    codecs = np.where(entries["flags"] & UTF8, "utf-8", "cp437").tolist()
    try:
        return "\0".join(one.decode(codec) for one, codec in zip(names, codecs, strict=True))
    except UnicodeDecodeError as error:
        raise unsound(name, error, "names in UTF-8") from error


def _check(text: str, entries: Rows, name: str) -> None:
    """Raise `SourceError` for an entry that is wrong by itself."""
    wrongs = {
        "is encrypted": entries["flags"] & ENCRYPTED,
        "is a symbolic link": entries["external"] >> 16 & 0o170000 == stat.S_IFLNK,  # of Unix; others have 0 there
        "has no name": entries["named"] == 0,
        f"has a name of more than {LONGEST_NAME:,} bytes": entries["named"] > LONGEST_NAME,
        "lies in another file": (entries["disk"] != 0) & (entries["disk"] != FULL16),
        LEADS_OUT: _lead_out(text),
    }
    for wrong, which in wrongs.items():
        if np.any(which):
            raise _refused(name, _name([text], int(np.argmax(which))), wrong)
    for index in np.flatnonzero(~np.isin(entries["method"], (STORED, DEFLATED)))[:1].tolist():
        wrong = f"is compressed by method {entries['method'][index]}, which is not read here"
        raise _refused(name, _name([text], index), wrong)


def _lead_out(text: str) -> list[bool]:
    if not any(suspect in f"\0{text}" for suspect in SUSPECTS):
        return []
    return [UNSAFE.search(one) is not None for one in text.split("\0")]


def _widen(row: Any, extra: bytes) -> bool:
    """Take from the ZIP64 field in `extra` what `row` points there for; False if it is not there, or over 4 GB."""
    fields, at = {}, 0
    while at + FIELD.size <= len(extra):
        kind, length = FIELD.unpack_from(extra, at)
        fields[kind] = extra[at + FIELD.size : at + FIELD.size + length]
        at += FIELD.size + length
    numbers = fields.get(1, b"")
    for column, most in (("size", FULL32), ("stored", FULL32), ("start", 1 << 62)):
        if row[column] == FULL32:
            number = int.from_bytes(numbers[:8], "little")
            if len(numbers) < 8 or number >= most:
                return False
            row[column], numbers = number, numbers[8:]
    return True


def _check_twice(texts: list[str], hashes: Rows, name: str) -> None:
    ordered = np.sort(hashes)
    for value in ordered[1:][ordered[1:] == ordered[:-1]].tolist():
        one, other = (_name(texts, index) for index in np.flatnonzero(hashes == value)[:2].tolist())
        if one == other:
            raise _refused(name, one, "is there twice")


def _order(texts: list[str], rows: Rows, end: End, name: str) -> Rows:
    """Return the members' numbers by where they lie. Raises `SourceError` for members that overlap."""
    order = np.argsort(rows["start"], kind="stable")
    for at in range(0, len(order), CHUNK):
        here = order[at : at + CHUNK + 1]
        starts = rows["start"][here]
        here, ends = here[:CHUNK], starts[1:] if len(here) > CHUNK else np.append(starts[1:], end.start)
        span = ends - starts[: len(here)]
        overlapping = rows["stored"][here] + (LOCAL_BYTES + rows["named"][here].astype(np.int64)) > span
        if overlapping.any():
            raise _refused(name, _name(texts, int(here[overlapping.argmax()])), "overlaps another")
        rows["span"][here] = np.minimum(span, FULL32)
    return order


def _name(texts: list[str], index: int) -> str:
    """Return the name of entry `index`, which is in one of `texts`."""
    for text in texts:
        names = text.split("\0")
        if index < len(names):
            return names[index]
        index -= len(names)
    raise IndexError(index)


def _refused(name: str, member: str, wrong: str) -> SourceError:
    member = member if len(member) <= 200 else f"{member[:200]}…"
    return SourceError(f"{name} is refused: its member {member!r} {wrong}")
