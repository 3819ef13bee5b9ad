"""How a source becomes a data set: streamed, checked, hashed, and there at once or not at all.

The images go to the disk a few thousand at a time, so that a hundred thousand of them take no more memory than
one chunk. The folder is made aside and appears in the lab by one rename.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from digits.dataset import shapes
from digits.dataset.dataset import BLOCK_ROWS, Dataset, fingerprint, free
from digits.dataset.decoding import Decoded, decoded
from digits.dataset.families.store import keep
from digits.dataset.parquet import Hashes, sync, write_rejected, write_table
from digits.dataset.paths import Picture, count_digits, natural
from digits.dataset.portrait import Tally
from digits.dataset.refused import check_left
from digits.dataset.sources import Source
from digits.errors import ConflictError, StoppedError
from digits.files import Json, write_json

CHUNK_FILES, CHUNK_BYTES = 2_048, 1 << 23


def build(
    source: Source,
    name: str,
    *,
    staging: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Json:
    """Build data set `name` from `source` in the folder `staging` and return its report.

    `staging` lies in the lab (one file system) and must not hold anything. After each chunk `progress` gets the
    files done and their number, and `stopped` is asked. Raises `UsageError` for the name, `ConflictError` if it is
    taken, `StoppedError`, and `RefusedError` if a digit is left without any sound image.
    """
    free(name)
    started = time.monotonic()
    staging.mkdir(parents=True, exist_ok=True)
    if any(staging.iterdir()):
        raise ConflictError(f"{staging.name} is not empty", expected="a folder to work in")
    try:
        report: Json = {"name": name, "kind": source.kind, "origin": source.origin, "licence": source.licence}
        written = _write(source, staging, progress, stopped)
        report |= source.details | written  # some details are known when all has been read
        report["seconds"] = round(time.monotonic() - started, 3)
        report["created"] = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(staging / "report.json", report)
        _publish(staging, name)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return report


class Rows:
    """The accepted images on their way to the disk, with what the index and the report say of them."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.labels: list[int] = []
        self.files: list[str] = []
        self.hashes = bytearray()
        self.families: list[str | None] = []
        self.blocks: list[str] = []
        self.tally = Tally()
        self._block = sha256()
        self._write_header()

    def append(self, chunk: Decoded) -> None:
        """Write the images of `chunk`, and keep what is known of them."""
        images = chunk.images
        self.file.write(images.data)
        labels = [picture.label for picture in chunk.sound]
        self.tally.add(images, np.array(labels, np.int64))
        self.hashes += b"".join([sha256(image.data).digest() for image in images])
        self.labels += labels
        self.files += [picture.name for picture in chunk.sound]
        self.families += [picture.family for picture in chunk.sound]
        while len(images):
            room = BLOCK_ROWS - (len(self.labels) - len(images)) % BLOCK_ROWS
            self._block.update(images[:room].data)
            images = images[room:]
            if not (len(self.labels) - len(images)) % BLOCK_ROWS:
                self._end_block()

    def close(self) -> None:
        """Write the header with the final number of images."""
        if len(self.labels) % BLOCK_ROWS:
            self._end_block()
        self._write_header()

    def _end_block(self) -> None:
        self.blocks.append(self._block.hexdigest())
        self._block = sha256()

    def _write_header(self) -> None:
        # numpy pads the header, so that it has one length whatever the number of rows
        self.file.seek(0)
        header = {"descr": "|u1", "fortran_order": False, "shape": (len(self.labels), 28, 28, 4)}
        npy.write_array_header_1_0(self.file, header)


def _write(source: Source, folder: Path, progress: Callable[[int, int], None], stopped: Callable[[], bool]) -> Json:
    """Write images, index and rejected files of `source` into `folder`; return what the report says of them."""
    rejected: list[tuple[str, str]] = []
    done = 0

    def look() -> None:
        if stopped():
            raise StoppedError(f"The build was stopped after {done} of {len(source)} files")

    with (folder / "images.npy").open("wb") as file:
        rows = Rows(file)
        with closing(decoded(_chunks(source), len(source), look)) as chunks:
            for chunk in chunks:
                look()
                rows.append(chunk)
                rejected.extend(chunk.rejected)
                done += len(chunk.sound) + len(chunk.rejected)
                progress(done, len(source))
        per_digit = count_digits(rows.labels)
        check_left(per_digit, rejected, source.origin)
        rows.close()
        sync(file)
    index: dict[str, Sequence[object]] = {"label": rows.labels, "file": rows.files, "sha256": Hashes(rows.hashes)}
    write_table(folder / "index.parquet", index)
    write_rejected(folder, rejected)
    known_by = fingerprint(np.array(rows.labels), rows.blocks)
    rows.tally.save(folder, known_by)
    report: Json = {
        "images": len(rows.labels),
        "per_digit": per_digit,
        "rejected": len(rejected),
        "ignored": source.ignored,
        "block_rows": BLOCK_ROWS,
        "blocks": rows.blocks,
        "fingerprint": known_by,
    }
    built = Dataset(folder.name, folder, report)
    _keep_families(built, rows.families)
    shapes.compute(built)
    return report


def _keep_families(dataset: Dataset, families: list[str | None]) -> None:
    """Keep the families, numbered in the order of their names, if the source knows that of each image."""
    names = sorted({natural(family): family for family in families if family is not None}.items())
    if None not in families:
        numbers = {family: number for number, (_, family) in enumerate(names)}
        rows = np.array([numbers[family] for family in families if family is not None], np.int64)
        keep(dataset, rows, {"by": "source", "families": len(names), "names": list(numbers)})


def _chunks(source: Source) -> Iterator[list[Picture]]:
    """Yield the pictures, so many at a time that their files take little memory, whatever their size."""
    chunk: list[Picture] = []
    size = 0
    for picture in source:
        chunk.append(picture)
        size += len(picture.data) if isinstance(picture.data, bytes) else 0
        if len(chunk) >= CHUNK_FILES or size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _publish(staging: Path, name: str) -> None:
    """Let the finished folder appear under its name. Raises `ConflictError` if another build was faster."""
    target = free(name)
    try:
        staging.rename(target)
    except OSError:
        free(name)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
