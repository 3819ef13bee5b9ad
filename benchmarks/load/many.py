"""A lab of as many runs as wanted: copies of finished ones with other seeds, under the ids that those would have."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from digits.files import read_json, write_json
from digits.job import Job
from digits.training.run import Run, all_runs

WRITTEN = ("job.json", "status.json", "result.json", "label.json")  # of a copy; what else there is, is shared with it
HOUR_SECONDS = 3600.0


def copies(number: int) -> None:
    """Bring the lab to `number` runs: copies of its finished ones, each with a seed and an hour of its own."""
    patterns = [run for run in all_runs() if run.job.state == "finished" and run.tuning is None]
    for place in range(number - len(all_runs())):
        copy(patterns[place % len(patterns)], seed=1_000 + place, age=HOUR_SECONDS * (place + 1))


def copy(run: Run, *, seed: int, age: float) -> Run:
    """Return a copy of `run` that says that it was trained with `seed`, so many seconds earlier."""
    recipe = run.recipe.changed(seed=seed)
    fingerprint, families, _ = run.learnt_from
    found = Run(Job("runs", recipe.identity(fingerprint, families)))
    found.folder.mkdir()
    for path in run.folder.iterdir():
        if path.is_file() and path.name not in WRITTEN:
            _share(path, found.folder / path.name)
    write_json(found.folder / "job.json", {**run.spec, "recipe": recipe.as_json()})
    result = run.result()
    write_json(found.folder / "result.json", {**result, "run": found.id,
               "test_accuracy": max(0.0, result["test_accuracy"] - seed % 50 / 1_000)})  # fmt: skip
    status = read_json(run.folder / "status.json")
    write_json(found.folder / "status.json", {**status, "created": status["created"] - age})
    return found


def _share(path: Path, other: Path) -> None:
    """Give `other` the content of `path`: the same bytes of the disk where it can be, a lock of its own."""
    if path.name == "job.lock":
        shutil.copy(path, other)
        return
    os.link(path, other)
