"""How far a drawing is from everything in training, told from three sides.

A network answers whatever it is shown, so it is asked what else it knows: how far its last hidden layer, and the ink
itself, are from those of training images of the digit that it answers, and how large that digit's logit is. Distances
are taken to the flat through the nearest training images, which lets a digit differ from each as they differ among
themselves (Vincent and Bengio, *K-local hyperplane and convex distance nearest neighbor algorithms*, NIPS 2001). The
sides are added in the units in which validation digits vary, and the limit is what 99 % of these keep within.
`docs/decisions/0016-unsure.md` has what else was tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.evaluation.metrics import Floats, Labels

Wide = NDArray[np.float64]
NEIGHBOURS, RIDGE = 20, 0.5  # of a flat, and how stiffly it is held to their middle, as a share of their spread
CHUNK = 512  # drawings at a time: their neighbours are copied
WEIGHTS = np.array([1.0, 2.0, 1.25])  # of hidden layer, ink and logit
PASS = 0.99  # the share of validation digits that is not far
USUAL, WIDE = 0.5, 0.95  # the quantiles of validation digits between which a side's unit lies
MARGIN = 0.01
FARTHEST = 1_000.0  # told of a drawing without ink, which is far from all that has some
TINY = 1e-9


def small(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (n, 196) uint8: framed `ink` (n, 784) as the means of two by two pixels."""
    cells = ink.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4), dtype=np.float32)
    return np.asarray((cells + 0.5).astype(np.uint8).reshape(-1, 196))


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return (n, d) float32 `rows` of length 1; those of zeros stay zeros."""
    wide = np.asarray(rows, np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), TINY))


@dataclass(frozen=True)
class Place:
    """Where training images of one digit lie: `rows` (m, d) float32 of length 1."""

    rows: NDArray[np.float32]

    @cached_property
    def squares(self) -> NDArray[np.float32]:
        """(m,) the squared length of each row."""
        return np.asarray(np.einsum("ij,ij->i", self.rows, self.rows))

    def distance(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far `points` (n, d) are from the flat through their nearest rows, (n,)."""
        parts = [self._flat(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def _flat(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        some = min(NEIGHBOURS, len(self.rows))
        squares = self.squares - 2 * (points @ self.rows.T)
        near = self.rows[np.argpartition(squares, some - 1, axis=1)[:, :some]]
        middle = near.mean(axis=1)
        spread, offset = near - middle[:, None], points - middle
        products = spread @ spread.transpose(0, 2, 1)
        stiff = RIDGE * np.trace(products, axis1=1, axis2=2) / some + TINY
        along = (spread @ offset[:, :, None])[..., 0]
        shares = np.linalg.solve(products + stiff[:, None, None] * np.eye(some, dtype=np.float32), along[..., None])
        left = offset - (shares.transpose(0, 2, 1) @ spread)[:, 0]
        return np.asarray(np.linalg.norm(left, axis=1), np.float32)


class Space:
    """Training images as points (m, d) of one kind, digit by digit (`labels` (m,))."""

    def __init__(self, points: NDArray[Any], labels: Labels) -> None:
        rows = unit(points)
        every = Place(rows)
        there = {int(digit) for digit in np.unique(labels)}
        # Of a digit that training never had, all images are as near as any.
        self.places = [Place(rows[labels == digit]) if digit in there else every for digit in range(10)]

    def distance(self, points: NDArray[Any], digits: Labels) -> Wide:
        """Return how far each of `points` (n, d) is from training images of its digit among `digits` (n,), (n,)."""
        found = np.zeros(len(points))
        wanted = unit(points)
        for digit in np.unique(digits):
            of_digit = digits == digit
            found[of_digit] = self.places[int(digit)].distance(wanted[of_digit])
        return found


@dataclass(frozen=True)
class Scale:
    """How validation digits vary on each side: `usual` (3,) and a unit beyond it, `spread` (3,); and in all.

    `middle` is the weighted sum of the sides of the usual validation digit, `limit` what 99 % of them keep within.
    """

    usual: Wide
    spread: Wide
    middle: float
    limit: float

    def distance(self, sides: Wide) -> Wide:
        """Return (n,) from (n, 3) `sides`: 0 for what is as near as half of validation, 1 at the limit."""
        whole = _whole(sides, self.usual, self.spread)
        return np.asarray(np.clip((whole - self.middle) / (self.limit - self.middle), 0, FARTHEST))


def scale_of(sides: Wide) -> Scale:
    """Return the scale of (n, 3) `sides` of validation digits: of n at most n/100, rounded down, lie beyond 1.

    The limit is a little above the last that keeps within, so that rounding does not carry it over.
    """
    usual = np.quantile(sides, USUAL, axis=0)
    spread = np.maximum(np.quantile(sides, WIDE, axis=0) - usual, TINY)
    whole = np.sort(_whole(sides, usual, spread))
    middle = float(np.quantile(whole, USUAL))
    last = len(whole) - 1 - allowed(len(whole))
    room = (whole[last + 1 : last + 2] - whole[last]) / 2
    margin = min(MARGIN * (whole[last] - middle), *room) if len(room) else MARGIN * (whole[last] - middle)
    return Scale(usual, spread, middle, max(float(whole[last] + margin), middle + TINY))


def _whole(sides: Wide, usual: Wide, spread: Wide) -> Wide:
    """Return the weighted sum (n,) of (n, k) `sides`, each in its unit."""
    return np.asarray(((sides - usual) / spread) @ WEIGHTS[: sides.shape[1]])


def allowed(digits: int) -> int:
    """Return how many of so many validation digits may be called far or unsure."""
    return int(digits * (1 - PASS) + TINY)


class Surroundings:
    """What training was like: the last hidden layer (m, units) and the small ink (m, 196) of images of `labels`."""

    def __init__(self, hidden: NDArray[Any], ink: NDArray[np.uint8], labels: Labels) -> None:
        self.hidden, self.ink = Space(hidden, labels), Space(ink, labels)

    def sides(self, hidden: Floats, ink: NDArray[np.uint8], logits: Floats) -> Wide:
        """Return (n, 3): how far drawings are by hidden layer (n, units), framed ink (n, 784) and logits (n, 10)."""
        answers = logits.argmax(axis=1)
        return np.stack([
            self.hidden.distance(hidden, answers), self.ink.distance(small(ink), answers),
            -logits.max(axis=1).astype(np.float64),
        ], axis=1)  # fmt: skip
