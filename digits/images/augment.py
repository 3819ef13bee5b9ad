"""Augmentation: other ways in which the same hand might have drawn an image.

Each variant is one resampling: an affine map (rotation, slant, zoom, shift), bent by a smooth random field (elastic:
Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks") and by a rough one (*jitter*: a
hand that trembles); then a soft threshold makes the strokes thicker or thinner. OpenCV resamples many images a call.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
SIDE, CELL = 28, 32  # images lie in cells with a margin of paper, so that none bleeds into the next
AT_ONCE = 1_000  # cells in a column: OpenCV takes at most 32,767 rows
BLUR, GAIN = 0.7, 2.0  # of the soft threshold: standard deviation in pixels, and steepness
ELASTIC_KNOTS, JITTER_KNOTS = 4, 10  # of the random fields, a side


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far a variant may be from its image; each amount is drawn evenly between minus and plus its strength.

    `rotation` in degrees; `slant` as the sideways shift a pixel of height; `zoom` as a share of the size, a side;
    `shift` in pixels; `elastic` and `jitter` as the standard deviation of their fields, in pixels; `thickness` as a
    share of full ink by which the threshold moves.
    """

    rotation: float = 0.0
    slant: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    jitter: float = 0.0


def augment(images: Bytes, how: Augmentation, generator: np.random.Generator) -> Bytes:
    """Return a variant (n, 28, 28) uint8 of each of `images` (n, 28, 28) uint8, by the numbers of `generator`."""
    parts = [_variants(images[start : start + AT_ONCE], how, generator) for start in range(0, len(images), AT_ONCE)]
    return np.concatenate(parts) if parts else images.copy()


def _variants(images: Bytes, how: Augmentation, generator: np.random.Generator) -> Bytes:
    """Return a variant of each of at most `AT_ONCE` images."""
    where = _affine(len(images), how, generator)
    for knots, strength in ((ELASTIC_KNOTS, how.elastic), (JITTER_KNOTS, how.jitter)):
        if strength:
            where += _field(len(images), knots, generator) * np.float32(strength)
    moved = _resample(images, where)
    return _thicken(moved, how.thickness, generator) if how.thickness else moved


def _affine(count: int, how: Augmentation, generator: np.random.Generator) -> Floats:
    """Return (n, 28, 28, 2) float32: where in its image (x, y) each pixel of a variant comes from."""

    def drawn(strength: float) -> Floats:
        return generator.uniform(-strength, strength, count).astype(np.float32)

    angle, slant = np.deg2rad(drawn(how.rotation)), drawn(how.slant)
    wide, high = 1 / (1 + drawn(how.zoom)), 1 / (1 + drawn(how.zoom))
    cos, sin = np.cos(angle), np.sin(angle)
    middle = np.float32((SIDE - 1) / 2)
    line = np.arange(SIDE, dtype=np.float32) - middle
    x, y = line[None, None, :], line[None, :, None]
    where = np.empty((count, SIDE, SIDE, 2), np.float32)  # rotate, then slant, then zoom: from a variant to its image
    for axis, (across, down) in enumerate(((wide * (cos + slant * sin), wide * (slant * cos - sin)),
                                           (high * sin, high * cos))):  # fmt: skip
        offset = drawn(how.shift)[:, None, None] + middle
        where[..., axis] = across[:, None, None] * x + (down[:, None, None] * y + offset)
    return where


def _field(count: int, knots: int, generator: np.random.Generator) -> Floats:
    """Return (n, 28, 28, 2) float32 smooth displacements of standard deviation about 1 between `knots` a side."""
    noise = generator.standard_normal((count, 2, knots, knots), np.float32)
    spread = _interpolation(knots)
    return np.ascontiguousarray(np.einsum("ik,nckl,jl->nijc", spread, noise, spread, optimize=True))


def _interpolation(knots: int) -> Floats:
    """Return (28, knots) float32 weights of a smooth curve through `knots`, of unit sums of squares."""
    distance = np.arange(SIDE)[:, None] / (SIDE - 1) * (knots - 1) - np.arange(knots)
    weights = np.exp(-(distance**2))
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)), np.float32)


def _resample(images: Bytes, where: Floats) -> Bytes:
    """Return (n, 28, 28) uint8: `images` read between their pixels at `where` (n, 28, 28, 2)."""
    margin = (CELL - SIDE) // 2
    cells = np.pad(images, ((0, 0), (margin, margin), (margin, margin))).reshape(-1, CELL)
    inside = np.clip(where + margin, 0, CELL - 1)
    inside[..., 1] += np.arange(len(images), dtype=np.float32)[:, None, None] * CELL
    places = inside.reshape(-1, SIDE, 2)
    moved = cv2.remap(cells, places, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]  # one map of both axes
    return np.asarray(moved).reshape(-1, SIDE, SIDE)


def _thicken(images: Bytes, strength: float, generator: np.random.Generator) -> Bytes:
    """Return `images` (n, 28, 28) with strokes thicker or thinner: blurred, then cut softly at a drawn threshold."""
    threshold = generator.uniform(0.5 - strength, 0.5 + strength, (len(images), 1, 1)).astype(np.float32)
    cells = np.pad(images, ((0, 0), (2, 2), (0, 0))).reshape(-1, SIDE)
    soft = cv2.GaussianBlur(cells, (5, 5), BLUR).reshape(-1, CELL, SIDE)[:, 2:-2]
    return np.asarray(np.clip((soft - 255 * threshold) * GAIN + 127.5, 0, 255), np.uint8)
