"""A data set: a folder of the lab that appeared whole, and whose bytes can be checked.

The app opens one before its first paint, so that pandas and pyarrow are imported only where a table is read.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.parquet import read_column, read_rejected
from digits.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from digits.files import Json, canonical, read_json, sha256, write_json
from digits.settings import entries, part
from digits.text import given

BLOCK_ROWS, LONGEST_NOTE = 1_000, 2_000
REPORT = {"images": int, "per_digit": list, "rejected": int, "blocks": list, "fingerprint": str, "kind": str,
          "origin": str, "created": str}  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9_-])?")


def check_name(name: str) -> str:
    """Return `name` if a data set may be called so. Raises `UsageError`."""
    if NAME.fullmatch(name):
        return name
    raise UsageError(
        "A data set cannot be called that",
        expected="1 to 64 letters, digits, spaces or . _ -, first a letter or digit, last no space or dot",
        received=repr(name[:80]),
    )


def dataset_names() -> list[str]:
    """Return the names of the data sets that the lab holds, sorted; a link, which may lead out of it, is none."""
    found = (one for one in entries("datasets") if NAME.fullmatch(one.name) and not one.is_symlink())
    return sorted((one.name for one in found if Path(one.path, "report.json").is_file()), key=str.casefold)


def free(name: str) -> Path:
    """Return where a data set called `name` may appear. Raises `UsageError`, and `ConflictError` if that is taken."""
    target = part("datasets") / check_name(name)
    if name in dataset_names():
        raise ConflictError(f"There is a data set {name} already", do="Choose another name, or delete that one.")
    if os.path.lexists(target):
        raise ConflictError(f"datasets/{name} has that name, and is no data set", expected="report.json in it",
                            do="Choose another name, or remove that folder: where it is empty, "
                               "`python -m digits doctor --mend` does.")  # fmt: skip
    return target


def delete(name: str) -> None:
    """Delete a data set: it is gone at once, its files follow. Raises `NotFoundError`."""
    folder = Dataset.find(name)
    grave = folder.with_name(f".deleted-{time.time_ns()}")
    folder.rename(grave)
    shutil.rmtree(grave)


def rename(name: str, new: str) -> None:
    """Call a data set `new` from now on. Raises `NotFoundError`, `UsageError`, and `ConflictError` if it is taken."""
    folder = Dataset.find(name)
    if new == name:
        return
    target = free(new)
    try:
        folder.rename(target)
    except OSError:
        free(new)  # somebody may have been faster
        raise


def fingerprint(labels: NDArray[np.integer[Any]], blocks: Sequence[str]) -> str:
    """Return the SHA-256 that tells one data set from another: of `labels` (n,) and the hashes of its blocks."""
    return sha256(canonical({"labels": sha256(labels.astype("<i8").tobytes()), "blocks": list(blocks)}))


def _report(path: Path) -> Json:
    """Return what a build reported. Raises `IntegrityError` if that is damaged, and `FileNotFoundError`."""
    report = read_json(path, **REPORT)
    images, per_digit, blocks = report["images"], report["per_digit"], report["blocks"]
    counted = len(per_digit) == 10 and all(isinstance(count, int) for count in per_digit) and sum(per_digit) == images
    if not counted or len(blocks) != -(-images // BLOCK_ROWS):
        raise IntegrityError(f"{path.parent.name}/{path.name} is damaged",
                             expected="ten counts that add up to its images, and a hash of each thousand",
                             received=f"{images:,}, {str(per_digit)[:80]} and {len(blocks):,}")  # fmt: skip
    return report


@dataclass(frozen=True)
class Dataset:
    """The images, labels and report of one finished data set. `Dataset.open(name)` finds it."""

    name: str
    folder: Path
    report: Json

    @classmethod
    def open(cls, name: str) -> Dataset:
        """Return the data set of that name. Raises `NotFoundError`, and `IntegrityError` for a damaged report."""
        return cls._at(cls.find(name))

    @classmethod
    def _at(cls, folder: Path) -> Dataset:
        return cls(folder.name, folder, _report(folder / "report.json"))

    @classmethod
    def of(cls, name: str, fingerprint: str) -> Dataset:
        """Return the data set of that fingerprint: the one called `name`, or where it was renamed, any other.

        Raises `NotFoundError` if there is neither, and `IntegrityError` if another one has taken the name.
        """
        for one in sorted(dataset_names(), key=lambda one: one != name):
            with suppress(IntegrityError, FileNotFoundError):  # a damaged one is not the one that is looked for
                dataset = cls._at(part("datasets") / one)
                if dataset.fingerprint == fingerprint:
                    return dataset
        received = cls.open(name).fingerprint
        raise IntegrityError(f"The data set {name} is another one now", expected=fingerprint[:16],
                             received=received[:16], do="Start a new run on it.")  # fmt: skip

    @staticmethod
    def find(name: str) -> Path:
        """Return the folder of a data set, looked up among those that exist. Raises `NotFoundError`."""
        names = dataset_names()
        if name not in names:
            there = ", ".join(names[:20]) or "none: build one first"
            raise NotFoundError(f"There is no data set called {name[:80]!r}", expected=f"one of {there}")
        return part("datasets") / name

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the labels and the blocks of images."""
        return str(self.report["fingerprint"])

    @property
    def note(self) -> str:
        """What a person said of it."""
        path = self.folder / "note.json"
        return str(read_json(path).get("note", "")) if path.exists() else ""

    def describe(self, note: str) -> None:
        """Keep what a person says of it. Raises `UsageError` if it cannot be shown."""
        write_json(self.folder / "note.json", {"note": given(note, "description", most=LONGEST_NOTE, lines=True)})

    @cached_property
    def images(self) -> NDArray[np.uint8]:
        """(n, 28, 28, 4) uint8 RGBA, mapped from the file and read-only. Raises `IntegrityError`."""
        try:
            images: NDArray[np.uint8] = np.load(self.folder / "images.npy", mmap_mode="r")
        except (ValueError, OSError) as error:
            raise IntegrityError(f"The images of {self.name} cannot be read", received=error) from error
        expected = (self.report["images"], 28, 28, 4)
        if images.dtype != np.uint8 or images.shape != expected:
            received = f"{images.dtype} {images.shape}"
            raise IntegrityError(
                f"The images of {self.name} are others", expected=f"uint8 {expected}", received=received
            )
        return images

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """(n,) int64, 0 … 9, in the order of `images`. Raises `IntegrityError`."""
        column = self._column("index", "label").cast("int64").combine_chunks()
        # its own to_numpy would import pandas, which the app's first paint need not wait for: 0.3 s and 50 MB
        labels: NDArray[np.int64] = np.asarray(np.from_dlpack(column), np.int64)
        if len(labels) != self.report["images"]:
            expected = f"{self.report['images']} rows"
            raise IntegrityError(f"The index of {self.name} is another", expected=expected, received=len(labels))
        labels.flags.writeable = False
        return labels

    @property
    def families(self) -> NDArray[np.int64] | None:
        """(n,) int64 from 0: which drawing each image is a copy of; None while nobody has looked.

        `families.store.families_of` checks them too. Raises `IntegrityError`.
        """
        column = self._column("index", "family", required=False)
        return None if column is None else np.asarray(np.from_dlpack(column.cast("int64").combine_chunks()), np.int64)

    @property
    def found_families(self) -> NDArray[np.int64] | None:
        """(n,) int64: the families before a person said anything of them; None where nobody did."""
        column = self._column("index", "found", required=False)
        return None if column is None else np.asarray(np.from_dlpack(column.combine_chunks()), np.int64)

    @property
    def changes(self) -> NDArray[np.float32] | None:
        """(n,) float32 pixels: how far each image was moved from its family's mean; None where nobody measured it."""
        column = self._column("index", "change", required=False)
        return None if column is None else np.asarray(np.from_dlpack(column.combine_chunks()), np.float32)

    @cached_property
    def files(self) -> list[str]:
        """The n names of the images in their source, in the order of `images`. Raises `IntegrityError`."""
        return list(self._column("index", "file").to_pylist())

    @property
    def hashes(self) -> NDArray[np.bytes_]:
        """(n,) the SHA-256 of each image: equal ones are the very same image. Raises `IntegrityError`."""
        return np.array(self._column("index", "sha256").to_pylist(), "S64")

    def rejected(self) -> list[tuple[str, str]]:
        """Return file and reason of all that the build refused. Raises `IntegrityError`."""
        return read_rejected(self.folder, self.name)

    def verify_blocks(self, rows: Iterable[int] | NDArray[np.integer[Any]]) -> None:
        """Check the blocks of 1,000 images in which `rows` lie. Raises `IntegrityError`, naming the block."""
        blocks: list[str] = self.report["blocks"]
        for block in np.unique(np.fromiter(rows, np.int64) // BLOCK_ROWS).tolist():
            images = self.images[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
            if sha256(images.data.cast("B")) != blocks[block]:
                raise IntegrityError(
                    f"Data set {self.name}: images {block * BLOCK_ROWS} … {block * BLOCK_ROWS + len(images) - 1} "
                    f"(block {block}) are not those that were written",
                    do="Delete the data set and build it again.",
                )

    def check(self) -> None:
        """Check every block, the labels and the fingerprint. Raises `IntegrityError`."""
        self.verify_blocks(range(0, len(self.images), BLOCK_ROWS))
        if fingerprint(self.labels, self.report["blocks"]) != self.fingerprint:
            raise IntegrityError(f"Data set {self.name}: its labels are not those that were written")

    def _column(self, table: str, column: str, *, required: bool = True) -> Any:
        return read_column(self.folder / f"{table}.parquet", column, of=self.name, required=required)
