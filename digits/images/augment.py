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
SIDE, CELL = 28, 32  # in a strip images stand side by side, each in a cell with paper at its right
HEIGHT = SIDE + 2  # of a cell in the column that is read from: a row of paper above and one below
AT_ONCE = 512  # images in a strip: all that is made of them stays in the cache
PIECE = 512  # columns of a strip that are multiplied at a time
BLUR, GAIN = 0.7, 2.0  # of the soft threshold: standard deviation in pixels, and steepness
KNOTS = {"elastic": 4, "jitter": 10}  # of the random fields, a side


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
    found, room = np.empty_like(images), _Room(min(len(images), AT_ONCE), how)
    for start in range(0, len(images), AT_ONCE):
        part = images[start : start + AT_ONCE]
        if len(part) < room.count:
            room = _Room(len(part), how)
        strip = _resample(part, _places(room, how, generator), room)
        if how.thickness:
            strip = _thicken(strip, how.thickness, generator)
        found[start : start + AT_ONCE] = strip.reshape(SIDE, -1, CELL)[..., :SIDE].swapaxes(0, 1)
    return found


class _Room:
    """The arrays in which a strip of `count` variants is made: new ones for each would cost half of the time."""

    def __init__(self, count: int, how: Augmentation) -> None:
        self.count = count
        self.fields = [(knots, getattr(how, name)) for name, knots in KNOTS.items() if getattr(how, name)]
        terms = 2 + sum(knots for knots, _ in self.fields)
        self.down, self.along = np.ones((SIDE, terms), np.float32), np.zeros((2, terms, count, CELL), np.float32)
        self.places = np.empty((2, SIDE, count * CELL), np.float32)
        self.cells = np.zeros((count, HEIGHT, CELL), np.uint8)
        self.tops = np.repeat(np.arange(count, dtype=np.float32) * HEIGHT, CELL)


def _places(room: _Room, how: Augmentation, generator: np.random.Generator) -> Floats:
    """Return (2, 28, n · 32) float32: where in its cell (x, then y) each pixel of a strip of variants comes from.

    Every part of it is a sum of products of a curve down the rows (28, terms) and one along the strip (terms, n, 32),
    so one product of matrices makes the whole. The paper behind an image comes from far left of it.
    """
    down, along = room.down, room.along
    line = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    down[:, 1], along[0, 0, :, SIDE:] = line, -SIDE
    for axis, (across, lower, offset) in enumerate(_affine(room.count, how, generator)):
        along[axis, 0, :, :SIDE] = across[:, None] * line + offset[:, None]
        along[axis, 1, :, :SIDE] = lower[:, None]
    at = 2
    for knots, strength in room.fields:
        down[:, at : at + knots] = curves = _interpolation(knots)
        cell = np.pad(curves.T * np.float32(strength), ((0, 0), (0, CELL - SIDE)))
        np.matmul(_noise((2, knots, room.count, knots), generator), cell, out=along[:, at : at + knots])
        at += knots
    return _product(down, along.reshape(2, at, -1), room.places)


def _product(down: Floats, along: Floats, found: Floats) -> Floats:
    """Let `found` (2, 28, m) be `down` (28, terms) times `along` (2, terms, m), a piece at a time; return it.

    What is so small OpenBLAS multiplies on one thread. Its bits are then the same wherever an epoch is drawn.
    """
    for start in range(0, found.shape[2], PIECE):
        piece = slice(start, start + PIECE)
        np.matmul(down, along[..., piece], out=found[..., piece])
    return found


def _affine(count: int, how: Augmentation, generator: np.random.Generator) -> list[list[Floats]]:
    """Return for x and y how each grows a pixel to the right and a pixel down, and where the middle lies: (n,) each.

    It leads from a variant to its image's cell: rotate, then slant, then zoom, then shift.
    """

    def drawn(strength: float) -> Floats:
        return generator.uniform(-strength, strength, count).astype(np.float32)

    angle, slant = np.deg2rad(drawn(how.rotation)), drawn(how.slant)
    wide, high = 1 / (1 + drawn(how.zoom)), 1 / (1 + drawn(how.zoom))
    cos, sin = np.cos(angle), np.sin(angle)
    middle = np.float32((SIDE - 1) / 2 + 1)
    return [[wide * (cos + slant * sin), wide * (slant * cos - sin), drawn(how.shift) + middle],
            [high * sin, high * cos, drawn(how.shift) + middle]]  # fmt: skip


def _noise(shape: tuple[int, ...], generator: np.random.Generator) -> Floats:
    """Return evenly drawn float32 numbers of mean 0 and standard deviation 1; normal ones take six times as long."""
    return (generator.random(shape, np.float32) - np.float32(0.5)) * np.float32(12**0.5)


def _interpolation(knots: int) -> Floats:
    """Return (28, knots) float32 weights of a smooth curve through `knots`, of unit sums of squares."""
    distance = np.arange(SIDE)[:, None] / (SIDE - 1) * (knots - 1) - np.arange(knots)
    weights = np.exp(-(distance**2))
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)), np.float32)


def _resample(images: Bytes, places: Floats, room: _Room) -> Bytes:
    """Return a strip (28, n · 32) uint8: `images` (n, 28, 28) read between pixels at `places` (2, 28, n · 32)."""
    room.cells[:, 1:-1, 1 : 1 + SIDE] = images
    x, y = np.clip(places, 0, HEIGHT - 1, out=places)  # OpenCV is slow where it must look beyond an edge
    y += room.tops
    return np.asarray(cv2.remap(room.cells.reshape(-1, CELL), x, y, cv2.INTER_LINEAR), np.uint8)


def _thicken(strip: Bytes, strength: float, generator: np.random.Generator) -> Bytes:
    """Return `strip` (28, n · 32) with strokes thicker or thinner: blurred, then cut softly at a drawn threshold."""
    threshold = generator.uniform(0.5 - strength, 0.5 + strength, strip.shape[1] // CELL)
    threshold = np.clip(threshold, 0.5 / GAIN, 1 - 0.5 / GAIN)  # or paper would turn grey, or ink pale
    soft = cv2.GaussianBlur(strip, (5, 5), BLUR, borderType=cv2.BORDER_CONSTANT)
    cut = np.multiply(soft, np.float32(GAIN), dtype=np.float32)
    cut += np.repeat(127.5 - GAIN * 255 * threshold, CELL).astype(np.float32)
    return np.asarray(np.clip(cut, 0, 255, out=cut), np.uint8)
