"""The families worker: finds which images of a data set are copies of one drawing.

`python -m digits.workers.families SEARCH`.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.engine import following
from digits.files import Json, locked, write_json
from digits.images.ink import to_ink
from digits.training.queue import wait_for_slot
from digits.workers.desk import Desk, work

CHUNK = 4096


def main(desk: Desk) -> None:
    """Find the families of the data set of `desk`'s job, and keep them with it."""
    spec = desk.job.spec()
    desk.say(phase="waiting")
    slot = wait_for_slot(desk.job, owner=desk.status["owner"], stopped=desk.stopped)
    desk.say(state="running", phase="checking the images", started=time.time())
    dataset = Dataset.of(spec["dataset"], spec["fingerprint"])
    dataset.check()
    found = _find(desk, dataset, spec["tolerance"])
    write_json(desk.job.folder / "result.json", found)
    slot.close()
    with locked(following.lock_of(desk.job)):  # whoever comes later starts what is wanted itself
        desk.say(**following.start_all(desk.job, owner=desk.status["owner"]))


def _find(desk: Desk, dataset: Dataset, tolerance: float) -> Json:
    """Search, keep what was found as people's words would have it; return the answer of the command."""
    from digits.dataset.families.search import search  # numba, which is compiled here the first time

    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done) if done else None
        desk.say(urgent=False, phase="looking for copies", done=done, total=total, seconds_left=left)

    found = search(_ink(dataset), dataset.labels, tolerance=tolerance, progress=progress, stopped=desk.stopped)
    seconds = round(time.monotonic() - began, 2)
    about = {"by": "search", "tolerance": tolerance, "seconds": seconds, "found": int(found.families.max()) + 1}
    dataset = Dataset.of(dataset.name, dataset.fingerprint)  # it may have been renamed meanwhile
    families = words.keep_found(dataset, found.families, found.changes, about)
    return {"dataset": dataset.name, **store.counts(families, dataset.labels), "seconds": seconds}


def _ink(dataset: Dataset) -> NDArray[np.uint8]:
    parts = range(0, len(dataset.images), CHUNK)
    return np.concatenate([to_ink(np.asarray(dataset.images[start : start + CHUNK])) for start in parts])


if __name__ == "__main__":
    work(main, "searches")
