"""A data set as one table in one file: the notebook's `Digits.csv`, or the same as Parquet.

The CSV is byte for byte what `DataFrame.to_csv` writes of these rows, at many times its speed: two neighbouring
pixels are looked up as eight bytes of text, and the bytes that a shorter text leaves over are deleted at the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import ConflictError, DigitsError, NotFoundError, UsageError
from digits.files import Json

FORMS = ("csv", "parquet")
CSV_ROWS = 128  # so that a chunk and its text, 3 MB, fit into a cache
PARQUET_ROWS = 16_384  # of a row group: each costs 3,138 entries in the footer, and 51 MB of memory
INDEX_WORDS = 3  # of eight bytes, so 24 figures
WITHOUT_FIRST_BYTE = np.uint64(0xFFFFFFFFFFFFFF00)

Progress = Callable[[int, int], None]
Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a data set is written: *csv* or *parquet*, with the index column or not, shuffled or row by row.

    `shuffle_seed` gives the order of `frame.sample(frac=1, random_state=seed)`; the index keeps the row in the data
    set, as there.
    """

    kind: str
    index: bool = True
    shuffle_seed: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in FORMS:
            raise UsageError("Unknown form", expected=" or ".join(FORMS), received=repr(self.kind))
        if self.shuffle_seed is not None and not 0 <= self.shuffle_seed < 2**32:
            raise UsageError("The seed is out of bounds", expected="0 to 4294967295", received=self.shuffle_seed)

    def order(self, images: int) -> Rows:
        """Return the rows (images,) in the order in which they are written."""
        if self.shuffle_seed is None:
            return np.arange(images)
        return np.random.RandomState(self.shuffle_seed).permutation(images)


def export(
    dataset: Dataset,
    path: Path,
    *,
    form: Form,
    overwrite: bool = False,
    progress: Progress = lambda done, total: None,
) -> Json:
    """Write `dataset` to `path`, which appears whole or not at all, and return what was written.

    `progress` gets the rows done and their number, and may raise `StoppedError`. Raises `ConflictError` if the file
    exists, `NotFoundError` for a folder that does not, `IntegrityError` if the images are not those that were built.
    """
    _check_target(path, overwrite)
    started = time.monotonic()
    dataset.check()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            _write(file, dataset, form, progress)
            file.flush()
            os.fsync(file.fileno())
        _check_target(path, overwrite)  # somebody else may have been faster
        temporary.replace(path)
    except OSError as error:
        raise DigitsError(f"{path} cannot be written", received=error.strerror or error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return {"dataset": dataset.name, "file": str(path), "rows": len(dataset.images),
            "bytes": path.stat().st_size, "seconds": round(time.monotonic() - started, 3)}  # fmt: skip


def _check_target(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", expected="the name of a file")
    if not path.parent.is_dir():
        raise NotFoundError(f"There is no folder {path.parent}", do="Make it first.")
    if path.exists() and not overwrite:
        raise ConflictError(f"{path} exists", do="Choose another name, or say --overwrite.")


def _write(file: BinaryIO, dataset: Dataset, form: Form, progress: Progress) -> None:
    order = form.order(len(dataset.images))
    write = _write_csv if form.kind == "csv" else _write_parquet
    progress(0, len(order))
    for done in write(file, dataset, order, form.index):
        progress(done, len(order))


def _chunks(order: Rows, rows: int) -> Iterator[Rows]:
    for start in range(0, len(order), rows):
        yield order[start : start + rows]


def _pixels(dataset: Dataset, rows: Rows) -> NDArray[np.uint8]:
    return np.ascontiguousarray(dataset.images[rows]).reshape(len(rows), 3136)


def _write_csv(file: BinaryIO, dataset: Dataset, order: Rows, index: bool) -> Iterator[int]:
    """Write the table and yield the rows done."""
    file.write(csv_header(index))
    done = 0
    for rows in _chunks(order, CSV_ROWS):
        file.write(csv_lines(_pixels(dataset, rows), dataset.labels[rows], rows if index else None))
        done += len(rows)
        yield done


def csv_header(index: bool) -> bytes:
    """Return the first line: an index without a name, the columns 0 … 3135, digit."""
    return ("," * index + ",".join([*map(str, range(3136)), "digit"]) + "\n").encode()


def csv_lines(pixels: NDArray[np.uint8], labels: NDArray[np.int64], index: Rows | None) -> bytes:
    """Return the lines of `pixels` (n, 3136) uint8, C-contiguous, and `labels` (n,) 0 … 9.

    Each begins with its number in `index` (n,) int64, or with its first pixel.
    """
    pairs, ends = _texts()
    words = np.zeros((len(pixels), INDEX_WORDS + 1568 + 1), "<u8")
    words[:, INDEX_WORDS:-1] = pairs[pixels.view("<u2")]
    words[:, -1] = ends[labels]
    if index is None:
        words[:, INDEX_WORDS] &= WITHOUT_FIRST_BYTE
    else:
        words[:, :INDEX_WORDS] = index.astype(f"S{8 * INDEX_WORDS}").view("<u8").reshape(-1, INDEX_WORDS)
    return words.tobytes().translate(None, b"\0")


@cache
def _texts() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return `,a,b` for each pair of bytes (65536,) and the end of a line for each digit (10,), as eight bytes."""
    pairs = [f",{pair & 255},{pair >> 8}".encode() for pair in range(65536)]
    ends = [f",{digit}\n".encode() for digit in range(10)]
    return np.array(pairs, "S8").view("<u8"), np.array(ends, "S8").view("<u8")


def _write_parquet(file: BinaryIO, dataset: Dataset, order: Rows, index: bool) -> Iterator[int]:
    """Write the table and yield the rows done; pixels are uint8, the digit int64."""
    import pyarrow
    from pyarrow import parquet

    schema = _schema(index)
    done = 0
    plain = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}  # a third faster to write
    with parquet.ParquetWriter(file, schema, **plain) as writer:
        for rows in _chunks(order, PARQUET_ROWS):
            columns: list[Any] = list(np.ascontiguousarray(_pixels(dataset, rows).T))
            columns += [dataset.labels[rows], *([rows] if index else [])]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.table(arrays, schema=schema), row_group_size=PARQUET_ROWS)
            done += len(rows)
            yield done


def _schema(index: bool) -> Any:
    """Return the columns with pandas' notes on them, so that pandas finds its index again."""
    import pandas as pd
    import pyarrow

    line = pd.DataFrame(np.zeros((1, 3136), np.uint8), columns=[str(column) for column in range(3136)], index=[0])
    line["digit"] = np.zeros(1, np.int64)
    return pyarrow.Schema.from_pandas(line, preserve_index=index)
