"""Exports that the app starts: a job each, whose folder in the lab (`exports/<id>`) ends up holding the file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.export import Form
from digits.engine import local
from digits.engine.sweep import sweep
from digits.files import canonical, sha256
from digits.job import LIVE, Job

KIND = "exports"
NAME = "Digits"  # what the notebook called it


def start_export(dataset: Dataset, form: Form, *, owner: str) -> Job:
    """Start writing `dataset`, or open what was written before; an ended export whose file is not there starts again.

    Raises `ConflictError` if another process was faster.
    """
    sweep()
    asked = asdict(form)
    job = Job(KIND, sha256(canonical([dataset.fingerprint, asked]))[:16])
    spec = {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "form": asked}
    lock = jobs.create(job, spec, owner=owner)
    if lock is None and job.state not in LIVE and not file_of(job).exists():
        lock = jobs.reopen(job, owner=owner)
    if lock is not None:
        local.launch("export", job, lock)
    return job


def form_of(job: Job) -> Form:
    """Return how the export is written. Raises `UsageError` if what is stored is no form."""
    return Form(**job.spec()["form"])


def file_of(job: Job) -> Path:
    """Return where the file is, or will be: `exports/<id>/Digits.csv` in the lab."""
    return job.folder / f"{NAME}.{form_of(job).kind}"


def exports_of(dataset: Dataset) -> list[Job]:
    """Return the exports of `dataset`, whatever it was called then, newest first."""
    return jobs.jobs_on(KIND, dataset.fingerprint)
