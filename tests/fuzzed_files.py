"""Files that hypothesis thinks of: sound ones with some edits, and ones put together from parts that need not fit."""

from __future__ import annotations

import gzip
import io
import json
import struct
import warnings
import zipfile
import zlib
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests import factory
from tests.dataset.sources import made

Edit = tuple[str, float, int, bytes]
EDITS = st.lists(
    st.tuples(st.sampled_from(("flip", "set", "cut", "drop", "insert", "double")), st.floats(0, 1, exclude_max=True),
              st.integers(0, 255), st.binary(max_size=12)),
    min_size=1, max_size=6,
)  # fmt: skip
KINDS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"tEXt", b"gAMA", b"acTL", b"fdAT", b"iCCP", b"sRGB", b"XXXX")
NAMES = st.one_of(
    st.sampled_from(("3/a.png", "3/3/b.png", "/3/a.png", "../3/a.png", "3/../../a.png", "3\\a.png", "3/", "C:3/a.png",
                     "9/9/9/9.png", "11/a.png", "3/.png", "3/a.PNG", "__MACOSX/3/a.png")),
    st.text(max_size=20),
)  # fmt: skip


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Return `data` after some edits, each at a share of its length."""
    for kind, share, value, more in edits:
        place = int(share * len(data))
        data = {
            "flip": lambda d, p, v, m: d[:p] + bytes([d[p] ^ (1 << v % 8)]) + d[p + 1 :] if d else d,
            "set": lambda d, p, v, m: d[:p] + bytes([v]) + d[p + 1 :],
            "cut": lambda d, p, v, m: d[:p],
            "drop": lambda d, p, v, m: d[:p] + d[p + v :],
            "insert": lambda d, p, v, m: d[:p] + m + d[p:],
            "double": lambda d, p, v, m: d[: p + v] + d[p:],
        }[kind](data, place, value, more)
    return data


def edits_of(*sound: bytes) -> st.SearchStrategy[bytes]:
    """Return edits of one of the `sound` files."""
    return st.builds(edited, st.sampled_from(sound), EDITS)


def _chunks(parts: list[tuple[bytes, bytes]]) -> bytes:
    return factory.assembled(*(factory.chunk(kind, content) for kind, content in parts))


@cache
def sound_pngs() -> tuple[bytes, ...]:
    """Return a file of each kind that is read."""
    image = Image.fromarray(factory.pixels())
    kinds = [image.convert(mode) for mode in ("L", "LA", "RGB", "P", "1")]
    return (factory.png(), *(factory.saved(one) for one in kinds))


def _contents() -> st.SearchStrategy[bytes]:
    """Return what a chunk may hold: a header of any sizes, rows that inflate to any length, or anything."""
    sizes = st.sampled_from((28, 28, 28, 27, 0, 2**31 - 1, 2**32 - 1))
    headers = st.builds(
        lambda wide, high, depth, colour, rest: struct.pack(">II", wide, high) + bytes([depth, colour, *rest]),
        sizes, sizes, st.sampled_from((1, 2, 4, 8, 16, 3)), st.integers(0, 7),
        st.lists(st.integers(0, 1), min_size=3, max_size=3),
    )  # fmt: skip
    lengths = st.sampled_from((28 * 29, 28 * 57, 28 * 85, 28 * 113, 28 * 5, 0, 10**5))
    rows = st.builds(lambda length, fill: zlib.compress(bytes([fill]) * length), lengths, st.integers(0, 255))
    return st.one_of(headers, rows, st.binary(max_size=40), st.binary(min_size=768, max_size=768))


def pngs() -> st.SearchStrategy[bytes]:
    """Return PNG files."""
    parts = st.lists(st.tuples(st.sampled_from(KINDS), _contents()), max_size=6).map(_chunks)
    return st.one_of(edits_of(*sound_pngs()), parts)


def _zip(members: list[tuple[str, bytes, bool]]) -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two of one name
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content, deflated in members:
                info = zipfile.ZipInfo(name or "x")
                info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
                archive.writestr(info, content)
    return packed.getvalue()


def zips() -> st.SearchStrategy[bytes]:
    """Return ZIP files."""
    whole = [(name, data, number % 2 == 0) for number, (name, data) in enumerate(factory.digit_files(1).items())]
    members = st.tuples(NAMES, st.one_of(st.sampled_from(sound_pngs()), st.binary(max_size=30)), st.booleans())
    some = st.lists(members, max_size=5)
    return st.one_of(edits_of(_zip(whole)), some.map(_zip), some.map(lambda more: _zip([*whole, *more])))


def tables() -> st.SearchStrategy[bytes]:
    """Return CSV files."""
    head = "label," + ",".join(f"pixel{column}" for column in range(784))
    lines = [f"{digit}," + ",".join(str((digit * column) % 256) for column in range(784)) for digit in range(10)]
    return edits_of("\n".join([head, *lines]).encode())


def idx_files() -> st.SearchStrategy[bytes]:
    """Return IDX files of images, whose labels are sound; plain, for the gzip is fuzzed by the strokes."""
    shapes = st.lists(st.sampled_from((0, 1, 28, 30, 2**16, 2**31, 2**32 - 1)), max_size=4).map(tuple)
    promised = st.builds(lambda shape, kind: made.idx(made.INK, shape=shape or None, kind=kind), shapes,
                         st.integers(0, 255))  # fmt: skip
    return st.one_of(edits_of(made.idx(made.INK)), promised)


def arrays() -> st.SearchStrategy[bytes]:
    """Return `.npz` files."""
    dtypes = st.sampled_from(("u1", "i8", "f4", "?", "U3", "M8[s]", "c8", "V4"))
    shapes = st.lists(st.sampled_from((0, 1, 3, 10, 28, 784)), max_size=4).map(tuple)
    array = st.builds(lambda dtype, shape: np.zeros(shape if np.prod(shape) < 10**5 else (1,), dtype), dtypes, shapes)
    names = st.sampled_from(("images", "labels", "x_train", "y_train", "x", "../x", ""))
    return st.one_of(edits_of(_npz({"images": made.INK, "labels": made.LABELS})),
                     st.dictionaries(names, array, max_size=4).map(_npz))  # fmt: skip


def _npz(arrays: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **{name: value for name, value in arrays.items() if name})
    return packed.getvalue()


def stroke_files() -> st.SearchStrategy[bytes]:
    """Return `.json.gz` files: JSON of any shape under the names that count, and edits before and after packing."""
    numbers = st.one_of(st.integers(), st.floats(), st.sampled_from((True, 10**400, 1e308, -0.0)))
    leaves = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5))
    anything = st.recursive(leaves, _around, max_leaves=12)
    points = st.lists(st.one_of(st.lists(numbers, min_size=2, max_size=2), anything), max_size=4)
    entry = st.fixed_dictionaries(
        {"digit": st.one_of(st.integers(-1, 10), anything), "writer": st.one_of(st.text(max_size=8), anything),
         "strokes": st.one_of(st.lists(points, max_size=3), anything)},
        optional={"pen": st.one_of(st.floats(1, 40), anything), "canvas": st.one_of(st.integers(0, 2000), anything)},
    )  # fmt: skip
    content = st.one_of(st.fixed_dictionaries({"digits": st.one_of(st.lists(entry, max_size=4), anything)}), anything)
    text = content.map(lambda value: json.dumps(value).encode())
    packed = st.one_of(text, edits_of(json.dumps({"digits": _drawn()}).encode())).map(_gzipped)
    return st.one_of(packed, edits_of(_gzipped(json.dumps({"digits": _drawn()}).encode())))


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3))


def _drawn() -> list[dict[str, Any]]:
    return [{"digit": digit, "writer": "w", "strokes": [[[0, 0], [3, 40 + digit]]]} for digit in range(10)]


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def folders() -> st.SearchStrategy[dict[str, bytes]]:
    """Return the files of a folder by name."""
    content, whole = st.one_of(st.sampled_from(sound_pngs()), st.binary(max_size=30)), factory.digit_files(1)
    return st.dictionaries(NAMES, content, max_size=6).map(lambda more: {**whole, **more})
