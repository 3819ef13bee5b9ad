"""Starting jobs on this machine: one process a job, in a session of its own, so that it outlives the app."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from digits import job as jobs
from digits import machine, settings, watch
from digits.dataset.dataset import Dataset, free
from digits.dataset.sources.combined import check_parts
from digits.dataset.split import split_by, split_of
from digits.engine import death
from digits.engine.sweep import sweep, sweep_build
from digits.errors import ConflictError, IntegrityError
from digits.files import Json, Lock
from digits.job import Job
from digits.training import room
from digits.training.queue import draw_ticket
from digits.training.recipe import Recipe
from digits.training.run import Run

# What workers are given unless somebody says otherwise: how long a thread looks for more work before it sleeps, and
# from how many bytes on memory that is let go goes back to the machine at once.
OURS = {"GOMP_SPINCOUNT": "1000", "MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}


def launch(worker: str, job: Job, lock: Lock, *, leash: int | None = None) -> None:
    """Start `digits.workers.<worker>` for `job` and hand it the lock that is held.

    Where a `leash` is given, the worker finds it as its standard input, and ends with this process.
    """
    os.set_inheritable(lock.descriptor, True)
    try:
        with (job.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"digits.workers.{worker}", job.id, str(lock.descriptor)],
                stdin=subprocess.DEVNULL if leash is None else leash, stdout=log, stderr=log, cwd=settings.PROJECT,
                env=environment(), pass_fds=(lock.descriptor,), start_new_session=True,
            )  # fmt: skip
    finally:
        lock.close()  # the worker has it now; where it could not start, the job counts as interrupted
    threading.Thread(target=_reap, args=(process, job.folder, machine.memory_kills()), daemon=True).start()


def _reap(process: subprocess.Popen[bytes], folder: Path, memory_kills: int | None) -> None:
    """Wait for a worker's end, so that it does not stay a zombie, say of what it died, and remove its leavings."""
    if status := process.wait():
        more = memory_kills != machine.memory_kills()
        with suppress(OSError, IntegrityError, KeyError):  # somebody deleted it meanwhile, or it is damaged
            watch.tell(folder, death.cause(status, folder / "worker.log", kernel_ended_some=more), first=True)
    if folder.parent.name == "builds":
        sweep_build(folder)


def environment() -> dict[str, str]:
    """Return what a worker inherits: this process's environment, with the lab and the project named.

    PyTorch's threads look for more work at full speed before they sleep. On a busy machine they take each other's
    core away meanwhile: looking less often costs 3 to 5 % alone and trains many times as fast beside other programs
    (`benchmarks/waiting.py`). What PyTorch's layers let go after an update, the next one asks for again: kept in the
    process, a convolutional network trains in two thirds of the processor time. A duel takes each framework as it
    comes (`digits.workers.ring`).
    """
    return {
        **OURS,
        **os.environ,
        "DIGITS_HOME": str(settings.home()),
        "PYTHONPATH": os.pathsep.join([str(settings.PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONUNBUFFERED": "1",
    }


def start_training(recipe: Recipe, *, owner: str, again: bool = False) -> Run:
    """Start the run of `recipe`, or open the one that exists; `again` makes another of the same recipe.

    Raises `NotFoundError` if the data set does not exist, and `UsageError` if it cannot be split so, or takes more
    memory than there is.
    """
    dataset = Dataset.open(recipe.dataset)
    room.check(recipe, images=dataset.report["images"])
    families = split_by(dataset, recipe)
    spec: Json = {"recipe": recipe.as_json(), "fingerprint": dataset.fingerprint}
    if recipe.split == "family":
        split_of(dataset, recipe)  # what cannot be dealt out is refused before anything waits
        spec["families"] = families
    first_name = dataset.report.get("name", dataset.name)  # a renamed data set is the same: so are the runs on it
    identity, number = recipe.changed(dataset=first_name).identity(dataset.fingerprint, families), 1
    while True:
        job = Job("runs", identity if number == 1 else f"{identity}-{number}")
        lock = jobs.create(job, spec, owner=owner)
        if lock is not None:
            enqueue(job, lock, owner)
            return Run(job)
        if not again:
            return Run(job)
        number += 1


def resume(run: Run, *, owner: str) -> None:
    """Go on with an ended run from its last checkpoint. Raises `ConflictError` if there is nothing left to do.

    A tuning begins again, beside the queue.
    """
    if run.job.state == "finished":
        raise ConflictError(f"{run.id} is finished", do="Train it again to have another one of the same recipe.")
    if run.tuning:
        launch("tune", run.job, jobs.reopen(run.job, owner=owner))
        return
    enqueue(run.job, jobs.reopen(run.job, owner=owner), owner)


def start_anew(worker: str, job: Job, spec: Json, *, owner: str) -> None:
    """Start `job`, whose worker waits for a slot, in place of an ended one; one that is at work stays as it is."""
    lock = jobs.create(job, spec, owner=owner)
    if lock is None and job.state not in jobs.LIVE:
        job.delete()
        lock = jobs.create(job, spec, owner=owner)
    if lock is not None:
        enqueue(job, lock, owner, worker)


def enqueue(job: Job, lock: Lock, owner: str, worker: str = "train") -> None:
    """Start `worker` for `job`, whose `lock` is held, with a place in the queue for it."""
    try:
        draw_ticket(job, owner)
    except BaseException:
        lock.close()
        raise
    launch(worker, job, lock)


def start_build(
    source: str | Path, name: str, *, owner: str, then: list[Json] | None = None, more: Json | None = None
) -> Job:
    """Start building `name` from `source`; afterwards, train the recipes in `then`.

    `more` may hold the `labels` of IDX images, a `licence`, and what people `called` uploads. Raises `UsageError` for
    a bad name and `ConflictError` for one that is taken.
    """
    free(name)
    sweep()
    job = Job("builds", secrets.token_hex(8))
    spec = {"source": str(source), "name": name, "then": then or [], **(more or {})}
    lock = jobs.create(job, spec, owner=owner)
    if lock is None:
        raise ConflictError(f"There is a build {job.id} already", do="Try again.")
    launch("build", job, lock)
    return job


def start_combining(parts: list[str], name: str, *, owner: str, take: int | None = None, seed: int = 42) -> Job:
    """Start building `name` of the data sets `parts`, at most `take` images of each, drawn by `seed`.

    Raises `UsageError` if they do not fit together, `NotFoundError` if one does not exist, and as `start_build`.
    """
    check_parts([Dataset.open(part) for part in parts], take, seed)
    return start_build("", name, owner=owner, more={"parts": parts, "take": take, "seed": seed})
