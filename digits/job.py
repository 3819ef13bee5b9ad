"""A job: a folder that a worker process fills, and that anybody may read at any time.

    job.json      what was asked for: written once          status.json   written by whoever holds the lock
    job.lock      held as long as the worker lives          stop          anybody's wish that it end
    worker.log    what the worker printed

A status says what the worker last wrote; whether the worker lives is told by the lock alone. A status that says
queued or running while the lock is free means that the worker was interrupted.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from digits import settings, watch
from digits.errors import ConflictError, IntegrityError, NotFoundError
from digits.files import Json, Lock, read_json, write_json

LIVE = ("queued", "running")


@dataclass(frozen=True)
class Job:
    """One job, named by its kind (`runs`, `builds`, …: a folder of the lab) and its id."""

    kind: str
    id: str

    @cached_property
    def folder(self) -> Path:
        """Where its files are, in the lab in which it was looked for first; a page asks for it many times a run."""
        return settings.part(self.kind) / self.id

    @property
    def lock_path(self) -> Path:
        """The file whose lock its worker holds."""
        return self.folder / "job.lock"

    @property
    def alive(self) -> bool:
        """Whether a worker holds its lock now."""
        return Lock.is_held(self.lock_path)

    def spec(self, **entries: type) -> Json:
        """Return what was asked for, which has `entries` of these types.

        Raises `NotFoundError` if the job is gone, and `IntegrityError`.
        """
        with self._there():
            return read_json(self.folder / "job.json", **entries)

    def status(self) -> Json:
        """Return the worker's last word; `state` is *interrupted* where it died before its end.

        Whoever asks watches a living worker from then on, and ends it where it gives no sign of life.

        Raises `NotFoundError` if the job is gone, and `IntegrityError`.
        """
        with self._there():
            status = read_json(self.folder / "status.json", state=str)
            if status["state"] in LIVE and self.alive:
                watch.keep(self.folder)
            elif status["state"] in LIVE:
                status = read_json(self.folder / "status.json", state=str)  # it may have ended between the two looks
                if status["state"] in LIVE:
                    status["state"] = "interrupted"
            return status

    @property
    def state(self) -> str:
        """Return *queued*, *running*, *finished*, *stopped*, *failed* or *interrupted*."""
        return str(self.status()["state"])

    def request_stop(self) -> None:
        """Ask the worker to end at its next step. Raises `NotFoundError` if the job is gone."""
        with self._there():
            (self.folder / "stop").touch()

    def delete(self) -> None:
        """Remove the folder. Raises `ConflictError` while a worker is at work in it, and `NotFoundError`."""
        doomed = self.folder.with_name(f".gone-{self.id}-{secrets.token_hex(4)}")
        with self._there():
            lock = Lock(self.lock_path)
            try:
                if not lock.acquire(wait_seconds=0.2):
                    raise ConflictError(f"{self.id} is at work", do="Stop it first.")
                self.folder.rename(doomed)
            finally:
                lock.close()
        shutil.rmtree(doomed, ignore_errors=True)

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Turn a missing file into the error that says so: somebody may delete a job while another looks at it."""
        try:
            yield
        except FileNotFoundError as error:
            name = Path(error.filename).name if error.filename else "its files"
            raise NotFoundError(f"The {self.kind.rstrip('s')} {self.id} is not there any more",
                                expected=f"{name} in its folder") from error  # fmt: skip


def create(job: Job, spec: Json, *, owner: str) -> Lock | None:
    """Make the folder of `job`, in one rename, with its lock already held; None if it exists.

    The lock is to be handed to the worker (`engine.local.launch`).
    """
    staging = settings.part(job.kind) / f".new-{secrets.token_hex(8)}"
    staging.mkdir()
    lock = Lock(staging / "job.lock")  # first of all: what is not locked is swept away
    lock.acquire()
    try:
        write_json(staging / "job.json", spec)
        write_json(staging / "status.json", fresh_status(owner))
        staging.rename(job.folder)
    except BaseException as error:  # a full disk, too: whoever lives on must not go on holding the lock
        lock.close()
        shutil.rmtree(staging, ignore_errors=True)
        if isinstance(error, OSError) and job.folder.exists():
            return None
        raise
    return lock


def reopen(job: Job, *, owner: str) -> Lock:
    """Take the lock of an ended job to start its worker again. Raises `ConflictError` if it is at work."""
    lock = Lock(job.lock_path)
    if not lock.acquire(wait_seconds=3.0):  # a worker that has said its last word takes a moment to end
        lock.close()
        raise ConflictError(f"{job.id} is at work already")
    try:
        (job.folder / "stop").unlink(missing_ok=True)
        write_json(job.folder / "status.json", fresh_status(owner))
    except BaseException:
        lock.close()
        raise
    return lock


def fresh_status(owner: str) -> Json:
    """Return the status of a job whose worker has not spoken yet."""
    return {"state": "queued", "owner": owner, "created": time.time(), "phase": "starting"}


def seconds_since(moment: float) -> float:
    """Return the seconds since a moment that a status tells, none at least: the clock may have been set back."""
    return max(0.0, time.time() - moment)


def all_jobs(kind: str) -> list[Job]:
    """Return the jobs of a kind, the one asked for last first; what is being made or removed is not among them."""
    return sorted(_those_there(kind), key=_asked, reverse=True)


def jobs_on(kind: str, fingerprint: str) -> list[Job]:
    """Return the jobs of a kind on the data set of that fingerprint, newest first, without what is damaged."""
    found = []
    for job in all_jobs(kind):
        with suppress(IntegrityError, NotFoundError):  # nobody can say whose it is, or how: the doctor names it
            if job.spec().get("fingerprint") == fingerprint and job.status():
                found.append(job)
    return found


def _those_there(kind: str) -> list[Job]:
    there = settings.entries(kind)  # a link may lead out of the lab
    folders = [one for one in there if not one.name.startswith(".") and not one.is_symlink()]
    return [Job(kind, one.name) for one in folders if os.path.exists(f"{one.path}/job.json")]  # noqa: PTH110 faster


def _asked(job: Job) -> float:
    """Return when a job was asked for last: its status keeps it, whoever names or copies the folder."""
    with suppress(FileNotFoundError, IntegrityError):
        asked = read_json(job.folder / "status.json").get("created")
        return float(asked if isinstance(asked, int | float) else job.folder.stat().st_mtime)
    return 0.0  # damaged, or gone meanwhile


def find(kind: str, id: str) -> Job:
    """Return the job of that id, looked up among what exists. Raises `NotFoundError`."""
    for job in _those_there(kind):
        if job.id == id:
            return job
    raise NotFoundError(f"There is no {kind.rstrip('s')} {id!r}", do=f"`python -m digits list {kind}` lists them.")
