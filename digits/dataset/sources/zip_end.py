"""The end of a ZIP, which says where its directory lies: found before anything is believed, or any memory taken.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from digits.errors import SourceError

MOST_BYTES = 1 << 27  # of a directory: 128 for each of a million members
TAIL_BYTES = 22 + 65_535  # the record at the end, and the longest comment
END, END64, LOCATOR64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF  # "look into ZIP64"
ENTRY_BYTES = 46  # of an entry without its name


class End(NamedTuple):
    """What the end of an archive says: how many members, and where in the file their directory lies, in bytes."""

    members: int
    start: int
    size: int
    modulo: int  # without ZIP64, counts begin again at 65,536


def unsound(name: str, received: object, expected: object = None) -> SourceError:
    """Return the error for an archive whose numbers contradict each other."""
    return SourceError(f"{name} is no sound ZIP", expected=expected, received=received)


def read_end(file: BinaryIO, name: str, *, most_members: int) -> End:
    """Return what the end of the archive `file` says.

    Raises `SourceError` if there is none, if it contradicts itself, or if it promises more members than so many.
    """
    length = file.seek(0, 2)
    before = max(0, length - TAIL_BYTES - LOCATOR64.size)
    file.seek(before)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        raise unsound(name, "none: it is cut off, or another file", "the end of its directory")
    said = _plain(tail, at, name)
    position = before + at
    if tail[max(0, at - LOCATOR64.size) : at].startswith(b"PK\6\7"):
        position, said = _wide(file, position - LOCATOR64.size, said, name)
    if said.start + said.size != position:
        raise unsound(name, "a directory that does not lie where its end says")
    _check_promises(said, most_members, name)
    return said


def _plain(tail: bytes, at: int, name: str) -> End:
    _, disk, first, here, members, size, start, comment = END.unpack_from(tail, at)
    if at + END.size + comment != len(tail):
        raise unsound(name, "bytes after its end, or a comment that is cut off")
    if (disk, first) not in ((0, 0), (FULL16, FULL16)) or here != members:
        raise unsound(name, "a part of an archive of several files")
    return End(members, start, size, FULL16 + 1)


def _wide(file: BinaryIO, locator: int, said: End, name: str) -> tuple[int, End]:
    """Return where the ZIP64 record lies to which `locator` points, and what it says, which `said` must, too."""
    file.seek(locator)
    _, _, position, files = LOCATOR64.unpack(file.read(LOCATOR64.size))
    if position + END64.size > locator or files > 1:
        raise unsound(name, "a ZIP64 record that does not lie before its end")
    file.seek(position)
    signature, length, _, _, disk, first, here, members, size, start = END64.unpack(file.read(END64.size))
    if signature != b"PK\6\6" or position + 12 + length != locator or (disk, first, here) != (0, 0, members):
        raise unsound(name, "a ZIP64 record that makes no sense")
    for short, wide, full in zip(said, (members, start, size), (FULL16, FULL32, FULL32), strict=False):
        if short not in (full, wide):
            raise unsound(name, f"{short:,} and {wide:,}", "the same number in both of its ends")
    return position, End(members, start, size, 1 << 64)


def _check_promises(end: End, most_members: int, name: str) -> None:
    """Raise `SourceError` for what would take too much memory, and for what cannot be."""
    if end.members > most_members or end.size > MOST_BYTES:
        raise SourceError(f"{name} is too large: its directory has {end.members:,} members in {end.size:,} bytes",
                          expected=f"at most {most_members:,} members in {MOST_BYTES:,} bytes",
                          do="Make several archives of it, and combine the data sets.")  # fmt: skip
    if end.members * ENTRY_BYTES > end.size:
        raise unsound(name, f"{end.members:,} members in {end.size:,} bytes")
