"""Tunings that somebody asks for: a run of its own each, started at once and beside the queue of trainings.

A person who has just said what a drawing was waits for the answer, and a tuning takes seconds on one thread.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.errors import UsageError
from digits.files import Json
from digits.job import LIVE, Job
from digits.training import taught, tuning
from digits.training.run import Run, all_runs
from digits.training.taught import Taught

MOST_DRAWINGS = 5_000  # that a tuning takes: more are a data set
Drawn = Callable[[str], Taught]  # the drawings, framed as it is asked


def start_tuning(parent: Run, drawn: Drawn, *, owner: str) -> Run:
    """Start tuning the finished run `parent` on drawings, or open the run that exists; an ended one begins again.

    Raises `ConflictError` if `parent` is not finished, `UsageError` if there is nothing to learn from,
    `NotFoundError` if its data set is gone, and `IntegrityError` for what is damaged.
    """
    parent.result()
    found = lessons(parent, drawn)
    run = tuned_run(parent, found)
    lock = jobs.create(run.job, _spec(parent, found), owner=owner)
    if lock is None and run.job.state not in (*LIVE, "finished"):
        run.job.delete()
        lock = jobs.create(run.job, _spec(parent, found), owner=owner)
    if lock is None:
        return run
    try:
        _furnish(run, parent, found)
    except BaseException:
        lock.close()
        run.job.delete()
        raise
    local.launch("tune", run.job, lock)
    return run


def lessons(parent: Run, drawn: Drawn) -> Taught:
    """Return the drawings that `parent` is to be tuned on, some of them held out. Raises as `start_tuning`."""
    found = drawn(parent.recipe.frame)
    if not 1 <= len(found.entries) <= MOST_DRAWINGS:
        raise UsageError("There is nothing to learn from" if not found.entries else "These are too many drawings",
                         expected=f"1 to {MOST_DRAWINGS:,} drawings", received=len(found.entries))  # fmt: skip
    known: frozenset[str] = taught.read(parent.folder).learnt if parent.tuning else frozenset()
    seen, tested = taught.parts_of(parent, found)
    found = found.after(known | found.hashes(seen), tested)
    if found.held.all():
        raise UsageError("There is nothing to learn from", received="drawings that the model is tested on",
                         expected="others", do="Draw more.")  # fmt: skip
    return found


def tuned_run(parent: Run, found: Taught) -> Run:
    """Return the run that tuning `parent` on these drawings is, whether it exists or not."""
    return Run(Job("runs", tuning.identity(parent.id, tuning.tuned_recipe(parent.recipe), found.identity)))


def origin(run: Run) -> Run | None:
    """Return the run that was trained in the beginning: itself if `run` was not tuned; None if it is gone."""
    there = {one.id: one for one in all_runs()}
    found: Run | None = run
    while found is not None and found.tuning:
        found = there.get(found.spec["parent"])
    return found


def _spec(parent: Run, found: Taught) -> Json:
    families = {"families": parent.spec["families"]} if "families" in parent.spec else {}
    before = parent.tuning or {"name": parent.label["name"], "recipe": parent.recipe.as_json()}
    about = tuning.counts(found.digits.tolist(), found.writers)
    return {
        "recipe": tuning.tuned_recipe(parent.recipe).as_json(), "fingerprint": parent.spec["fingerprint"], **families,
        "parent": parent.id, "drawings": found.identity,
        "tuning": {"name": before["name"], "recipe": before["recipe"], **about, "held_out": int(found.held.sum())},
    }  # fmt: skip


def _furnish(run: Run, parent: Run, found: Taught) -> None:
    """Put into the folder of `run` all that it begins with: where it is trained, its parent may be gone."""
    Dataset.of(parent.recipe.dataset, parent.spec["fingerprint"])
    with suppress(FileNotFoundError):
        shutil.copyfile(parent.folder / "split.npz", run.folder / "split.npz")
    found.save(run.folder)
    shutil.copyfile(parent.kept("weights.safetensors"), run.folder / "checkpoint.safetensors")
