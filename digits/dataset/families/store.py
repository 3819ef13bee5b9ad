"""Families as a data set keeps them: columns of its index, and `families.json`, which says where from.

family, change   of each image: the family, from 0, and how far it was moved from its family's mean, in pixels
found            the family before a person said anything
families.json    {"by": "search" | "source", "index": SHA-256 of the column, "found": what the search found, …}
words.json       what people said of them, in their order (`digits.dataset.families.words`)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError
from digits.files import Json, read_json, replace, sha256, write_json

ABOUT = "families.json"
Reals = NDArray[np.floating[Any]]


def keep(
    dataset: Dataset, families: NDArray[np.integer[Any]], about: Json, changes: Reals | None = None,
    found: NDArray[np.integer[Any]] | None = None,
) -> None:  # fmt: skip
    """Keep the family (n,) from 0 of each image of `dataset`, and what `about` says of them: older ones are gone.

    `changes` (n,) are in pixels, `found` (n,) the families before people said anything; without them those that are
    there stay.
    """
    if families.shape != dataset.labels.shape or (families < 0).any():
        raise ValueError(f"families {families.shape} for {dataset.labels.shape} images")
    columns: dict[str, NDArray[Any]] = {"family": families.astype(np.int64)}
    if changes is not None:
        columns["change"] = changes.astype(np.float32)
    if found is not None:
        columns["found"] = found.astype(np.int64)
    _set_columns(dataset, columns)
    write_json(dataset.folder / ABOUT, {**about, "index": _hash(families)})


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
    parquet.write_table(table, sink)
    replace(path, sink.getvalue().to_pybytes())


def families_of(dataset: Dataset) -> NDArray[np.int64] | None:
    """Return the family (n,) of each image; None while they are unknown. Raises `IntegrityError`."""
    families = dataset.families
    if families is None:
        return None
    if about(dataset).get("index") != _hash(families):
        raise IntegrityError(f"The families of {dataset.name} are others than those that were kept",
                             do=f"Find them again: python -m digits families {dataset.name}")  # fmt: skip
    return families


def about(dataset: Dataset) -> Json:
    """Return what is known of the families; an empty object while they are unknown."""
    path = dataset.folder / ABOUT
    return read_json(path) if path.exists() else {}


def counts(families: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]]) -> Json:
    """Return how many `families` there are, the size of the largest, and how many each digit has."""
    digit_of = np.unique(np.stack([labels, families]), axis=1)[0]
    per_digit = {str(digit): int((digit_of == digit).sum()) for digit in np.unique(labels)}
    return {"families": len(np.unique(families)), "largest": int(np.bincount(families).max()),
            "per_digit": per_digit}  # fmt: skip


def _hash(families: NDArray[np.integer[Any]]) -> str:
    return sha256(families.astype("<i8").tobytes())
