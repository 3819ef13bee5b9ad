"""The search for families, digit by digit: two digits at once where there are two cores."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from digits.dataset.families import frame
from digits.dataset.families.groups import TIGHT, Groups, adopt, assign, components, gather, settle
from digits.dataset.families.kernels import register_pairs
from digits.dataset.families.neighbours import Rows, neighbours
from digits.dataset.families.prototype import Pages, Reals
from digits.dataset.families.splitting import split
from digits.dataset.families.words import numbered
from digits.errors import StoppedError, UsageError
from digits.settings import cores

Result = TypeVar("Result")
NEIGHBOURS = 8
FAINTEST = 25  # of 255: an image without darker ink is blank, and cannot be registered
SHARP_BLUR = 0.3  # pixels: what is finer is no ink but the noise of shrinking
LOOKED, PAIRED, GATHERED = 0.1, 0.5, 0.8  # how much of the work is done by then


@dataclass(frozen=True)
class Found:
    """The families of a data set."""

    families: NDArray[np.int64]  # (n,) from 0: those of lower digits first, of a digit the larger ones first
    changes: NDArray[np.float32]  # (n,) pixels: how far, on average, an image's ink lies from where its family's does


@dataclass
class Digit:
    """The work on the images of one digit."""

    rows: Rows  # of the data set, in an order that depends on their pixels alone
    check: Callable[[], None]
    done: float = 0.0
    frames: Reals = field(init=False)
    groups: Groups = field(init=False)

    def reach(self, done: float) -> None:
        """Note how much of the work is done, and stop if that is wished."""
        self.check()
        self.done = max(self.done, done)


def search(  # noqa: PLR0913
    images: NDArray[np.uint8], labels: NDArray[np.integer[Any]], *, seed: int = 0, tolerance: float = 1.0,
    progress: Callable[[int, int], None] = lambda done, total: None, stopped: Callable[[], bool] = lambda: False,
) -> Found:  # fmt: skip
    """Find which of `images` (n, 28, 28) uint8 ink are copies of one drawing; `labels` (n,) are their digits.

    No family holds two digits. Names and order play no part: the same images in another order give the same families.
    A larger `tolerance` calls more alike the same. `progress` gets images done and their number, some times a second;
    `stopped` is asked as often. Raises `StoppedError`, and `UsageError` for other arrays.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        received = f"{images.dtype} {images.shape} and labels {labels.shape}"
        raise UsageError(
            "Families cannot be looked for", expected="uint8 (n, 28, 28) and labels (n,)", received=received
        )
    over = threading.Event()

    def check() -> None:
        if over.is_set():
            raise StoppedError("The search for families was stopped")

    inked = images.max(axis=(1, 2), initial=0) > FAINTEST
    digits = [Digit(_ordered(images, (labels == label) & inked), check) for label in np.unique(labels[inked])]
    crew = Crew(digits, over, progress, stopped)
    crew.work(lambda digit: _search(digit, images, seed, tolerance))
    return _found(digits, labels)


def _search(digit: Digit, images: NDArray[np.uint8], seed: int, tolerance: float) -> None:
    """Find the families of one digit."""
    mine, generator = images[digit.rows], np.random.default_rng(seed)
    blurred = frame.padded(frame.soften(mine, frame.PAIR_BLUR))
    frames, looks = frame.frames(mine, blurred)
    digit.frames = frames.astype(np.float64)
    places = frame.principal(looks, generator)
    digit.done = LOOKED
    pairs = neighbours(places, NEIGHBOURS, generator)
    left = _registered(digit, blurred, pairs)
    digit.done = PAIRED
    tight = components(pairs[left < TIGHT * tolerance], len(mine))
    pages = Pages(frame.soften(mine, SHARP_BLUR), digit.frames, places)
    digit.groups = Groups(pages, tight, generator, tolerance, check=digit.check)
    gather(digit.groups, lambda share: digit.reach(PAIRED + (GATHERED - PAIRED) * share))
    split(digit.groups)
    assign(digit.groups)
    settle(digit.groups)
    adopt(digit.groups, pairs, left)
    digit.done = 1.0


def _registered(digit: Digit, blurred: frame.Floats, pairs: Rows) -> Reals:
    """Return (p,) what each pair leaves: the root of the share of the template's energy."""
    left = np.empty(len(pairs))
    for start in range(0, len(left), 5_000):
        digit.check()
        part = slice(start, start + 5_000)
        register_pairs(blurred, digit.frames, pairs[part], left[part])
        digit.done = LOOKED + (PAIRED - LOOKED) * start / len(left)
    return np.sqrt(left)


def _ordered(images: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> Rows:
    """Return the chosen rows, ordered by their pixels: the order of a data set plays no part."""
    rows = np.flatnonzero(chosen)
    whole = np.ascontiguousarray(images[rows]).reshape(len(rows), -1).view("V784")[:, 0]
    return np.asarray(rows[np.argsort(whole, kind="stable")])


def _found(digits: list[Digit], labels: NDArray[np.integer[Any]]) -> Found:
    """Number the families; blank images are one family of their digit."""
    groups, changes = np.full(len(labels), -1, np.int64), np.zeros(len(labels), np.float32)
    for digit in digits:
        groups[digit.rows] = groups.max() + 1 + digit.groups.numbers
        changes[digit.rows] = _changes(digit)
    blank = groups < 0
    groups[blank] = groups.max() + 1 + labels[blank]
    return Found(numbered(groups, labels.astype(np.int64)), changes)


def _changes(digit: Digit) -> NDArray[np.float64]:
    """Return (k,) pixels: in the common frame ink has unit covariance, so the mean over it is a sum of squares."""
    _, member, sizes = np.unique(digit.groups.numbers, return_inverse=True, return_counts=True)
    flat = digit.frames.reshape(-1, 6)
    mean = np.stack([np.bincount(member, column) for column in flat.T], axis=1) / sizes[:, None]
    return np.asarray(np.sqrt(((flat - mean[member]) ** 2).sum(axis=1)))


@dataclass
class Crew:
    """A few threads that share the digits out, while this one reports and listens."""

    digits: list[Digit]
    over: threading.Event
    progress: Callable[[int, int], None]
    stopped: Callable[[], bool]

    def work(self, act: Callable[[Digit], Result]) -> list[Result]:
        """Do `act` to each digit, the largest first; return the results in the order of the digits."""
        largest = sorted(self.digits, key=lambda digit: -len(digit.rows))
        with ThreadPoolExecutor(max(1, min(cores(), len(largest)))) as pool:
            futures = {id(digit): pool.submit(act, digit) for digit in largest}
            try:
                self._watch(set(futures.values()))
            except BaseException:
                self.over.set()  # the threads end at their next check
                for future in futures.values():
                    future.cancel()
                raise
            return [futures[id(digit)].result() for digit in self.digits]

    def _watch(self, waiting: set[Future[Result]]) -> None:
        """Report and listen until all is done, or one has failed."""
        while waiting:
            done, waiting = wait(waiting, timeout=0.2, return_when="FIRST_COMPLETED")
            for future in done:
                future.result()
            if self.stopped():
                raise StoppedError("The search for families was stopped")
            total = sum(len(digit.rows) for digit in self.digits)
            self.progress(int(sum(digit.done * len(digit.rows) for digit in self.digits)), total)
