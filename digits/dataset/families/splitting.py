"""Is a group one drawing or two? Two prototypes are fitted to it, as a mixture would be.

Two prototypes always leave less than one: they share the poses out. Two drawings differ in that every image knows
where it belongs: there are hardly any that both explain equally well. Tight groups vote as one, against noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.dataset.families.groups import ALIGNED, Groups
from digits.dataset.families.neighbours import Rows
from digits.dataset.families.prototype import Prototype, Reals, make

SMALLEST = 60  # images below which nothing is split
LOOKED_AT = 300
STARTS = 3
ROUNDS = 7
WHOLE = 0.95  # a group of which one tight group is so much is not split
HOPELESS = 0.85  # of the energy that one prototype leaves, two that leave more after two rounds are given up
LESS = 0.7  # of the energy that one prototype leaves, two may leave so much …
SURE = 1.1  # … and for nineteen images in twenty the worse one leaves so many times what the better one leaves


def split(groups: Groups) -> int:
    """Split the groups that are two drawings; return how many were."""
    found = 0
    for group in groups.large():
        rows = groups.rows(group)
        if len(rows) < SMALLEST or np.unique(groups.tight[rows], return_counts=True)[1].max() > WHOLE * len(rows):
            continue
        second = two(groups, rows)
        if second is not None:
            groups.numbers[rows[second]] = groups.numbers.max() + 1
            found += 1
    return found


def two(groups: Groups, rows: Rows) -> NDArray[np.bool_] | None:
    """Return which of the images `rows` (k,) are the second drawing; None if there is one only."""
    some = rows if len(rows) <= LOOKED_AT else groups.generator.choice(rows, LOOKED_AT, False)
    some = np.sort(some)
    one = make(groups.pages, _few(some, groups.generator)).left(groups.pages, some)
    best: tuple[float, Prototype, Prototype] | None = None
    for start in range(STARTS):
        groups.check()
        pair = _mixture(groups, some, one, start)
        if pair is None:
            continue
        first, second = (prototype.left(groups.pages, some) for prototype in pair)
        less = _energy(first, second) / float((one**2).mean())
        if less < LESS and _sure(first, second) > SURE and (best is None or less < best[0]):
            best = less, *pair
    if best is None:
        return None
    return _votes(groups.tight[rows], *(prototype.left(groups.pages, rows) for prototype in best[1:]))


def _energy(first: Reals, second: Reals) -> float:
    """What is left when each image takes the better one."""
    return float((np.minimum(first, second) ** 2).mean())


def _sure(first: Reals, second: Reals) -> float:
    """How many times more the worse one leaves, for the twentieth part of the images that is least sure."""
    return float(np.percentile(np.maximum(first, second) / np.minimum(first, second), 5))


def _few(rows: Rows, generator: np.random.Generator) -> Rows:
    return rows if len(rows) <= ALIGNED else generator.choice(rows, ALIGNED, False)


def _mixture(groups: Groups, rows: Rows, one: Reals, start: int) -> tuple[Prototype, Prototype] | None:
    """Fit two prototypes in turn with the votes of tight groups; start from a group that one explains badly."""
    pages, tight, generator = groups.pages, groups.tight[rows], groups.generator
    second = _badly(groups, rows, one, start)
    pair: tuple[Prototype, Prototype] | None = None
    for number in range(ROUNDS):
        if min(second.sum(), (~second).sum()) < 8:
            return None
        pair = make(pages, _few(rows[~second], generator)), make(pages, _few(rows[second], generator))
        left = [prototype.left(pages, rows) for prototype in pair]
        if number and _energy(*left) > HOPELESS * (one**2).mean():
            return None
        votes = _votes(tight, *left)
        settled = (votes == second).mean() > 0.995
        second = votes
        if settled:
            break
    return pair


def _badly(groups: Groups, rows: Rows, one: Reals, start: int) -> NDArray[np.bool_]:
    """The half of `rows` that is explained best by a tight group that one prototype explains badly.

    The first start takes the worst explained, the others draw by energy, as k-means++ does.
    """
    names, member, counts = np.unique(groups.tight[rows], return_inverse=True, return_counts=True)
    energy = np.where(counts >= 3, np.bincount(member, one**2) / counts, 0)
    if not energy.any():
        return np.zeros(len(rows), bool)
    seed = energy.argmax() if not start else groups.generator.choice(len(names), p=energy / energy.sum())
    left = make(groups.pages, rows[member == seed]).left(groups.pages, rows) / one
    typical = np.bincount(member, left) / counts
    return np.asarray((typical < np.median(typical))[member])


def _votes(tight: Rows, first: Reals, second: Reals) -> NDArray[np.bool_]:
    """Which images the second explains better, each tight group as one."""
    _, member = np.unique(tight, return_inverse=True)
    return np.asarray((np.bincount(member, np.log(second / first)) < 0)[member])
