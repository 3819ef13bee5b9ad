"""Hostile ZIPs of every kind, each with the words in which it is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from tests import factory
from tests.hostile_zips import DEFLATED, End, Member, archive, deflated, ending, many

VICTIM = b"3/3/1.png"
PNG = factory.png(301)
FOLLOWS, KERNEL = 0x8, 20_000_000


class Case(NamedTuple):
    """How a hostile archive is made, and what must be said: of the archive, or else of the members that are bad."""

    make: Callable[[Path], object]
    words: str
    whole: bool = True  # the archive is refused, not a member


def sound(*more: Member, without: bytes = b"") -> list[Member]:
    """The members of an honest archive, but for one name, and more of them."""
    files = factory.digit_files(2)
    return [Member(name.encode(), data) for name, data in files.items() if name.encode() != without] + list(more)


def with_victim(member: Member) -> list[Member]:
    """The honest members, one of them in another's place."""
    return [member if one.name == VICTIM else one for one in sound()]


def lying(**lies: object) -> bytes:
    """An archive in which one member lies."""
    return archive(with_victim(replace(Member(VICTIM, PNG), **lies)))


def described(descriptor: bytes) -> bytes:
    """An archive with a member whose sizes follow it."""
    nothing = {"flags": FOLLOWS, "crc": 0, "stored": 0, "size": 0}
    return lying(local=nothing, entry={"flags": FOLLOWS}, behind=descriptor)


@cache
def kernel_of(size: int) -> Member:
    """A member that inflates to so many bytes."""
    return deflated(b"0/0/0.png", bytes(size))


def overlapping(count: int, *, quoted: bool) -> bytes:
    """A bomb of `count` files that share a kernel of 20 kB, which inflates to 20 MB.

    All point at it; or each quotes the headers of those that follow as stored blocks of its own (D. Fifield, "A
    better zip bomb", 2019), which only lying lengths allow.
    """
    kernel = kernel_of(KERNEL)
    if not quoted:
        body, listed = kernel.header(), [replace(kernel, name=b"0/0/%d.png" % n).listed(0) for n in range(count)]
    else:
        quotes = [replace(kernel, name=b"0/0/%d.png" % number) for number in range(count)]
        body, listed, places = b"", [], []
        for one in quotes[:-1]:
            places.append(len(body))
            body += replace(one, content=struct.pack("<BHH", 0, 39, 0xFFFF - 39)).header()
        places.append(len(body))
        body += quotes[-1].header()
        for one, place in zip(quotes, places, strict=True):
            stored = len(body) - place - 30 - len(one.name)
            listed.append(replace(one, entry={"stored": stored, "size": KERNEL}).listed(place))
    directory = b"".join(listed)
    return body + directory + ending(len(body), len(directory), count)


def beyond(said: int) -> bytes:
    """An archive with a member of 20 MB that says it is smaller."""
    kernel = kernel_of(KERNEL)
    return archive(with_victim(replace(kernel, name=VICTIM, both=kernel.both | {"size": said})))


def shallow_bombs(count: int) -> bytes:
    """Members of 1 kB, each of which inflates to 1 MB, as much as a picture may have, and honestly says so."""
    one = deflated(b"", bytes(1 << 20))
    return archive([*sound(), *(replace(one, name=b"0/0/x%d.png" % number) for number in range(count))])


def nested(depth: int) -> bytes:
    """An archive whose only pictures are archives, of archives."""
    inner = archive(sound())
    for _ in range(depth):
        inner = archive([Member(b"%d/%d/0.png" % (digit, digit), inner) for digit in range(10)])
    return inner


def cut(share: float) -> bytes:
    """The first part of an honest archive."""
    data = archive(sound())
    return data[: int(len(data) * share)]


def _writes(make: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(make())


def _lies(words: str, *, whole: bool = True, **lies: object) -> Case:
    return Case(_writes(partial(lying, **lies)), words, whole)


def _ends(words: str, end: End) -> Case:
    return Case(_writes(lambda: archive(sound(), end)), words)


def _named(name: bytes, words: str, **lies: object) -> Case:
    return Case(_writes(lambda: archive(sound(replace(Member(name, PNG), **lies)))), words)


LEADS_OUT, UNSOUND = "leads out of the archive", "is no sound ZIP"
HEADER = "own header or descriptor says something else"
DESCRIPTOR = struct.pack("<4s3I", b"PK\7\10", zlib.crc32(PNG), len(PNG), len(PNG))
SMALL = {
    "all point at one kernel": Case(_writes(partial(overlapping, 200, quoted=False)), "overlaps another"),
    "each quotes the next": Case(_writes(partial(overlapping, 200, quoted=True)), "overlaps another"),
    "a member of 20 MB that says 3 kB": Case(
        _writes(partial(beyond, 3000)), "inflates to another size", False),
    "2,000 members that each inflate 1,000-fold": Case(_writes(partial(shallow_bombs, 2000)), "promises too much"),
    "archives in archives": Case(_writes(partial(nested, 2)), "no image of any digit is left"),
    "encrypted": _lies("is encrypted", both={"flags": 1}),
    "encrypted, said by its own header only": _lies(HEADER, whole=False, local={"flags": 1}),
    "two of one name": _named(VICTIM, "is there twice"),
    "two of one name, in two alphabets": Case(
        _writes(lambda: archive(sound(Member(b"3/\x81.png", PNG),
                                      Member("3/ü.png".encode(), PNG, both={"flags": 0x800})))), "is there twice"),
    "a symbolic link": _lies("is a symbolic link", entry={"external": 0o120777 << 16}),
    "an absolute name": _named(b"/3/9.png", LEADS_OUT),
    "a name with ..": _named(b"3/../../9.png", LEADS_OUT),
    "a name with a drive": _named(b"C:/3/9.png", LEADS_OUT),
    "a name with backslashes": _named(b"3\\..\\..\\9.png", LEADS_OUT),
    "a name with NUL": _named(b"3/3/9.png\0.txt", "has a name with NUL in it"),
    "no name": _named(b"", "has no name"),
    "a name of 64 kB": _named(b"3/3/" + b"x" * 65_000 + b".png", "a name of more than 4,096 bytes"),
    "a name that is no UTF-8": _named(b"3/\xff.png", UNSOUND, both={"flags": 0x800}),
    "another name at its place": Case(
        _writes(lambda: archive(sound()).replace(VICTIM, b"3/3/7.png", 1)), "has another name at its place", False),
    "a compression of its own": _lies("compressed by method 99", both={"method": 99}),
    "another compression in its header": _lies(HEADER, whole=False, local={"method": DEFLATED}),
    "a CRC-32 that is not its own": _lies("is damaged", whole=False, both={"crc": 1}),
    "another size in its header": _lies(HEADER, whole=False, local={"size": 1}),
    "a descriptor that lies": Case(_writes(partial(described, DESCRIPTOR[:-4] + bytes(4))), HEADER, False),
    "a descriptor that is not there": Case(_writes(partial(described, b"")), HEADER, False),
    "a place beyond the file": _lies("overlaps another", entry={"start": 0x7FFF0000}),
    "a place within another": _lies("overlaps another", entry={"start": 3}),
    "a member longer than the archive": _lies("overlaps another", entry={"stored": 0x7FFF0000}),
    "ZIP64 numbers that are not there": _lies("ZIP64 numbers are missing", entry={"size": 0xFFFFFFFF}),
    "ZIP64 numbers without bounds": _lies(
        "ZIP64 numbers are missing", entry={"start": 0xFFFFFFFF}, more=struct.pack("<2HQ", 1, 8, 1 << 63)),
    "an extra field beyond the end": _lies(UNSOUND, entry={"extra": 0xFFFF}),
    "fewer members than there are": _ends(UNSOUND, End(members=3)),
    "more members than there are": _ends(UNSOUND, End(members=21)),
    "65,535 members that are not there": _ends(UNSOUND, End(members=0xFFFF)),
    "2⁶⁴ members": _ends("is too large", End(members=0xFFFF, wide={"count": (1 << 64) - 1})),
    "two ends that differ": _ends(UNSOUND, End(wide={"count": 19})),
    "a ZIP64 record beyond the end": _ends(UNSOUND, End(wide={"at": 1 << 62})),
    "a ZIP64 record of another length": _ends(UNSOUND, End(wide={"length": 1 << 40})),
    "a directory of 4 GB": _ends(UNSOUND, End(size=0xFFFFFFFE)),
    "a directory elsewhere": _ends(UNSOUND, End(start=17)),
    "a comment that is cut off": _ends(UNSOUND, End(comment=b"x", said=9)),
    "an end within its comment": _ends(UNSOUND, End(comment=b"PK\5\6" + bytes(30))),
    "bytes before it": Case(_writes(lambda: b"#!/bin/sh\n" + archive(sound())), UNSOUND),
    "bytes after it": Case(_writes(lambda: archive(sound()) + b"x"), UNSOUND),
    "half of it": Case(_writes(partial(cut, 0.5)), UNSOUND),
    "all but its last byte": Case(_writes(lambda: archive(sound())[:-1]), UNSOUND),
}  # fmt: skip
MILLION, STRAY = 1_000_000, "too many files in its digit folders that are no pictures"
LARGE = {
    "a member of 1 GB in 1 MB": Case(_writes(lambda: archive(with_victim(deflated(VICTIM, bytes(10**9))))),
                                     "It is too large", False),
    "5,000,000 tiny members": Case(partial(many, count=5 * MILLION), "is too large"),
    "5,000,000 that say they are 12": Case(partial(many, count=5 * MILLION, end=End(members=12)), "is too large"),
    "1,000,001 members, the last encrypted": Case(
        partial(many, count=MILLION, last=Member(VICTIM, PNG, both={"flags": 1})), "is encrypted"),
    "1,000,001 members, the last a second": Case(
        partial(many, count=MILLION, last=Member(b"0/0/00000000.png", PNG)), "is there twice"),
    "1,000,001 members, the last overlapping": Case(
        partial(many, count=MILLION, last=Member(VICTIM, PNG, entry={"start": 1})), "overlaps another"),
    "70,000 members, 65,535 in its end": Case(
        partial(many, count=70_000, end=End(members=65_535, wide={"count": 65_535})), UNSOUND),
    "2,000 names of 64 kB": Case(_writes(lambda: archive(
        Member(b"3/3/%d" % number + b"x" * 65_000, b"") for number in range(2000))), "is too large|more than 4,096"),
    "1,000,000 notes in a digit's folder": Case(
        partial(many, count=MILLION, name=b"0/0/00000000.txt"), STRAY),
    "1,000,000 folders in a digit's folder": Case(
        partial(many, count=MILLION, name=b"0/00000000/y.png"), STRAY),
    "100,000 members that each inflate 1,000-fold": Case(
        _writes(partial(shallow_bombs, 100_000)), "promises too much"),
}  # fmt: skip
