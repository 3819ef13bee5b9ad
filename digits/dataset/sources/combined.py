"""Data sets of the lab, put together: all images of each, or so many, drawn evenly from its digits; none twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.paths import Picture
from digits.dataset.same import Hashes, fresh, united
from digits.errors import ImageError, UsageError

Rows = NDArray[np.int64]


class Part(NamedTuple):
    """A data set, which of its images are taken, and which are not because they are there already."""

    dataset: Dataset
    hashes: Hashes
    rows: Rows
    repeated: Rows


class Combined:
    """The images of `datasets`, at most `take` of each (None: all), drawn by `seed`.

    The same image comes in once, from the first data set that has it; where all are taken, the others are listed with
    the name of that one. A name says where an image comes from: `A/3/3/17.png`. Families are kept if all parts know
    theirs; those that share an image are one. Raises `UsageError` for fewer than two data sets and for one that adds
    no image, and `IntegrityError` for damaged ones.
    """

    kind = "combined"
    ignored = 0

    def __init__(self, datasets: Sequence[Dataset], *, take: int | None = None, seed: int = 42) -> None:
        check_parts(datasets, take, seed)
        self._parts = _parts(datasets, take, seed)
        self._families = _families(self._parts)
        self._there: dict[bytes, str] = {}
        self.origin = "; ".join(f"{one.name} ({one.fingerprint[:16]}): {one.report['origin']}" for one in datasets)
        licences = {one.name: str(one.report.get("licence") or "unknown") for one in datasets}
        self.licence = "\n\n".join(f"{name}: {licence}" for name, licence in licences.items())
        self.details = {
            "parts": [_about(part) for part in self._parts],
            "take": take,
            "seed": seed,
            "families": f"unknown, as those of {_unknown(datasets)} are" if self._families is None
            else "those of the parts",
        }  # fmt: skip
        for part in self._parts:
            part.dataset.verify_blocks(part.rows)

    def __len__(self) -> int:
        return sum(len(part.rows) + len(part.repeated) for part in self._parts)

    def __iter__(self) -> Iterator[Picture]:
        self._there = _names(self._parts)
        for digit in range(10):
            for place in range(len(self._parts)):
                yield from self._of(place, digit)

    def _of(self, place: int, digit: int) -> Iterator[Picture]:
        dataset, hashes, rows, repeated = self._parts[place]
        families = None if self._families is None else self._families[place]
        for row in rows[dataset.labels[rows] == digit].tolist():
            family = None if families is None else families[row]
            yield Picture(digit, f"{dataset.name}/{dataset.files[row]}", np.array(dataset.images[row]), family)
        for row in repeated[dataset.labels[repeated] == digit].tolist():
            there = ImageError(f"It is the same image as {self._there[hashes[row]]}")
            yield Picture(digit, f"{dataset.name}/{dataset.files[row]}", there)


def _parts(datasets: Sequence[Dataset], take: int | None, seed: int) -> list[Part]:
    """Return what is taken of each of `datasets`. Raises `UsageError`, naming it, if that is no image."""
    parts: list[Part] = []
    taken = np.empty(0, "S64")
    for dataset in datasets:
        hashes = dataset.hashes
        new = fresh(hashes, taken)
        if not len(new):
            raise UsageError(f"{dataset.name} adds no image: all of its {len(hashes):,} are in the others already",
                             expected="each image once, for a copy on both sides of a split is a leak",
                             do=f"Leave {dataset.name} out.")  # fmt: skip
        rows = new[drawn(dataset.labels[new], take, seed)]
        whole = take is None or take >= len(hashes)
        repeated = np.setdiff1d(np.arange(len(hashes)), new) if whole else np.empty(0, np.int64)
        parts.append(Part(dataset, hashes, rows, repeated))
        taken = np.concatenate([taken, hashes[rows]])
    return parts


def _families(parts: list[Part]) -> list[list[str]] | None:
    """Return the name of each image's family, of each part; None where one does not know its own."""
    known = [families for part in parts if (families := families_of(part.dataset)) is not None]
    if len(known) < len(parts):
        return None
    called = [f"{part.dataset.name}/{number}" for part, families in zip(parts, known, strict=True)
              for number in range(int(families.max()) + 1)]  # fmt: skip
    found = united([part.hashes for part in parts], known)
    return [[called[number] for number in families.tolist()] for families in found]


def _names(parts: list[Part]) -> dict[bytes, str]:
    """Return by its hash what each image that is there more than once is called where it is taken."""
    twice = np.concatenate([part.hashes[part.repeated] for part in parts])
    return {
        part.hashes[row]: f"{part.dataset.name}/{part.dataset.files[row]}"
        for part in parts for row in part.rows[np.isin(part.hashes[part.rows], twice)].tolist()
    }  # fmt: skip


def drawn(labels: NDArray[np.int64], take: int | None, seed: int) -> Rows:
    """Return at most `take` rows of `labels` (n,), ascending: as many of each digit, as far as there are so many.

    What a rare digit lacks goes to the others. The same seed draws the same rows anywhere.
    """
    if take is None or take >= len(labels):
        return np.arange(len(labels))
    wanted = _evenly(np.bincount(labels, minlength=10), take)
    chosen = [
        np.random.default_rng((seed, digit)).permutation(np.flatnonzero(labels == digit))[:count]
        for digit, count in enumerate(wanted)
    ]
    return np.sort(np.concatenate(chosen))


def _evenly(counts: NDArray[np.int64], take: int) -> list[int]:
    """Return how many of each digit, summing to `take`, when there are `counts` (10,)."""
    wanted, left = [0] * len(counts), take
    for place, digit in enumerate(np.argsort(counts, kind="stable").tolist()):
        wanted[digit] = min(int(counts[digit]), left // (len(counts) - place))
        left -= wanted[digit]
    return wanted


def check_parts(datasets: Sequence[Dataset], take: int | None, seed: int = 42) -> None:
    """Raise `UsageError` unless `datasets` can be combined; no image is read."""
    if len(datasets) < 2:
        raise UsageError("There is nothing to combine", expected="two data sets or more", received=len(datasets))
    if take is not None and take < 10:
        raise UsageError(
            "So few cannot be drawn evenly", expected="at least 10 images of each data set", received=take
        )
    if not 0 <= seed < 2**32:
        raise UsageError("seed is out of bounds", expected=f"0 to {2**32 - 1}", received=seed)
    seen: dict[str, str] = {}
    for dataset in datasets:
        if dataset.fingerprint in seen:
            raise UsageError(f"{seen[dataset.fingerprint]} and {dataset.name} hold the same images",
                             expected="each image once, for a copy on both sides of a split is a leak",
                             do="Leave one out.")  # fmt: skip
        seen[dataset.fingerprint] = dataset.name


def _about(part: Part) -> dict[str, object]:
    report = part.dataset.report
    return {"name": part.dataset.name, "fingerprint": part.dataset.fingerprint, "images": len(part.rows),
            "origin": report["origin"], "licence": report.get("licence", ""),
            "fitted": report.get("fitted")}  # fmt: skip


def _unknown(datasets: Sequence[Dataset]) -> str:
    return " and ".join(one.name for one in datasets if families_of(one) is None)
