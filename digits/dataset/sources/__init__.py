"""Where digits come from: folders, ZIPs, arrays, tables, pen strokes, drawings, the starter set, other data sets.

Each source is one small object that can be counted and iterated, and knows nothing of what a data set is. What is
downloaded (`downloads`) lies on the disk as one of these before it is opened.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from digits.dataset.paths import Picture
from digits.dataset.sources.archive import Archive
from digits.dataset.sources.arrays import Arrays
from digits.dataset.sources.drawings import Drawings
from digits.dataset.sources.fitted import Fitted
from digits.dataset.sources.folder import Folder
from digits.dataset.sources.idx import is_idx, read_idx
from digits.dataset.sources.packed import read_packed
from digits.dataset.sources.pen import Strokes
from digits.dataset.sources.starter import Starter
from digits.dataset.sources.table import Table
from digits.errors import SourceError
from digits.files import Json

STARTER, DRAWINGS = "starter", "drawings"
KINDS = "a folder or a ZIP of digit folders, IDX images, a .csv, an .npz or a .json.gz of strokes"


class Source(Protocol):
    """Handwritten digits, one after another, digit by digit, each digit's in the order in which a person counts.

    `kind` is a word, `origin` says where they come from, `licence` what may be done with them (empty if unknown),
    `ignored` how many files lie outside the digit folders, and `details` what else the report keeps.
    """

    kind: str
    origin: str
    licence: str
    ignored: int
    details: Json

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Picture]: ...


def open_source(text: str | Path, *, labels: str | Path | None = None, fit: bool = False) -> Source:
    """Return the source that `text` names: "starter", "drawings", a folder or a file, whose kind its name tells.

    `labels` names the labels of IDX images that have no usual name. With `fit`, pictures of other sizes than 28×28
    are made so. Raises `SourceError`, and `UsageError` where no picture can be fitted.
    """
    source = _open(text, labels)
    return Fitted(source) if fit else source


def _open(text: str | Path, labels: str | Path | None) -> Source:
    if text == STARTER:
        return Starter()
    if text == DRAWINGS:
        return Drawings()
    path = Path(text)
    try:
        if path.is_dir():
            return Folder(path)
        if path.is_file():
            return _file(path, Path(labels) if labels else None)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read", received=error.strerror) from error
    raise SourceError(f"{path} does not exist", expected=f'"{STARTER}", "{DRAWINGS}", {KINDS}')


def _file(path: Path, labels: Path | None) -> Source:
    name = path.name.lower()
    if labels or is_idx(name):
        return read_idx(path, labels)
    if name.endswith(".csv"):
        return Table(path)
    if name.endswith(".npz"):
        return read_packed(path)
    if name.endswith(".json.gz"):
        return Strokes(path)
    if name.endswith(".zip") or zipfile.is_zipfile(path):
        return Archive(path)
    raise SourceError(f"{path.name} is of no kind that is read here", expected=KINDS)


__all__ = ["DRAWINGS", "KINDS", "STARTER", "Arrays", "Source", "open_source"]
