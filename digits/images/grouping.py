"""Which pieces of ink side by side make one digit: a cheap choice, by geometry only.

A piece is a line: a pen stroke, or the outline of ink that hangs together. Lengths are heights of the line of
writing, its common slant taken away. Pieces are put in reading order, and of all ways to cut that order into digits
the cheapest is taken (dynamic programming). A digit costs what makes it unlikely to be one: being lower than the
line, pieces that lie apart, two full strokes side by side. Two neighbours cost what makes them likely to be one:
that they reach into each other, or lie above each other. The order in which strokes were drawn says nothing, so
that a bar may come late.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Cut = tuple[int, int]
SHEARS = np.linspace(-0.6, 0.6, 25)  # shift to the right a unit of height
ROWS = 32  # into which the line is divided
SOFT, UPRIGHT = np.array([1.0, 2.0, 1.0]), 0.3  # columns are not sharp; how much likelier a hand is that leans little
SPACING = 0.5 / ROWS  # at most, between the points of a piece
COMPARED = 200  # points of a piece, in which its distance to others is looked for
MOST = 5  # pieces of one digit
DOT = 0.12  # what is smaller than that both ways is no piece of a digit
FULL, LIFTED = 0.6, 0.3  # a piece as high as a digit; one that hangs above another's foot, as half a 4 does
TRACED = 0.1  # a line that is drawn twice is as near to itself
CLOSE, BROAD, DEEP = 0.05, 1.1, 0.1  # pieces of a digit are nearer, digits narrower, and lines that cross go deeper
LOW, APART, WIDE, PAIR, CROSSING, ABOVE = 3.0, 10.0, 4.0, 2.0, 2.0, 1.0  # what each fault costs
STEEP = 1.5  # a dash is hardly a digit, but one of half the height is: some write so


@dataclass(frozen=True)
class Piece:
    """A piece, or a digit of several: `points`, and the least and greatest x in each row (infinite where empty)."""

    points: Points
    left: Points
    right: Points

    @property
    def height(self) -> float:
        """From top to bottom."""
        return float(np.ptp(self.points[:, 1]))

    @property
    def span(self) -> tuple[float, float]:
        """Least and greatest x."""
        return float(self.points[:, 0].min()), float(self.points[:, 0].max())

    def __add__(self, other: Piece) -> Piece:
        left, right = np.minimum(self.left, other.left), np.maximum(self.right, other.right)
        return Piece(np.concatenate([self.points, other.points]), left, right)


def group(lines: list[Points], *, pen: float = 0.0) -> list[list[int]]:
    """Return the places of the `lines`, (n, 2) of x and y each, that make each digit, digits in reading order.

    `pen` is the thickness of what the lines go around, 0 where they are the middle of a stroke. Dots beside digits
    belong to none.
    """
    line, kept = _height_of_line(lines)
    if not kept:
        return []
    top = min(float(lines[place][:, 1].min()) for place in kept)
    scaled = {place: dense((lines[place] - (0, top)) / line, SPACING) for place in kept}
    shear = slant(list(scaled.values()))
    upright = {place: _piece(points, shear) for place, points in scaled.items()}
    order = sorted(kept, key=lambda place: sum(upright[place].span))
    cuts = _cheapest([upright[place] for place in order], pen / line)
    return [order[start:end] for start, end in pairwise(cuts)]


def _height_of_line(lines: list[Points]) -> tuple[float, list[int]]:
    """Return the height of the highest of `lines`, or of two above each other, and the places of those not dots."""
    if not lines:
        return 1.0, []
    low, high = (np.array([edge(points, axis=0) for points in lines]) for edge in (np.min, np.max))
    wide, tall = (high - low).T
    line = max(float(tall.max()), DOT * float(wide.max())) or 1.0  # a dash alone is a line of some height
    kept = np.flatnonzero(np.maximum(wide, tall) > DOT * line)
    if not kept.size:
        return line, list(range(len(lines)))
    (left, top), (right, bottom) = low[kept].T, high[kept].T
    shared = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    stacked = shared > np.minimum(wide[kept][:, None], wide[kept]) / 2
    heights = np.maximum(bottom[:, None], bottom) - np.minimum(top[:, None], top)
    return max(line, float(heights[stacked].max(initial=0.0))), kept.tolist()


def dense(points: Points, spacing: float) -> Points:
    """Return points (m, 2) along the line through `points` (n, 2), at most `spacing` apart."""
    along = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    wanted = np.linspace(0, along[-1], int(along[-1] / spacing) + 2 if len(points) > 1 else 1)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)


def slant(lines: list[Points]) -> float:
    """Return the shear that stands lines of dense points, in heights, upright: where their columns are fullest."""
    points = np.concatenate(lines)
    best, most = 0.0, 0.0
    for shear in SHEARS.tolist():
        columns = np.round((points[:, 0] + shear * points[:, 1]) * ROWS).astype(np.int64)
        heaped = np.convolve(np.bincount(columns - columns.min()), SOFT)
        full = float((heaped**2).sum()) * (1 - UPRIGHT * shear**2)
        if full > most:
            best, most = shear, full
    return best


def _piece(points: Points, shear: float) -> Piece:
    upright = points + np.stack([shear * points[:, 1], np.zeros(len(points))], axis=1)
    left, right = np.full(2 * ROWS, np.inf), np.full(2 * ROWS, -np.inf)
    rows = np.clip(np.floor(upright[:, 1] * ROWS), 0, 2 * ROWS - 1).astype(np.int64)
    np.minimum.at(left, rows, upright[:, 0])
    np.maximum.at(right, rows, upright[:, 0])
    return Piece(upright, left, right)


def _cheapest(pieces: list[Piece], pen: float) -> list[int]:
    """Return the places, from 0 to the number of pieces, at which their order is cut into digits."""
    count = len(pieces)
    apart = {(a, b): _distance(pieces[a], pieces[b]) + pen
             for b in range(count) for a in range(max(0, b - MOST + 1), b)}  # fmt: skip
    digits = {(start, end): sum(pieces[start + 1 : end], pieces[start])
              for start in range(count) for end in range(start + 1, min(count, start + MOST) + 1)}  # fmt: skip
    best: list[dict[int, tuple[float, list[int]]]] = [{} for _ in range(count + 1)]  # by the last digit's end, start
    for end in range(1, count + 1):
        for start in range(max(0, end - MOST), end):
            digit = digits[start, end]
            before = [(cost + _one(digits[first, start], digit), cuts) for first, (cost, cuts) in best[start].items()]
            cost, cuts = min(before) if start else (0.0, [0])
            best[end][start] = cost + _fault(digit, pieces, (start, end), apart), [*cuts, end]
    return min(best[count].values())[1]


def _fault(digit: Piece, pieces: list[Piece], cut: Cut, apart: dict[Cut, float]) -> float:
    """Return what makes the pieces of a cut unlikely to be one digit."""
    low = float(LOW * max(0.0, 1 - digit.height) ** STEEP)
    if cut[1] - cut[0] == 1:
        return low
    inside = {pair: apart[pair] for pair in combinations(range(*cut), 2)}
    left, right = digit.span
    pairs = sum(_side_by_side(pieces[a], pieces[b], digit.height) for a, b in inside)
    return low + APART * max(0.0, _step(inside) - CLOSE) + WIDE * max(0.0, right - left - BROAD) + PAIR * pairs


def _one(before: Piece, after: Piece) -> float:
    """Return what makes two neighbours likely to be one digit."""
    lower = min(int(np.isfinite(piece.left).sum()) for piece in (before, after))
    above = _overlap(before, after) * (1 - int(_shared(before, after).sum()) / lower)
    return CROSSING * min(1.5, _depth(before, after) / DEEP) + ABOVE * above + PAIR * _traced(before, after)


def _side_by_side(one: Piece, other: Piece, high: float) -> bool:
    """Tell whether two pieces of a digit so `high` are as high, stand on one line, and reach not into each other."""
    lifted = abs(float(one.points[:, 1].max() - other.points[:, 1].max()))
    full = min(one.height, other.height) > FULL * high and lifted < LIFTED * high
    return full and _depth(one, other) < DEEP * high and not _traced(one, other)


def _traced(one: Piece, other: Piece) -> bool:
    """Tell whether two pieces are the same line, drawn twice: nowhere farther apart than a pen is wide."""
    shared = _shared(one, other)
    if shared.sum() < FULL * max(int(np.isfinite(piece.left).sum()) for piece in (one, other)):
        return False
    aside = np.stack([one.left[shared] - other.left[shared], one.right[shared] - other.right[shared]])
    return bool(np.abs(aside).max() < TRACED)


def _shared(one: Piece, other: Piece) -> NDArray[np.bool_]:
    """Return in which rows both have points."""
    return np.isfinite(one.left) & np.isfinite(other.left)


def _depth(before: Piece, after: Piece) -> float:
    """Return how far `after` would have to move to the right to clear `before` in each row."""
    shared = _shared(before, after)
    return max(0.0, float((before.right - after.left)[shared].max())) if shared.any() else 0.0


def _overlap(one: Piece, other: Piece) -> float:
    """Return the width that two pieces share, as a share of the narrower's."""
    (left, right), (start, end) = one.span, other.span
    narrower = max(min(right - left, end - start), 1 / ROWS)
    return max(0.0, min(1.0, (min(right, end) - max(left, start)) / narrower))


def _distance(one: Piece, other: Piece) -> float:
    """Return the least distance of two pieces."""
    a, b = (piece.points[:: -(-len(piece.points) // COMPARED)] for piece in (one, other))
    return float(np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2).min()))


def _step(apart: dict[Cut, float]) -> float:
    """Return the longest step of the shortest tree that joins all pieces (Prim's)."""
    places = {place for pair in apart for place in pair}
    joined, longest = {min(places)}, 0.0
    while joined != places:
        step, pair = min((step, pair) for pair, step in apart.items() if (pair[0] in joined) != (pair[1] in joined))
        joined |= set(pair)
        longest = max(longest, step)
    return longest
