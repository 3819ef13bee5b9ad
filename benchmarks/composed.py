"""Whole numbers composed from single digits that people drew with a pen, spaced as people write.

Three digits of one writer stand on one line of a wide canvas. How far apart: a printer gives every digit the same
advance, about 0.8 of its height, and our writers' digits are 0.65 of their height wide in the middle, which leaves a
gap of 0.15; a hand is looser and less even. Gaps between the boxes of neighbours are therefore drawn around `GAP`, so
that nine in ten lie between 0 and 0.45 of the height and one in twenty boxes overlaps, as slanted digits do. Of the
pairs, `TOUCHING` are pushed together until their ink just meets, as databases of touching digits are made (Oliveira
and others, http://web.inf.ufpr.br/vri/databases/touching-digits: digits of one writer slide along their line).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.images.grouping import dense
from digits.images.strokes import Drawing, Points, drawn_ink, smooth

WIDTH, HEIGHT, PEN = 600, 280, 12.0
DIGIT, UNEVEN = 150.0, 0.1  # pixels of height, and the share by which digits of one number differ from it
WIDEST = 1.25  # of the height: a digit flatter than that is drawn smaller
GAP, SPREAD = 0.22, 0.13  # between two boxes, in heights: mean and standard deviation
BASELINE = 0.04  # standard deviation of where a digit stands, in heights
TOUCHING = 0.05  # share of the pairs
NEAREST = 0.5  # in pens: ink of two digits may meet, but their lines do not cross


@dataclass(frozen=True)
class Number:
    """Digits side by side: the `strokes` of all in canvas pixels, as drawn, and which digit `owners` each is of."""

    digits: tuple[int, ...]
    drawings: tuple[Drawing, ...]
    strokes: tuple[Points, ...]
    owners: tuple[int, ...]
    touching: bool

    def ink(self, digit: int | None = None) -> NDArray[np.uint8]:
        """Return (280, 600) uint8: what the canvas shows of the number, or of one of its digits alone."""
        drawn = [stroke for stroke, owner in zip(self.strokes, self.owners, strict=True) if digit in (None, owner)]
        return drawn_ink(tuple(drawn), pen=PEN, canvas=(HEIGHT, WIDTH))


def compose(drawings: list[Drawing], *, count: int = 200, length: int = 3, seed: int = 0) -> list[Number]:
    """Return `count` numbers of `length` digits, each of one of the writers in turn."""
    generator = np.random.default_rng(seed)
    writers = sorted({drawing.writer for drawing in drawings})
    by_writer = {writer: [drawing for drawing in drawings if drawing.writer == writer] for writer in writers}
    numbers = []
    for index in range(count):
        mine = by_writer[writers[index % len(writers)]]
        chosen = [mine[place] for place in generator.choice(len(mine), length, replace=False)]
        numbers.append(_side_by_side(chosen, generator))
    return numbers


def _side_by_side(drawings: list[Drawing], generator: np.random.Generator) -> Number:
    """Return the drawings on one line in the middle of the canvas."""
    placed: list[tuple[Points, ...]] = []
    touching = False
    for drawing in drawings:
        digit = _standing(drawing.strokes, generator)
        if placed:
            touch = bool(generator.random() < TOUCHING)
            touching |= touch
            gap = -np.inf if touch else DIGIT * generator.normal(GAP, SPREAD)
            digit = _moved(digit, _beside(placed[-1], digit, gap, NEAREST * generator.uniform(1, 1.8)))
        placed.append(digit)
    everything = np.concatenate([points for digit in placed for points in digit])
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = min(1.0, (WIDTH - 2 * PEN) / (high - low)[0])
    middle = np.array([WIDTH, HEIGHT]) / 2
    strokes = tuple((points - (low + high) / 2) * scale + middle for digit in placed for points in digit)
    owners = tuple(index for index, digit in enumerate(placed) for _ in digit)
    return Number(tuple(drawing.digit for drawing in drawings), tuple(drawings), strokes, owners, touching)


def _standing(strokes: tuple[Points, ...], generator: np.random.Generator) -> tuple[Points, ...]:
    """Return a digit of about the common height whose foot is about on the line, y = 0."""
    everything = np.concatenate(strokes)
    low, (wide, high) = everything.min(axis=0), np.maximum(np.ptp(everything, axis=0), 1e-9)
    height = DIGIT * generator.uniform(1 - UNEVEN, 1 + UNEVEN)
    scale = min(height / high, WIDEST * height / wide)
    foot = DIGIT * generator.normal(0, BASELINE)
    return tuple((points - low - np.array([0.0, high])) * scale + np.array([0.0, foot]) for points in strokes)


def _beside(left: tuple[Points, ...], right: tuple[Points, ...], gap: float, nearest: float) -> float:
    """Return how far `right` has to move so that its box is `gap` from `left`'s, and no line nearer than may be."""
    edge = max(points[:, 0].max() for points in left) + PEN
    before, after = (np.concatenate([dense(smooth(points), 2.0) for points in digit]) for digit in (left, right))
    across = after[None, :, 0] - before[:, None, 0]
    reach = (nearest * PEN) ** 2 - (after[None, :, 1] - before[:, None, 1]) ** 2
    clear = float((np.sqrt(reach[reach > 0]) - across[reach > 0]).max()) if (reach > 0).any() else -np.inf
    moved = max(edge + gap - float(after[:, 0].min()), clear)
    return moved if np.isfinite(moved) else edge - float(after[:, 0].min())


def _moved(strokes: tuple[Points, ...], across: float) -> tuple[Points, ...]:
    return tuple(points + np.array([across, 0.0]) for points in strokes)
