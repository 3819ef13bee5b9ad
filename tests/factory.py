"""Makers of small test data: PNG files, folders and ZIPs of digits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image


def pixels(seed: int = 0, channels: int = 4) -> np.ndarray:
    """(28, 28, channels) uint8, smooth enough that a PNG writer tries all filters."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 4, channels)).astype(np.float64)
    return np.kron(coarse, np.ones((7, 7, 1))).astype(np.uint8) + rng.integers(0, 3, (28, 28, channels)).astype(
        np.uint8
    )


def png(seed: int = 0) -> bytes:
    """A sound 28×28 RGBA file."""
    return saved(Image.fromarray(pixels(seed)))


def saved(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def header(side: tuple[int, int] = (28, 28), depth: int = 8, colour: int = 6, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *side, depth, colour, 0, 0, interlace))


def assembled(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def filtered_png(samples: np.ndarray, filters: Iterable[int]) -> bytes:
    """A PNG of (28, 28, c) uint8 samples whose rows have these filters: written independently of the reader."""
    channels = samples.shape[2]
    rows = samples.reshape(28, -1).astype(int)
    stream = bytearray()
    for y, kind in enumerate(filters):
        stream.append(kind)
        for x in range(28 * channels):
            left = rows[y, x - channels] if x >= channels else 0
            up = rows[y - 1, x] if y else 0
            corner = rows[y - 1, x - channels] if y and x >= channels else 0
            guess = (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]
            stream.append((rows[y, x] - guess) % 256)
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    return assembled(header(colour=colour), chunk(b"IDAT", zlib.compress(bytes(stream))), chunk(b"IEND"))


def paeth(left: int, up: int, corner: int) -> int:
    return min((left, up, corner), key=lambda value: abs(left + up - corner - value))


def digit_files(each: int = 2, nested: bool = True) -> dict[str, bytes]:
    """`each` sound files of each digit by name: `3/3/1.png`, or `3/1.png`."""
    return {
        f"{digit}/{digit}/{number}.png" if nested else f"{digit}/{number}.png": png(100 * digit + number)
        for digit in range(10)
        for number in range(each)
    }


def report(fingerprint: str, images: int = 10) -> dict[str, object]:
    """Return what a build of `images`, a tenth of each digit, reports."""
    blocks = ["0" * 64] * -(-images // 1_000)
    return {"images": images, "per_digit": [images // 10] * 10, "rejected": 0, "blocks": blocks, "kind": "starter",
            "fingerprint": fingerprint, "origin": "here", "created": "2026-01-01T00:00:00+00:00"}  # fmt: skip


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path
