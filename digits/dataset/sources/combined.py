"""Data sets of the lab, put together: all images of each, or so many, drawn evenly from its digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.paths import Picture
from digits.errors import UsageError

Rows = NDArray[np.int64]


class Part(NamedTuple):
    """A data set, which of its images are taken, and their families where they are known."""

    dataset: Dataset
    rows: Rows
    families: NDArray[np.int64] | None


class Combined:
    """The images of `datasets`, at most `take` of each (None: all), drawn by `seed`.

    A name says where an image comes from: `A/3/3/17.png`. Families are kept if all parts know theirs. Raises
    `UsageError` for fewer than two data sets, or two of the same images, and `IntegrityError` for damaged ones.
    """

    kind = "combined"
    ignored = 0

    def __init__(self, datasets: Sequence[Dataset], *, take: int | None = None, seed: int = 42) -> None:
        check_parts(datasets, take)
        self._parts = [Part(dataset, drawn(dataset.labels, take, seed), families_of(dataset)) for dataset in datasets]
        self._known = known = all(part.families is not None for part in self._parts)
        self.origin = "; ".join(f"{one.name} ({one.fingerprint[:16]}): {one.report['origin']}" for one in datasets)
        licences = {one.name: str(one.report.get("licence") or "unknown") for one in datasets}
        self.licence = "\n\n".join(f"{name}: {licence}" for name, licence in licences.items())
        self.details = {
            "parts": [_about(part) for part in self._parts],
            "take": take,
            "seed": seed,
            "families": "those of the parts" if known else f"unknown, as those of {_unknown(self._parts)} are",
        }
        for part in self._parts:
            part.dataset.verify_blocks(part.rows)

    def __len__(self) -> int:
        return sum(len(part.rows) for part in self._parts)

    def __iter__(self) -> Iterator[Picture]:
        for digit in range(10):
            for part in self._parts:
                yield from self._of(part, digit)

    def _of(self, part: Part, digit: int) -> Iterator[Picture]:
        dataset = part.dataset
        for row in part.rows[dataset.labels[part.rows] == digit].tolist():
            family = f"{dataset.name}/{part.families[row]}" if self._known and part.families is not None else None
            yield Picture(digit, f"{dataset.name}/{dataset.files[row]}", np.array(dataset.images[row]), family)


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


def check_parts(datasets: Sequence[Dataset], take: int | None) -> None:
    """Raise `UsageError` unless `datasets` can be combined; no image is read."""
    if len(datasets) < 2:
        raise UsageError("There is nothing to combine", expected="two data sets or more", received=len(datasets))
    if take is not None and take < 10:
        raise UsageError(
            "So few cannot be drawn evenly", expected="at least 10 images of each data set", received=take
        )
    seen: dict[str, str] = {}
    for dataset in datasets:
        for known_by in {dataset.fingerprint, *(part["fingerprint"] for part in dataset.report.get("parts", []))}:
            if known_by in seen:
                raise UsageError(f"{seen[known_by]} and {dataset.name} hold the same images",
                                 expected="each image once, for a copy on both sides of a split is a leak",
                                 do="Leave one out.")  # fmt: skip
            seen[known_by] = dataset.name


def _about(part: Part) -> dict[str, object]:
    report = part.dataset.report
    return {"name": part.dataset.name, "fingerprint": part.dataset.fingerprint, "images": len(part.rows),
            "origin": report["origin"], "licence": report.get("licence", "")}  # fmt: skip


def _unknown(parts: list[Part]) -> str:
    return " and ".join(part.dataset.name for part in parts if part.families is None)
