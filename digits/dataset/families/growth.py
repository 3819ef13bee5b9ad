"""Groups of copies of one digit: how they begin, grow, are split, and take in what stands alone.

What is left over after registration is no measure of its own: resampling to 28×28 leaves as much of a copy as lies
between two similar drawings. So a group is judged by the noise that its own prototype leaves of copies it has not
seen, and by the noise of the whole data set, learnt from its widest groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from digits.dataset.families.neighbours import Rows
from digits.dataset.families.prototype import Pages, Prototype, Reals, learn

SMALLEST = 16  # copies that a prototype needs
TIGHT = 0.05  # two registered images that leave less than this are copies
LOOSE = 0.062  # and so are these, where no prototype can say: in MNIST the nearest pair outside 1 leaves 0.068
FLOOR = 0.055  # a prototype's noise counts as no less
SLACK = 1.05  # what joins may leave so many times the noise
SLACK_SINGLE = 1.3  # and a single image, which has no median, so many times
TRIED_AT_ONCE = 20
SAMPLE = 8  # images that speak for a group


@dataclass
class Groups:
    """The images of one digit and, for each, the group that it is in."""

    pages: Pages
    numbers: Rows  # (n,): each image's group
    generator: np.random.Generator
    tolerance: float = 1.0
    noise: float = 0.0  # of the data set, once known
    check: Callable[[], None] = lambda: None  # raises to stop
    tight: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.tight = self.numbers.copy()

    def rows(self, group: int) -> Rows:
        """Return the images of a group."""
        return np.flatnonzero(self.numbers == group)

    def large(self) -> list[int]:
        """Return the groups that can have a prototype, the largest first."""
        counts = np.bincount(self.numbers)
        return [int(group) for group in np.argsort(-counts, kind="stable") if counts[group] >= SMALLEST]

    def learn(self, group: int) -> Prototype:
        """Return the prototype of a group."""
        self.check()
        return learn(self.pages, self.rows(group), self.generator)

    def limit(self, prototype: Prototype) -> float:
        """Return what `prototype` may leave of an image that is a copy."""
        own = min(prototype.high, 1.3 * prototype.median)  # a stray in a small group must not widen it
        return self.tolerance * max(own, self.noise, FLOOR)


def components(pairs: Rows, count: int) -> Rows:
    """Return (count,) group numbers: what chains of `pairs` (p, 2) connect is one group."""
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def grow(groups: Groups, seeds: int) -> list[tuple[int, float]]:
    """Let the largest groups grow, at most `seeds` of them; return size and noise of each."""
    grown: dict[int, float] = {}
    while len(grown) < seeds:
        waiting = [group for group in groups.large() if group not in grown]
        if not waiting:
            break
        grown[waiting[0]] = grow_one(groups, waiting[0])
    return [(len(groups.rows(group)), noise) for group, noise in grown.items()]


def grow_one(groups: Groups, group: int) -> float:
    """Take in the groups that the prototype of `group` explains, until there are none; return its noise.

    The best explained come first and the group at most doubles at a time, so that what lies farther off is judged by
    a prototype that has seen more.
    """
    while True:
        prototype = groups.learn(group)
        joining = explained(groups, group, prototype)
        if not joining:
            return prototype.high
        sizes = np.bincount(groups.numbers)
        room = sizes[group]
        for number, other in enumerate(joining):
            room -= sizes[other]
            if number and room < 0:
                break
            groups.numbers[groups.numbers == other] = group


def explained(groups: Groups, group: int, prototype: Prototype) -> list[int]:
    """Return the groups that `prototype` explains within its limit, the best first.

    Groups are tried in the order of their distance in the common frame, until none of twenty is explained.
    """
    sizes = np.bincount(groups.numbers)
    others = np.flatnonzero(sizes)
    others = others[others != group]
    away = ((means(groups)[others] - prototype.place) ** 2).sum(axis=1)
    others = others[np.argsort(away, kind="stable")]
    found: list[tuple[float, int]] = []
    for start in range(0, len(others), TRIED_AT_ONCE):
        tried = others[start : start + TRIED_AT_ONCE]
        left = medians(groups, tried, prototype)
        good = left < SLACK * groups.limit(prototype)
        found += zip(left[good].tolist(), tried[good].tolist(), strict=True)
        if not good.any() or sum(sizes[other] for _, other in found) > 3 * sizes[group]:
            break
    return [other for _, other in sorted(found)]


def means(groups: Groups) -> Reals:
    """Return (groups, 24): the mean place of each group's images."""
    places, sizes = groups.pages.places, np.maximum(np.bincount(groups.numbers), 1)
    return np.stack([np.bincount(groups.numbers, axis) for axis in places.T], axis=1) / sizes[:, None]


def medians(groups: Groups, tried: Rows, prototype: Prototype) -> Reals:
    """Return what `prototype` leaves of each group in `tried`: the median of a few images."""
    samples = [groups.rows(group) for group in tried]
    samples = [rows if len(rows) <= SAMPLE else groups.generator.choice(rows, SAMPLE, False) for rows in samples]
    left = prototype.left(groups.pages, np.concatenate(samples))
    return np.array([np.median(part) for part in np.split(left, np.cumsum([len(rows) for rows in samples])[:-1])])


def assign(groups: Groups) -> None:
    """Give every image to the prototype that explains it best, if any does: it may change the group."""
    prototypes = {group: groups.learn(group) for group in groups.large()}
    if not prototypes:
        return
    places = np.stack([prototype.place for prototype in prototypes.values()])
    near = ranks(groups.pages.places, places)[:, :3]
    best, owner = np.full(len(groups.numbers), np.inf), groups.numbers.copy()
    for number, (group, prototype) in enumerate(prototypes.items()):
        groups.check()
        rows = np.flatnonzero((near == number).any(axis=1) | (groups.numbers == group))
        left = prototype.left(groups.pages, rows) / (SLACK_SINGLE * groups.limit(prototype))
        better = left < best[rows]
        best[rows[better]], owner[rows[better]] = left[better], group
    groups.numbers = np.where(best < 1, owner, groups.numbers)


def ranks(places: Reals, others: Reals) -> Rows:
    """Return (n, k): which of `others` (k, d) is nearest to each of `places` (n, d), which next, …"""
    return np.argsort((others**2).sum(axis=1) - 2 * places @ others.T, axis=1, kind="stable")


def adopt(groups: Groups, pairs: Rows, left: Reals) -> None:
    """Unite small groups with what their best pair leads to, if it leaves less than `LOOSE`.

    Each small group follows one pair, a large one none: no two large ones are joined by it.
    """
    sizes = np.bincount(groups.numbers)
    ends = groups.numbers[pairs]
    order = np.argsort(left, kind="stable")
    order = order[(left[order] < LOOSE * groups.tolerance) & (ends[order, 0] != ends[order, 1])]
    links: dict[int, int] = {}
    for one, other in ends[order]:
        for mine, theirs in ((one, other), (other, one)):
            if sizes[mine] < SMALLEST:
                links.setdefault(int(mine), int(theirs))
    joined = components(np.array(list(links.items()), np.int64).reshape(-1, 2), len(sizes))
    groups.numbers = joined[groups.numbers]
