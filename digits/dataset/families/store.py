"""Families as a data set keeps them: columns of its index, and `families.json`, which says where from.

family, change   of each image: the family, from 0, and how far it was moved from its family's mean, in pixels
found            the family before a person said anything
families.json    {"by": "search" | "source", "index": SHA-256 of the column, "found": what the search found, …}
words.json       what people said of them, in their order (`digits.dataset.families.words`)

A search and a person may write at once, and each may die between two files. So whoever reads in order to write holds
`families.lock`, and what is going to be said lies in `families.next.json` before the index is replaced. Where a
writer died, the column tells whether it was replaced: then the files follow it, else nothing has happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError, NotFoundError
from digits.files import Json, Lock, locked, read_json, replace, sha256, write_json

ABOUT, WORDS, NEXT, LOCK = "families.json", "words.json", "families.next.json", "families.lock"
Reals = NDArray[np.floating[Any]]


@contextmanager
def writing(dataset: Dataset) -> Iterator[None]:
    """Be the only writer of the families of `dataset` inside the block, and see what others wrote before.

    Raises `NotFoundError` if the data set goes meanwhile, and `ConflictError` if another writer does not end.
    """
    try:
        with locked(dataset.folder / LOCK):
            _settle(dataset)
            yield
    except FileNotFoundError as error:
        raise NotFoundError(f"The data set {dataset.name} is not there any more") from error


def keep(
    dataset: Dataset, families: NDArray[np.integer[Any]], about: Json, changes: Reals | None = None,
    found: NDArray[np.integer[Any]] | None = None,
) -> None:  # fmt: skip
    """Keep the family (n,) from 0 of each image of `dataset`, and what `about` says of them: older ones are gone.

    `changes` (n,) are in pixels, `found` (n,) the families before people said anything; without them those that are
    there stay.
    """
    columns = {name: values for name, values in (("change", changes), ("found", found)) if values is not None}
    with writing(dataset):
        write(dataset, families, about, columns=columns)


def write(
    dataset: Dataset, families: NDArray[np.integer[Any]], about: Json, *,
    columns: dict[str, NDArray[Any]] | None = None, said: Sequence[Json] | None = None,
) -> None:  # fmt: skip
    """Keep `families` as `keep` does, with the `columns` change and found, for who is `writing` already.

    `said` are all words of people from now on; by default they stay what they are.
    """
    if families.shape != dataset.labels.shape or (families < 0).any():
        raise ValueError(f"families {families.shape} for {dataset.labels.shape} images")
    kinds = {"change": np.float32, "found": np.int64}
    kept = {name: values.astype(kinds[name]) for name, values in (columns or {}).items()}
    wanted = {"about": {**about, "index": _hash(families)}, "words": None if said is None else list(said)}
    write_json(dataset.folder / NEXT, wanted)
    _set_columns(dataset, {"family": families.astype(np.int64), **kept})
    _follow(dataset, wanted)


def _follow(dataset: Dataset, wanted: Json) -> None:
    """Let the other files say what was `wanted` when the index was replaced."""
    path = dataset.folder / WORDS
    if wanted["words"]:
        write_json(path, {"words": wanted["words"]})
    elif wanted["words"] is not None:
        path.unlink(missing_ok=True)
    write_json(dataset.folder / ABOUT, wanted["about"])
    (dataset.folder / NEXT).unlink(missing_ok=True)


def _settle(dataset: Dataset) -> None:
    """Bring to its end what a dead writer began, or forget it where the index is still the old one."""
    path = dataset.folder / NEXT
    if not path.exists():
        return
    families = dataset.families
    with suppress(IntegrityError, KeyError, TypeError):  # what is damaged says nothing
        wanted = read_json(path)
        if families is not None and wanted["about"]["index"] == _hash(families):
            _follow(dataset, wanted)
    path.unlink(missing_ok=True)


def _set_columns(dataset: Dataset, columns: dict[str, NDArray[Any]]) -> None:
    import pyarrow
    from pyarrow import parquet

    path = dataset.folder / "index.parquet"
    with parquet.ParquetFile(path) as file:
        table = file.read(use_threads=False)
    table = table.drop_columns([name for name in columns if name in table.column_names])
    for name, values in columns.items():
        table = table.append_column(name, pyarrow.array(values))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink, write_page_checksum=True)
    replace(path, sink.getvalue().to_pybytes())


def families_of(dataset: Dataset) -> NDArray[np.int64] | None:
    """Return the family (n,) of each image; None while they are unknown. Raises `IntegrityError`."""
    try:
        return read(dataset)
    except IntegrityError:
        with writing(dataset):  # somebody was between the index and what it says of it
            return read(dataset)


def read(dataset: Dataset) -> NDArray[np.int64] | None:
    """Return what `families_of` does, for who is `writing` already."""
    families = dataset.families
    if families is None:
        return None
    said = about(dataset)
    if said.get("index") != _hash(families):
        again = f"Find them again: python -m digits families {dataset.name}"
        raise IntegrityError(f"The families of {dataset.name} are others than those that were kept",
                             do="Build the data set again." if said.get("by") == "source" else again)  # fmt: skip
    return families


def about(dataset: Dataset) -> Json:
    """Return what is known of the families; an empty object while they are unknown. Raises `IntegrityError`."""
    if (dataset.folder / NEXT).exists():
        _settle_left(dataset)
    path = dataset.folder / ABOUT
    return read_json(path) if path.exists() else {}


def _settle_left(dataset: Dataset) -> None:
    """Settle what a dead writer left; a living one is left alone, and what is there is what it found there."""
    try:
        lock = Lock(dataset.folder / LOCK)
    except FileNotFoundError:  # the data set has gone
        return
    try:
        if lock.acquire(wait_seconds=0):
            _settle(dataset)
    finally:
        lock.close()


def counts(families: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]]) -> Json:
    """Return how many `families` there are, the size of the largest, and how many each digit has."""
    digit_of = np.unique(np.stack([labels, families]), axis=1)[0]
    per_digit = {str(digit): int((digit_of == digit).sum()) for digit in np.unique(labels)}
    return {"families": len(np.unique(families)), "largest": int(np.bincount(families).max()),
            "per_digit": per_digit}  # fmt: skip


def _hash(families: NDArray[np.integer[Any]]) -> str:
    return sha256(families.astype("<i8").tobytes())
