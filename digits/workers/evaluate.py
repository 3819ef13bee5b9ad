"""The evaluating worker: runs on the data sets of the lab. `python -m digits.workers.evaluate EVALUATION`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import DigitsError, IntegrityError, StoppedError
from digits.evaluation.cross import evaluate
from digits.evaluation.kept import keep
from digits.files import Json, write_json
from digits.training.framed import framed_images
from digits.training.queue import wait_for_slot
from digits.training.run import Run, find_run
from digits.workers.desk import Desk, work


class Progress:
    """How many images were read of how many, and how long the others will take."""

    def __init__(self, desk: Desk, total: int) -> None:
        self.desk, self.total, self.done = desk, total, 0
        self.began = time.monotonic()

    def add(self, images: int) -> None:
        """Count `images` as read. Raises `StoppedError` if a stop was asked for."""
        self.desk.check()
        self.done += images
        left = (time.monotonic() - self.began) / self.done * max(0, self.total - self.done) if self.done else None
        self.desk.say(urgent=False, phase="reading", done=min(self.done, self.total), total=self.total,
                      seconds_left=left)  # fmt: skip


def main(desk: Desk) -> None:
    """Evaluate every pair of `desk`'s job, and keep each result as soon as it is there.

    What is gone or damaged does not keep the others from being read; the job then ends as failed and names it.
    """
    desk.say(phase="waiting")
    slot = wait_for_slot(desk.job, owner=desk.status["owner"], stopped=desk.stopped)
    desk.say(state="running", phase="reading the data", started=time.time())
    pairs: list[Json] = desk.job.spec()["pairs"]
    wrong: list[str] = []
    found = list(_found(pairs, wrong))
    progress = Progress(desk, sum(int(dataset.report["images"]) for _, dataset in found))
    for _, group in groupby(sorted(found, key=_order), key=_order):
        _together(list(group), progress, wrong)
    slot.close()
    write_json(desk.job.folder / "result.json", {"pairs": len(pairs), "wrong": wrong})
    if wrong:
        raise IntegrityError(f"{len(wrong)} of {len(pairs)} could not be evaluated", received="; ".join(wrong[:3]))


def _found(pairs: list[Json], wrong: list[str]) -> Iterator[tuple[Run, Dataset]]:
    for pair in pairs:
        try:
            run = find_run(pair["run"])
            run.recipe  # noqa: B018 - what cannot be read is said here
            yield run, Dataset.of(pair["dataset"], pair["fingerprint"])
        except DigitsError as error:
            wrong.append(str(error))


def _order(pair: tuple[Run, Dataset]) -> tuple[str, str]:
    """Return what two pairs share that read the same ink."""
    return pair[1].fingerprint, pair[0].recipe.frame


def _together(pairs: list[tuple[Run, Dataset]], progress: Progress, wrong: list[str]) -> None:
    """Evaluate runs on one data set in one frame: its images are checked and framed once."""
    try:
        ink = _ink(*pairs[0])
    except DigitsError as error:
        wrong.append(str(error))
        return
    for run, dataset in pairs:
        before = progress.done
        try:
            keep(run, evaluate(run, dataset, ink, pause=progress.add))
        except StoppedError:
            raise
        except DigitsError as error:
            wrong.append(str(error))
        progress.add(len(ink) - (progress.done - before))  # those that were left out


def _ink(run: Run, dataset: Dataset) -> NDArray[np.uint8]:
    dataset.check()
    return framed_images(dataset, run.recipe)


if __name__ == "__main__":
    work(main, "evaluations")
