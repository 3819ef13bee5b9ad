"""A ZIP of digit folders, read in place: nothing is extracted, and no member is believed.

A member is read through its place in the directory (`zip_directory`), and is what both the directory and its own
header say, or nothing.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digits.dataset.paths import (
    LARGEST_FILE_BYTES,
    LICENCE_NAMES,
    Picture,
    check_complete,
    check_stray,
    is_litter,
    natural,
    place_of,
)
from digits.dataset.sources.zip_directory import (
    DEFLATED,
    ENCRYPTED,
    LOCAL_BYTES,
    UTF8,
    Directory,
    Rows,
    read_directory,
)
from digits.dataset.sources.zip_end import FULL32
from digits.errors import ImageError, SourceError
from digits.files import Json
from digits.inflate import ZlibError, crc32, decompressobj

LOCAL = struct.Struct("<4s5H3I2H")
TOLD = np.dtype([("flags", "<u2"), ("method", "<u2"), ("crc", "<u4"), ("stored", "<u4"), ("size", "<u4"),
                 ("named", "<u2")])  # fmt: skip
FOLLOWS = 0x8  # sizes and CRC-32 stand behind the member
ROOM = 1 << 18  # for the header before a member and the descriptor behind it
MOST_FOLD, SLACK_BYTES = 10, 1 << 24  # a PNG is deflated already, and hardly shrinks again
OTHER, FOLDER = 10, 11  # kinds of members beside the digits
CHUNK = 4_096  # members whose numbers are objects at a time


class Member(NamedTuple):
    """Where a member lies in the archive, and what the directory says of it (`zip_directory.ROW`, bytes)."""

    start: int
    span: int
    stored: int
    size: int
    crc: int
    flags: int
    method: int
    named: int
    kind: int
    told: bytes  # by its own header (`TOLD`), unless its numbers stand elsewhere


def _members(rows: Rows) -> Iterator[Member]:
    told = np.empty(len(rows), TOLD)
    for column in TOLD.names or ():
        told[column] = rows[column]
    flat, size = told.tobytes(), TOLD.itemsize
    for index, row in enumerate(rows.tolist()):
        yield Member._make((*row, flat[index * size : index * size + size]))


class Kinds:
    """What the names of members say: a picture of the digit 0 … 9, `OTHER`, a `FOLDER`, or one that is refused.

    Those that are refused are as many kinds as there are digits and reasons: `refused` has both, by the kind.
    """

    def __init__(self, origin: str) -> None:
        self.refused: dict[int, tuple[int, ImageError]] = {}
        self._origin, self._last = origin, ("", "")
        self._known: dict[tuple[int, str], int] = {}
        self._stray = self._pictures = 0

    def of(self, names: list[str], left: int) -> list[int]:
        """Return the kinds of `names`, after which so many are left.

        Raises `SourceError` if too many lie in digit folders and are no pictures, even if all that are left were.
        """
        kinds = [self._of(name) for name in names]
        name, reason = self._last
        check_stray(self._stray, self._pictures + left, self._origin, name=name, reason=reason)
        return kinds

    def _of(self, name: str) -> int:
        if name.endswith("/"):
            return FOLDER
        digit, wrong = (None, None) if is_litter(name) else place_of(name)
        if digit is None:
            return OTHER
        if wrong:
            self._stray, self._last = self._stray + 1, (name, wrong)
            return self._refused_for(digit, wrong)
        self._pictures += 1
        return digit

    def _refused_for(self, digit: int, reason: str) -> int:
        kind = self._known.setdefault((digit, reason), FOLDER + 1 + len(self._known))
        if kind not in self.refused:
            self.refused[kind] = digit, ImageError(reason)
        return kind


class Archive:
    """A ZIP of digit folders."""

    kind = "zip"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = path.name
        self.details: Json = {}
        kinds = Kinds(self.origin)
        directory = read_directory(path, kinds=kinds.of)
        self._refused = kinds.refused
        self.ignored = int((directory.rows["kind"] == OTHER).sum())
        order = self._in_order(directory)
        self._names = [directory.names[index] for index in order]
        self._rows = directory.rows[order]
        self._check_sizes()
        self.licence = self._licence(directory)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Picture]:
        with self.path.open("rb") as file:
            for start in range(0, len(self._names), CHUNK):
                here = slice(start, start + CHUNK)
                for name, member in zip(self._names[here], _members(self._rows[here]), strict=True):
                    if member.kind in self._refused:
                        yield Picture(self._refused[member.kind][0], name, self._refused[member.kind][1])
                    else:
                        yield Picture(member.kind, name, _try(file.fileno(), name, member))

    def _in_order(self, directory: Directory) -> list[int]:
        """Return which members are pictures, as a person counts; a digit at a time, for a million keys are large."""
        names, rows = directory
        check_complete(np.bincount(rows["kind"], minlength=10)[:10].tolist(), self.origin)
        order: list[int] = []
        for digit in range(10):
            of_digit = [digit, *(kind for kind, (other, _) in self._refused.items() if other == digit)]
            members = np.flatnonzero(np.isin(rows["kind"], of_digit)).tolist()
            order += sorted(members, key=lambda index: natural(names[index]))
        return order

    def _check_sizes(self) -> None:
        """Raise `SourceError` if the pictures inflate as none do: it would take minutes to refuse each by itself."""
        sizes = self._rows["size"][self._rows["kind"] < 10].astype(np.int64)
        total = int(sizes[sizes <= LARGEST_FILE_BYTES].sum())
        most = MOST_FOLD * self.path.stat().st_size + SLACK_BYTES
        if total > most:
            raise SourceError(f"{self.origin} promises too much: its pictures inflate to {total:,} bytes",
                              expected=f"at most {most:,}, {MOST_FOLD} times its own size")  # fmt: skip

    def _licence(self, directory: Directory) -> str:
        with self.path.open("rb") as file:
            for name in LICENCE_NAMES:
                if name in directory.names:
                    at = directory.names.index(name)
                    data = _try(file.fileno(), name, *_members(directory.rows[at : at + 1]))
                    if isinstance(data, bytes) and data:
                        return data.decode("utf-8", "replace").strip()
        return ""


def read(descriptor: int, name: str, member: Member) -> bytes:
    """Return the bytes of `member`. Raises `ImageError` unless they are exactly those that the directory promises."""
    if member.size > LARGEST_FILE_BYTES or member.stored > LARGEST_FILE_BYTES:
        raise ImageError("It is too large", expected=f"at most {LARGEST_FILE_BYTES} bytes", received=member.size)
    block = os.pread(descriptor, min(member.span, LARGEST_FILE_BYTES + ROOM), member.start)
    start = _start(block, name, member)
    data = block[start : start + member.stored]
    if len(data) < member.stored:
        raise ImageError("The member runs into the next", expected=f"{member.stored} bytes", received=len(data))
    content = _inflate(data, member.size) if member.method == DEFLATED else data
    if len(content) != member.size or crc32(content) != member.crc:
        raise ImageError("The member is damaged: its size or its CRC-32 differs", expected=f"{member.size} bytes")
    return content


def _start(block: bytes, name: str, member: Member) -> int:
    """Return where the content starts. Raises `ImageError` if the member's own header contradicts the directory."""
    if block.startswith(b"PK\3\4") and block[6:10] + block[14:28] == member.told:
        named, extra = member.named, int.from_bytes(block[28:30], "little")
    else:
        named, extra = _lengths(block, member)
    raw = name.encode("utf-8" if member.flags & UTF8 or name.isascii() else "cp437")
    if block[LOCAL_BYTES : LOCAL_BYTES + named] != raw:
        raise ImageError("The member has another name at its place")
    return LOCAL_BYTES + named + extra


def _lengths(block: bytes, member: Member) -> tuple[int, int]:
    """Return how long name and extra field are, where the header has its sizes elsewhere. Raises `ImageError`."""
    if len(block) < LOCAL_BYTES or not block.startswith(b"PK\3\4"):
        raise ImageError("The archive has no member at its place")
    _, _, flags, method, _, _, crc, stored, size, named, extra = LOCAL.unpack_from(block)
    same = (crc, stored, size) == (member.crc, member.stored, member.size)
    wide = FULL32 in (stored, size) and crc == member.crc  # its sizes are in ZIP64
    end = LOCAL_BYTES + named + extra + member.stored
    follows = flags & FOLLOWS and _follows(block, end, member)
    if flags & ENCRYPTED or method != member.method or not (same or wide or follows):
        raise ImageError("The member's own header or descriptor says something else than the directory")
    return named, extra


def _follows(block: bytes, at: int, member: Member) -> bool:
    """Tell whether a descriptor stands `at` the end of a member and says what the directory does."""
    numbers = member.crc, member.stored, member.size
    told = block[at : at + 24].removeprefix(b"PK\7\10")
    return told.startswith((struct.pack("<3I", *numbers), struct.pack("<I2Q", *numbers)))


def _try(descriptor: int, name: str, member: Member) -> bytes | ImageError:
    try:
        return read(descriptor, name, member)
    except ImageError as error:
        return error
    except OSError as error:
        return ImageError("It cannot be read", received=error.strerror)


def _inflate(data: bytes, size: int) -> bytes:
    stream = decompressobj(-15)
    try:
        content = stream.decompress(data, size + 1)
    except ZlibError as error:
        raise ImageError("The member cannot be inflated", received=error) from error
    if not stream.eof or stream.unused_data:
        raise ImageError("The member inflates to another size", expected=f"{size} bytes")
    return content
