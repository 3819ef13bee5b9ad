"""The rows of many PNG pictures at once: their filters undone, their channels made four.

The format: https://www.w3.org/TR/png-3/, section 9
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
SIDE = 28


def defilter(filtered: Bytes) -> Bytes:
    """Return the samples (n, 28, 28, c) uint8 of filtered rows (n, 28, 1 + 28·c) uint8, many pictures at once."""
    count, _, stride = filtered.shape
    samples = filtered[:, :, 1:].copy().reshape(count, SIDE, SIDE, (stride - 1) // SIDE)
    above = np.zeros_like(samples[:, 0])
    for y in range(SIDE):
        line = samples[:, y]
        for kind, undo in UNDO.items():
            which = np.flatnonzero(filtered[:, y, 0] == kind)
            if len(which):
                line[which] = undo(line[which], above[which])
        above = line
    return samples


def rgba(samples: Bytes) -> Bytes:
    """Return (n, 28, 28, 4) uint8 for samples of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels."""
    channels = samples.shape[-1]
    if channels == 4:
        return samples
    images = np.full((*samples.shape[:-1], 4), 255, np.uint8)
    images[..., :3] = samples if channels == 3 else samples[..., :1]
    if channels == 2:
        images[..., 3] = samples[..., 1]
    return images


def _sub(line: Bytes, _: Bytes) -> Bytes:
    total: Bytes = np.add.accumulate(line, axis=1, dtype=np.uint8)
    return total


def _up(line: Bytes, above: Bytes) -> Bytes:
    return line + above


def _average(line: Bytes, above: Bytes) -> Bytes:
    left = np.zeros(line[:, 0].shape, np.uint16)
    for x in range(SIDE):
        line[:, x] += ((left + above[:, x]) >> 1).astype(np.uint8)
        left = line[:, x].astype(np.uint16)
    return line


def _paeth(line: Bytes, above: Bytes) -> Bytes:
    ups, differences = (one.swapaxes(0, 1).astype(np.int16) for one in (above, line))  # pixel by pixel, contiguous
    corners = np.concatenate([np.zeros_like(ups[:1]), ups[:-1]])
    down = ups - corners
    to_left, left = np.abs(down), np.zeros_like(ups[0])
    for x in range(SIDE):
        across = left - corners[x]
        to_up, to_corner = np.abs(across), np.abs(across + down[x])
        nearest = np.where(to_up <= to_corner, ups[x], corners[x])
        nearest = np.where(to_left[x] <= np.minimum(to_up, to_corner), left, nearest)
        left = differences[x] = (differences[x] + nearest) & 255
    return differences.astype(np.uint8).swapaxes(0, 1)


UNDO = {1: _sub, 2: _up, 3: _average, 4: _paeth}
