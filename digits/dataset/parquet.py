"""The tables of a data set, in Parquet with a checksum a page: what is known of each image, and what was refused."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from digits.errors import IntegrityError

GROUP_ROWS = 1 << 17  # written at a time
REJECTED = "rejected.parquet"

Rejected = list[tuple[str, str]]  # file and reason of each


class Hashes(Sequence[str]):
    """SHA-256 sums that lie one behind the other, 32 bytes each, as hexadecimal text."""

    def __init__(self, data: bytearray) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // 32

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            text = self._data[32 * start : 32 * stop].hex()
            return [text[at : at + 64] for at in range(0, len(text), 64)]
        return self._data[32 * rows : 32 * rows + 32].hex()


def write_table(path: Path, columns: Mapping[str, Sequence[object]]) -> None:
    """Write `columns` of texts, and numbers in *label*, to `path`, and see to it that they are on the disk."""
    import pyarrow
    from pyarrow import parquet

    kinds = {"label": pyarrow.int64()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in columns])
    rows = len(next(iter(columns.values())))
    with path.open("wb") as file:
        with parquet.ParquetWriter(file, schema, write_page_checksum=True) as writer:
            for start in range(0, max(rows, 1), GROUP_ROWS):  # a million names and hashes are never there twice
                part = [_column(columns[name][start : start + GROUP_ROWS], name in kinds) for name in columns]
                writer.write_table(pyarrow.Table.from_arrays(part, schema=schema))
        sync(file)


def read_column(path: Path, column: str, *, of: str, required: bool = True) -> Any:
    """Return a column of the table at `path`, which is part of `of`; None where it need not be there and is not.

    Raises `IntegrityError`.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:  # read_table would import pandas
            if not required and column not in file.schema_arrow.names:
                return None
            return file.read(columns=[column], use_threads=False).column(column)
    except (pyarrow.ArrowException, KeyError, OSError, ValueError) as error:  # ValueError: names of no letters
        raise IntegrityError(f"{path.name} of {of} cannot be read", received=error) from error


def write_rejected(folder: Path, rejected: Rejected) -> None:
    """Write the list of what was refused into `folder`."""
    files, reasons = ([row[column] for row in rejected] for column in (0, 1))
    write_table(folder / REJECTED, {"file": files, "reason": reasons})


def read_rejected(folder: Path, of: str) -> Rejected:
    """Return the list in `folder` of what the build of `of` refused. Raises `IntegrityError`."""
    files, reasons = (read_column(folder / REJECTED, name, of=of).to_pylist() for name in ("file", "reason"))
    return list(zip(files, reasons, strict=True))


def _column(values: Sequence[Any], numbers: bool) -> Any:
    """Return numbers, or texts, as Arrow keeps them (https://arrow.apache.org/docs/format/Columnar.html).

    Given lists, pyarrow imports pandas to look at them, which takes longer than to write them.
    """
    import pyarrow

    if numbers:
        data = pyarrow.py_buffer(np.array(values, np.int64))
        return pyarrow.Array.from_buffers(pyarrow.int64(), len(values), [None, data])
    texts = [text.encode() for text in values]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    return pyarrow.StringArray.from_buffers(len(texts), pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(texts)))


def sync(file: BinaryIO) -> None:
    """See to it that what was written to `file` is on the disk."""
    file.flush()
    os.fsync(file.fileno())
