"""A ZIP of digit folders, read in place: nothing is extracted, and no member is believed.

Python's `zipfile` reads the directory of the archive only. It is four times slower at reading members than their
offsets are, and that of Python 3.11.7 reads members that overlap, of which 56 kB can claim to be 10 GB.
The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from digits.dataset.paths import (
    LARGEST_FILE_BYTES,
    LICENCE_NAMES,
    Picture,
    check_complete,
    count_digits,
    digit_of,
    is_litter,
    natural,
)
from digits.errors import ImageError, SourceError
from digits.files import Json

LOCAL = struct.Struct("<4s5H3I2H")
UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00")


class Member(NamedTuple):
    """Where a member lies in the archive, and what the directory says of it (sizes in bytes)."""

    name: str
    start: int
    span: int  # up to the next member: what it may take
    stored: int
    size: int
    crc: int
    deflated: bool


class Archive:
    """A ZIP of digit folders."""

    kind = "zip"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = path.name
        self.ignored = 0
        self.details: Json = {}
        self._found: list[Member] = []
        self._refused: dict[str, ImageError] = {}
        licences: dict[str, Member] = {}
        for member in directory(path):
            if member.name in LICENCE_NAMES:
                licences[member.name] = member
            self._add(member)
        self._found.sort(key=lambda member: natural(member.name))
        readable = (int(member.name[0]) for member in self._found if member.name not in self._refused)
        check_complete(count_digits(readable), self.origin)
        self.licence = self._licence(licences)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Picture]:
        with self.path.open("rb") as file:
            for member in self._found:
                data = self._refused.get(member.name) or _try(file.fileno(), member)
                yield Picture(int(member.name[0]), member.name, data)

    def _add(self, member: Member) -> None:
        try:
            if is_litter(member.name) or digit_of(member.name) is None:
                self.ignored += 1
                return
        except ImageError as error:
            self._refused[member.name] = error
        self._found.append(member)

    def _licence(self, licences: dict[str, Member]) -> str:
        with self.path.open("rb") as file:
            for name in LICENCE_NAMES:
                data = _try(file.fileno(), licences[name]) if name in licences else b""
                if isinstance(data, bytes) and data:
                    return data.decode("utf-8", "replace").strip()
        return ""


def directory(path: Path) -> list[Member]:
    """Return the files of the ZIP at `path` in the order in which they lie there.

    Raises `SourceError` if it is no ZIP, or not an honest one: encrypted members, two of one name, names that lead
    out of it, or members that overlap.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
            end = archive.start_dir
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError) as error:
        raise SourceError(f"{path.name} is no sound ZIP", received=error) from error
    if not infos:
        raise SourceError(f"{path.name} is empty", expected="PNGs in folders named by their digit, 0/0/17.png")
    ends = [info.header_offset for info in infos[1:]] + [end]
    names: set[str] = set()
    members = []
    for info, following in zip(infos, ends, strict=True):
        member = _member(info, following)
        wrong = _wrong(info, member) or ("is there twice" if member.name in names else "")
        if wrong:
            raise SourceError(f"{path.name} is refused: its member {member.name!r} {wrong}")
        names.add(member.name)
        if not info.is_dir():
            members.append(member)
    return members


def read(descriptor: int, member: Member) -> bytes:
    """Return the bytes of `member`. Raises `ImageError` unless they are exactly those that the directory promises."""
    if member.size > LARGEST_FILE_BYTES or member.stored > LARGEST_FILE_BYTES:
        raise ImageError("It is too large", expected=f"at most {LARGEST_FILE_BYTES} bytes", received=member.size)
    block = os.pread(descriptor, min(member.span, LARGEST_FILE_BYTES + (1 << 18)), member.start)
    if len(block) < LOCAL.size or not block.startswith(b"PK\3\4"):
        raise ImageError("The archive has no member at its place")
    start = LOCAL.size + sum(LOCAL.unpack_from(block)[-2:])
    data = block[start : start + member.stored]
    if len(data) < member.stored:
        raise ImageError("The member runs into the next", expected=f"{member.stored} bytes", received=len(data))
    content = _inflate(data, member.size) if member.deflated else data
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ImageError("The member is damaged: its size or its CRC-32 differs", expected=f"{member.size} bytes")
    return content


def _try(descriptor: int, member: Member) -> bytes | ImageError:
    try:
        return read(descriptor, member)
    except ImageError as error:
        return error
    except OSError as error:
        return ImageError("It cannot be read", received=error.strerror)


def _inflate(data: bytes, size: int) -> bytes:
    stream = zlib.decompressobj(-15)
    try:
        content = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ImageError("The member cannot be inflated", received=error) from error
    if not stream.eof or stream.unused_data:
        raise ImageError("The member inflates to another size", expected=f"{size} bytes")
    return content


def _member(info: zipfile.ZipInfo, following: int) -> Member:
    start = info.header_offset
    sizes = (following - start, info.compress_size, info.file_size)
    return Member(info.orig_filename, start, *sizes, info.CRC, info.compress_type == zipfile.ZIP_DEFLATED)


def _wrong(info: zipfile.ZipInfo, member: Member) -> str:
    if info.flag_bits & 0x1:
        return "is encrypted"
    if stat.S_ISLNK(info.external_attr >> 16):  # of an archive from Unix; others have 0 there
        return "is a symbolic link"
    if UNSAFE.search(member.name):
        return "has a name that leads out of the archive"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is compressed by method {info.compress_type}, which is not read here"
    if member.start < 0 or LOCAL.size + len(member.name) + member.stored > member.span:
        return "overlaps another"
    return ""
