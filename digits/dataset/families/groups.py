"""Groups of copies of one digit: how they begin, find each other, and take in what stands alone.

The nearest neighbours of a copy were often shrunk alike (they share a fraction of a pixel), so that they show the
drawing at the same few places, and a prototype of them explains nobody else. So a group that explains no other asks
its neighbours to make a prototype together, and whoever that does not explain leaves (a consensus: Fischler, Bolles,
RANSAC, CACM 1981).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from digits.dataset.families.frame import Floats
from digits.dataset.families.neighbours import Rows
from digits.dataset.families.prototype import Pages, Prototype, Reals, make

SMALLEST = 16  # copies that a prototype needs
TIGHT = 0.05  # two registered images that leave less than this are copies
LOOSE = 0.062  # and so are these, where no prototype can say: in MNIST the nearest pair outside 1 leaves 0.068
EXPLAINED = 0.06  # a prototype leaves about 0.035 of its own copies, and mostly some times that of others
EXPLAINED_ALONE = 0.08  # a single image has no median
AGREED = 0.9  # of a tight group's images want to go where it goes, or it is no group
AS_WELL = 1.6  # times what it leaves of its own
TOGETHER = 10  # groups that make a prototype together
TRIED_AT_ONCE = 20
MOST_TRIED = 80
SAMPLE = 6  # images that speak for a group
ALIGNED = 100  # copies that make a prototype: more sharpen it no further


@dataclass
class Groups:
    """The images of one digit and, for each, the group that it is in."""

    pages: Pages
    numbers: Rows  # (n,): each image's group
    generator: np.random.Generator
    tolerance: float = 1.0
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

    def learn(self, *groups: int) -> Prototype:
        """Return the prototype of some groups: each gives as many copies, drawn from all its tight ones."""
        self.check()
        share = max(ALIGNED // len(groups), 4)
        return make(self.pages, np.concatenate([self.spread(group, share) for group in groups]))

    def spread(self, group: int, count: int) -> Rows:
        """Return at most `count` images of a group, from as many of its tight ones as there are."""
        rows = self.generator.permutation(self.rows(group))
        turn = np.empty(len(rows), np.int64)
        order = np.argsort(self.tight[rows], kind="stable")
        starts = np.flatnonzero(np.diff(self.tight[rows][order], prepend=-1))
        turn[order] = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
        return np.asarray(rows[np.argsort(turn, kind="stable")][:count])


def components(pairs: Rows, count: int) -> Rows:
    """Return (count,) group numbers: what chains of `pairs` (p, 2) connect is one group."""
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def gather(groups: Groups, report: Callable[[float], None] = lambda share: None) -> None:
    """Let each large group, the largest first, find all that are copies of its drawing."""
    done: set[int] = set()
    start = max(len(groups.large()), 1)
    while waiting := [group for group in groups.large() if group not in done]:
        report(1 - len(waiting) / start)
        group = waiting[0]
        while _take(groups, group, [group]) or _take(groups, group, _consensus(groups, group)):
            pass
        done.add(group)


def _take(groups: Groups, group: int, makers: list[int]) -> bool:
    """Take in whatever the prototype of `makers` explains; return whether there was any.

    A prototype that does not explain `group` itself is not its own, and takes in nothing.
    """
    if not makers:
        return False
    prototype = groups.learn(*makers)
    if len(makers) > 1 and medians(groups, [group], prototype)[0] >= EXPLAINED * groups.tolerance:
        return False
    joining = explained(groups, group, prototype)
    groups.numbers[np.isin(groups.numbers, joining)] = group
    return bool(joining)


def _consensus(groups: Groups, group: int) -> list[int]:
    """Return the groups near `group` that agree on a prototype with it; none where they do not."""
    near = nearest_groups(groups, groups.pages.places[groups.rows(group)].mean(axis=0))[:MOST_TRIED]
    agree = [group, *(other for other in near if other != group)][:TOGETHER]
    for number in range(3):
        if len(agree) < 2:
            return []
        left = medians(groups, near, groups.learn(*agree))
        bar = EXPLAINED * groups.tolerance
        if not number:  # a first prototype, of several drawings perhaps, explains nobody well
            bar = max(bar, float(np.sort(left)[min(TOGETHER // 2, len(left) - 1)]))
        agree = [other for other, value in zip(near, left, strict=True) if value <= bar][: 3 * TOGETHER]
    return agree if group in agree and len(agree) > 1 else []


def nearest_groups(groups: Groups, place: Reals | Floats) -> list[int]:
    """Return the groups in the order of their distance from `place` in the common frame."""
    sizes = np.bincount(groups.numbers)
    there = np.flatnonzero(sizes)
    means = np.stack([np.bincount(groups.numbers, axis)[there] for axis in groups.pages.places.T], axis=1)
    away = ((means / sizes[there, None] - place) ** 2).sum(axis=1)
    return [int(group) for group in there[np.argsort(away, kind="stable")]]


def explained(groups: Groups, group: int, prototype: Prototype) -> list[int]:
    """Return the other groups that `prototype` explains.

    They are tried in the order of their distance in the common frame, until none of twenty is explained.
    """
    found: list[int] = []
    others = [other for other in nearest_groups(groups, prototype.place) if other != group]
    for start in range(0, len(others), TRIED_AT_ONCE):
        tried = others[start : start + TRIED_AT_ONCE]
        left = medians(groups, tried, prototype)
        good = [other for other, value in zip(tried, left, strict=True) if value < EXPLAINED * groups.tolerance]
        found += good
        if not good:
            break
    return found


def medians(groups: Groups, tried: list[int], prototype: Prototype) -> Reals:
    """Return what `prototype` leaves of each group in `tried`: the median of a few images."""
    samples = [groups.spread(group, SAMPLE) for group in tried]
    left = prototype.left(groups.pages, np.concatenate(samples))
    return np.array([np.median(part) for part in np.split(left, np.cumsum([len(rows) for rows in samples])[:-1])])


def assign(groups: Groups) -> None:
    """Give every tight group to the prototype that explains it best, if any does: it may change the group.

    A tight group whose images do not agree holds two drawings, and each of them goes where it wants.
    """
    owners = np.array(groups.large())
    if not len(owners):
        return
    names, first, member, counts = np.unique(groups.tight, return_index=True, return_inverse=True, return_counts=True)
    scores = _scores(groups, owners, member, groups.numbers[first])
    sums = np.stack([np.bincount(member, column, len(names)) for column in scores.T], axis=1) / counts[:, None]
    chosen, wish = sums.argmin(axis=1)[member], scores.argmin(axis=1)
    agreed = np.bincount(member, wish == chosen) / counts
    goes = np.where(agreed[member] < AGREED, wish, chosen)
    known = np.where(agreed[member] < AGREED, scores.min(axis=1), sums.min(axis=1)[member])
    explained_well = known < np.log(EXPLAINED_ALONE * groups.tolerance)
    groups.numbers = np.where(explained_well, owners[goes], groups.numbers)


def _scores(groups: Groups, owners: Rows, member: Rows, now: Rows) -> Reals:
    """Return (n, owners): the logarithm of what each owner's prototype leaves of an image.

    Only the three nearest prototypes of a tight group and its own are asked, the others count as infinitely bad.
    """
    prototypes = [groups.learn(int(owner)) for owner in owners]
    counts = np.bincount(member)
    means = np.stack([np.bincount(member, axis) for axis in groups.pages.places.T], axis=1) / counts[:, None]
    near = ranks(means, np.stack([prototype.place for prototype in prototypes]))[:, :3]
    scores = np.full((len(member), len(owners)), 20.0)
    for number, prototype in enumerate(prototypes):
        groups.check()
        rows = np.flatnonzero(((near == number).any(axis=1) | (now == owners[number]))[member])
        scores[rows, number] = np.log(prototype.left(groups.pages, rows))
    return scores


def settle(groups: Groups) -> None:
    """Let each large group, the largest first, take in the smaller ones that it explains about as well as its own."""
    for group in groups.large():
        if not (sizes := np.bincount(groups.numbers))[group]:
            continue
        prototype = groups.learn(group)
        own = np.median(prototype.left(groups.pages, groups.spread(group, TOGETHER * SAMPLE)))
        smaller = [int(other) for other in np.flatnonzero(sizes) if SMALLEST <= sizes[other] < sizes[group]]
        if not smaller:
            continue
        near = (other for other in nearest_groups(groups, prototype.place) if other in smaller)
        tried = list(islice(near, MOST_TRIED))
        good = medians(groups, tried, prototype) < min(EXPLAINED * groups.tolerance, AS_WELL * own)
        groups.numbers[np.isin(groups.numbers, np.array(tried)[good])] = group


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
