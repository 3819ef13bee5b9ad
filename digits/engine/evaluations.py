"""Evaluations that the app starts: one job for many runs and data sets, whose results are kept with the runs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.engine.sweep import sweep
from digits.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from digits.evaluation.kept import is_own, kept
from digits.files import canonical, sha256
from digits.job import LIVE, Job
from digits.training.run import Run

KIND = "evaluations"
Pair = tuple[Run, Dataset]


def missing(runs: Iterable[Run], datasets: Iterable[Dataset]) -> list[Pair]:
    """Return which of the finished `runs` were not evaluated on which of `datasets` yet."""
    there = list(datasets)
    return [(run, one) for run in runs for one in there if not is_own(run, one) and kept(run, one) is None]


def start_evaluations(pairs: list[Pair], *, owner: str) -> Job:
    """Start evaluating each run on its data set in one job, or open the job that is at it.

    Raises `UsageError` if there is nothing to do, and `ConflictError` if another process was faster.
    """
    if not pairs:
        raise UsageError("There is nothing to evaluate", expected="a finished run and another data set")
    sweep()
    asked = sorted((run.id, dataset.fingerprint) for run, dataset in pairs)
    job = Job(KIND, sha256(canonical([list(pair) for pair in asked]))[:16])
    names = {dataset.fingerprint: dataset.name for _, dataset in pairs}
    spec = {"pairs": [{"run": run, "fingerprint": known_by, "dataset": names[known_by]} for run, known_by in asked]}
    local.start_anew("evaluate", job, spec, owner=owner)
    return job


def recent() -> list[Job]:
    """Return the evaluations at work, and the newest one if it did not finish."""
    states: list[tuple[Job, str]] = []
    for job in jobs.all_jobs(KIND)[:10]:
        with suppress(ConflictError, IntegrityError, NotFoundError):  # it is damaged, or was deleted meanwhile
            states.append((job, job.state))
    return [job for place, (job, state) in enumerate(states) if state in LIVE or (not place and state != "finished")]
