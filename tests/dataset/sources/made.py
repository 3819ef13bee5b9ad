"""Small files of every kind, and what they hold."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np

from digits.dataset.sources import Source

LABELS = np.arange(30) % 10
INK = np.random.default_rng(1).integers(0, 256, (30, 28, 28), dtype=np.uint8)
RGBA = np.random.default_rng(2).integers(0, 256, (30, 28, 28, 4), dtype=np.uint8)
ORDER = np.argsort(LABELS, kind="stable")


def idx(values: np.ndarray, *, shape: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    """An IDX file of `values`, whose header promises `shape`."""
    shape = shape or values.shape
    return (
        bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values.astype(np.uint8).tobytes()
    )


def idx_pair(folder: Path, *, packed: bool = False) -> Path:
    """Two files under their usual names; returns that of the images."""
    write, ending = (gzip.compress, ".gz") if packed else (bytes, "")
    images = folder / f"train-images-idx3-ubyte{ending}"
    images.write_bytes(write(idx(INK)))
    (folder / f"train-labels-idx1-ubyte{ending}").write_bytes(write(idx(LABELS)))
    return images


def strokes(path: Path, entries: list[dict] | None = None) -> Path:
    """Twenty drawings by two writers, or these."""
    line = [[0, 0], [3, 40], [9, 90]]
    drawn = [{"digit": i % 10, "writer": f"w{i // 10}", "strokes": [line, [[0, 0], [20 + i, 9]]]} for i in range(20)]
    path.write_bytes(gzip.compress(json.dumps({"digits": entries or drawn}).encode()))
    return path


def pictures(source: Source) -> tuple[list[int], np.ndarray]:
    """Labels and pictures (n, 28, 28, 4) of a source of arrays."""
    found = list(source)
    assert len(found) == len(source)
    assert len({picture.name for picture in found}) == len(found)
    return [picture.label for picture in found], np.stack([picture.data for picture in found])
