"""Locksteps: a job each, kept under what was asked for and shown again at once."""

from __future__ import annotations

from dataclasses import asdict, replace

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.job import Job
from digits.settings import FRAMEWORKS, cores
from digits.training import room
from digits.training.lockstep import KIND, Lockstep, Mode


def start_lockstep(mode: Mode, *, owner: str) -> Lockstep:
    """Start the lockstep of `mode`, or open the one that is finished or at work.

    Raises `NotFoundError`, and `UsageError` if it takes more memory than there is.
    """
    dataset = Dataset.open(mode.dataset)
    room.check(*map(mode.recipe, FRAMEWORKS), images=dataset.report["images"])
    found = lockstep_of(mode)
    if found is None or found.result() is None:
        mode = replace(mode, threads=mode.threads or cores())
        job = Job(KIND, mode.identity(dataset.fingerprint))
        local.start_anew("lockstep", job, {**asdict(mode), "fingerprint": dataset.fingerprint}, owner=owner)
        found = Lockstep(job)
    return found


def lockstep_of(mode: Mode) -> Lockstep | None:
    """Return the lockstep of `mode` on this data set, whatever became of it; None where nobody asked for it."""
    mode = replace(mode, threads=mode.threads or cores())
    job = Job(KIND, mode.identity(Dataset.open(mode.dataset).fingerprint))
    return Lockstep(job) if (job.folder / "job.json").exists() else None


def all_locksteps() -> list[Lockstep]:
    """Return all locksteps of the lab, newest first."""
    return [Lockstep(job) for job in jobs.all_jobs(KIND)]
