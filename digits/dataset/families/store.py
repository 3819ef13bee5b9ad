"""Families as a data set keeps them: the column `family` of its index, and `families.json`, which says where from.

families.json   {"by": "search" | "source", "index": SHA-256 of the column, …}   whatever else is known of them
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError
from digits.files import Json, read_json, replace, sha256, write_json

ABOUT = "families.json"


def keep(dataset: Dataset, families: NDArray[np.integer[Any]], about: Json) -> None:
    """Keep the family (n,) from 0 of each image of `dataset`, and what `about` says of them: older ones are gone."""
    import pyarrow
    from pyarrow import parquet

    if families.shape != dataset.labels.shape or (families < 0).any():
        raise ValueError(f"families {families.shape} for {dataset.labels.shape} images")
    path = dataset.folder / "index.parquet"
    with parquet.ParquetFile(path) as file:
        table = file.read(use_threads=False)
    if "family" in table.column_names:
        table = table.drop_columns(["family"])
    table = table.append_column("family", pyarrow.array(families.astype(np.int64)))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink)
    replace(path, sink.getvalue().to_pybytes())
    write_json(dataset.folder / ABOUT, {**about, "index": _hash(families)})


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


def _hash(families: NDArray[np.integer[Any]]) -> str:
    return sha256(families.astype("<i8").tobytes())
