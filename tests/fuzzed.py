"""What must hold of files that hypothesis thinks of: each is read, or refused in a sentence.

A property fails by any error that is not the lab's own, and by pixels that Pillow does not see in the same file.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from digits import drawings
from digits.dataset.build import build
from digits.dataset.sources import open_source
from digits.errors import DigitsError
from digits.images import png
from digits.settings import part
from tests import factory
from tests.dataset.sources import made
from tests.fuzzed_files import arrays, folders, idx_files, pngs, stroke_files, tables, zips


def reads_png(data: bytes) -> None:
    """Read a PNG between two sound ones, which must come through."""
    sound = factory.png()
    images, refused = png.decode([sound, data, sound])
    assert [place for place, _ in refused] in ([], [1])
    assert len(images) == 3 - len(refused)
    assert np.array_equal(images[0], images[-1])
    if not refused:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            assert np.array_equal(images[1], np.asarray(image.convert("RGBA")))


def builds(name: str) -> Callable[[bytes], None]:
    """Return the property that a file of that `name` becomes a data set, or is refused and leaves nothing."""

    def reads(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            if "images-idx3" in name:
                path.with_name("labels-idx1-ubyte").write_bytes(made.idx(made.LABELS))
            _build(path)

    return reads


def builds_folder(files: dict[str, bytes]) -> None:
    """Build a folder of `files`, as far as a file can be called so."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        for name, data in files.items():
            try:
                factory.folder(root, {name: data})
            except (OSError, ValueError):  # no file is called so
                continue
        _build(root)


def reads_strokes(data: bytes) -> None:
    """Build a data set of strokes, and keep them as drawings."""
    builds("x.json.gz")(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.json.gz"
        path.write_bytes(data)
        before = len(drawings.all_drawings())
        try:
            drawings.add(path)
        except DigitsError:
            assert len(drawings.all_drawings()) == before, "all or none"
        drawings.delete(one.id for one in drawings.all_drawings())


def _build(path: Path) -> None:
    staging = part("builds") / "fuzzed"
    try:
        report = build(open_source(path), "fuzzed", staging=staging)
    except DigitsError:
        assert not staging.exists() or not any(staging.iterdir()), "what was refused left something"
    else:
        assert report["images"] >= 1
    shutil.rmtree(part("datasets") / "fuzzed", ignore_errors=True)


class Fuzz(NamedTuple):
    """A reader: what it is given, and what must hold of it."""

    given: Callable[[], st.SearchStrategy[Any]]
    holds: Callable[[Any], None]


READERS = {
    "png": Fuzz(pngs, reads_png),
    "zip": Fuzz(zips, builds("x.zip")),
    "folder": Fuzz(folders, builds_folder),
    "csv": Fuzz(tables, builds("x.csv")),
    "idx": Fuzz(idx_files, builds("images-idx3-ubyte")),
    "npz": Fuzz(arrays, builds("x.npz")),
    "strokes": Fuzz(stroke_files, reads_strokes),
}
