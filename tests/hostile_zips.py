"""Makers of ZIPs that say anything at all: small ones, and those of millions of members."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

LOCAL = np.dtype([("signature", "S4"), ("need", "<u2"), ("flags", "<u2"), ("method", "<u2"), ("time", "<u4"),
                  ("crc", "<u4"), ("stored", "<u4"), ("size", "<u4"), ("named", "<u2"), ("extra", "<u2")]
                 )  # fmt: skip
ENTRY = np.dtype([("signature", "S4"), ("made", "<u2"), *LOCAL.descr[1:], ("comment", "<u2"), ("disk", "<u2"),
                  ("internal", "<u2"), ("external", "<u4"), ("start", "<u4")])  # fmt: skip
DEFLATED, NUMBERED = 8, b"0/0/00000000.png"


@dataclass
class Member:
    """A member as it is stored; `both`, `local` and `entry` replace fields of its header, its entry in the directory.

    `behind` follows the member, and `more` its name in the directory.
    """

    name: bytes
    content: bytes
    both: dict[str, int] = field(default_factory=dict)
    local: dict[str, int] = field(default_factory=dict)
    entry: dict[str, int] = field(default_factory=dict)
    behind: bytes = b""
    more: bytes = b""

    def fields(self) -> dict[str, int]:
        """What an honest writer would say."""
        size = len(self.content)
        return {"need": 20, "crc": zlib.crc32(self.content), "stored": size, "size": size, "named": len(self.name)}

    def header(self, **lies: int) -> bytes:
        """The member with its own header."""
        fields = self.fields() | self.both | self.local | lies
        return packed(LOCAL, b"PK\3\4", fields) + self.name + self.content + self.behind

    def listed(self, start: int) -> bytes:
        """Its entry in the directory."""
        fields = {"start": start, "extra": len(self.more), **self.fields(), **self.both, **self.entry}
        return packed(ENTRY, b"PK\1\2", fields) + self.name + self.more


class End(NamedTuple):
    """What the end says in place of what is so."""

    members: int | None = None
    size: int | None = None
    start: int | None = None
    comment: bytes = b""
    said: int | None = None  # of the comment's length
    wide: dict[str, int] | None = None  # fields of ZIP64


def packed(kind: np.dtype, signature: bytes, fields: dict[str, int]) -> bytes:
    """A record of `kind` with these fields, the others 0."""
    record = np.zeros((), kind)
    for name, value in ({"signature": signature} | fields).items():
        record[name] = value
    return record.tobytes()


def deflated(name: bytes, content: bytes, **lies: int) -> Member:
    """A member that is deflated and says so; `lies` replace fields in both places."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    stored = squeeze.compress(content) + squeeze.flush()
    truth = {"method": DEFLATED, "crc": zlib.crc32(content), "size": len(content)}
    return Member(name, stored, both=truth | lies)


def archive(members: Iterable[Member], end: End = End(), *, before: bytes = b"") -> bytes:  # noqa: B008 immutable
    """The bytes of a ZIP of `members`."""
    body, listed, count = bytearray(before), bytearray(), 0
    for member in members:
        listed += member.listed(len(body))
        body += member.header()
        count += 1
    return bytes(body + listed) + ending(len(body), len(listed), count, end)


def ending(start: int, size: int, count: int, end: End = End()) -> bytes:  # noqa: B008 immutable
    """The records at the end of a ZIP; with ZIP64 if there are so many."""
    told = [said if said is not None else so for said, so in zip(end, (count, size, start), strict=False)]
    wide, at = b"", start + size
    if end.wide is not None or (count > 0xFFFE and end.members is None):
        fields = {"count": told[0], "size": told[1], "start": told[2], "at": at, "length": 44} | (end.wide or {})
        wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", fields["length"], 45, 45, 0, 0, fields["count"], fields["count"],
                           fields["size"], fields["start"])  # fmt: skip
        wide += struct.pack("<4sIQI", b"PK\6\7", 0, fields["at"], 1)
    count = min(told[0], 0xFFFF)
    said = len(end.comment) if end.said is None else end.said
    return wide + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, *told[1:], said) + end.comment


def many(
    path: Path,
    count: int,
    *,
    name: bytes = NUMBERED,
    last: Member | None = None,
    end: End = End(),  # noqa: B008 immutable
) -> None:
    """Write a ZIP of `count` empty members, and perhaps a last one, to `path`: a million take a second."""
    numbers = np.arange(count)
    local = np.zeros(count, [*LOCAL.descr, ("name", "S16")])
    entry = np.zeros(count, [*ENTRY.descr, ("name", "S16")])
    written = named(numbers, name)
    for records, signature in ((local, b"PK\3\4"), (entry, b"PK\1\2")):
        records["signature"], records["named"], records["name"] = signature, 16, written
    entry["start"] = numbers * local.itemsize
    with path.open("wb") as file:
        file.write(local.tobytes())
        start = file.tell()
        file.write(last.header() if last else b"")
        directory = file.tell()
        file.write(entry.tobytes())
        file.write(last.listed(start) if last else b"")
        file.write(ending(directory, file.tell() - directory, count + bool(last), end))


def named(numbers: np.ndarray, name: bytes = NUMBERED) -> np.ndarray:
    """`name`, of 16 letters, with each of `numbers` (n,) in place of its eight zeros: `0/0/00000017.png`."""
    letters = np.frombuffer(name * len(numbers), np.uint8).reshape(-1, 16).copy()
    last = name.index(b"0" * 8) + 7
    for place in range(8):
        letters[:, last - place] += (numbers // 10**place % 10).astype(np.uint8)
    return letters.view("S16")[:, 0]
