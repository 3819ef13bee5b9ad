"""The building worker: makes a data set, then starts the trainings that were asked for with it.

`python -m digits.workers.build BUILD`.
"""

from __future__ import annotations

import time

from digits.dataset.build import build
from digits.dataset.sources import open_source
from digits.engine import local
from digits.files import write_json
from digits.training.recipe import Recipe
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Build the data set of `desk`'s job."""
    spec = desk.job.spec()
    desk.say(state="running", phase="opening the source", started=time.time())
    source = open_source(spec["source"])
    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done) if done else None
        desk.say(urgent=False, phase="reading", done=done, total=total, seconds_left=left)

    staging = desk.job.folder / "staging"
    report = build(source, spec["name"], staging=staging, progress=progress, stopped=desk.stopped)
    write_json(desk.job.folder / "result.json", report)
    runs = [local.start_training(Recipe(**recipe), owner=desk.status["owner"]) for recipe in spec["then"]]
    desk.say(runs=[run.id for run in runs])


if __name__ == "__main__":
    work(main, "builds")
