"""What writes into a lab, as a command each, and what must hold when a write was refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

from benchmarks.faults_jobs import drawing
from benchmarks.faults_lab import recipe, run
from benchmarks.faults_saves import source
from digits import doctor, drawings, settings
from digits import job as jobs
from digits.dataset.build import build
from digits.dataset.dataset import dataset_names, delete
from digits.dataset.sources import open_source
from digits.engine import local
from digits.engine.tuning import start_tuning
from digits.files import Lock, read_json, unwritable
from digits.job import Job
from digits.training.run import Run
from digits.training.taught import of_kept

REFUSED = ["nothing was started"]
KEEP = """
import sys
from benchmarks.faults_jobs import drawing
from digits import drawings
from digits.files import unwritable
try:
    drawings.keep(3, drawing(3))
except OSError as error:  # as pages show it
    sys.exit(str(unwritable(error) or error))
"""


@dataclass(frozen=True)
class Writer:
    """A command that writes into the lab; of a worker, `job` is what it works at."""

    command: list[str]
    job: Job | None = None

    def said(self, done: subprocess.CompletedProcess[bytes]) -> str:
        """Return what a person is told of it: nothing where it did what it should."""
        if self.job is None or done.args == REFUSED:
            return done.stderr.decode().strip()
        state = self.job.state
        return "" if state == "finished" else str(self.job.status().get("error") or f"{state}, without a word")

    def run(self, *strace: str) -> subprocess.CompletedProcess[bytes]:
        """Run it, with the lock of its job inherited, as its starter does; under `strace` if that is given."""
        if self.job is None:
            return run([*strace, *self.command])
        try:
            lock = jobs.reopen(self.job, owner="ann")
        except OSError as error:  # as pages show it
            return subprocess.CompletedProcess(REFUSED, 1, b"", str(unwritable(error)).encode())
        try:
            descriptor = (lock.descriptor,)
            return run([*strace, *self.command, str(lock.descriptor)], descriptors=descriptor)
        finally:
            lock.close()


def _worker(name: str, start: Callable[[], Job]) -> Writer:
    """Return the worker of a job that is asked for, and not started."""

    def keep(worker: str, job: Job, lock: Lock, **_: object) -> None:
        lock.close()

    with mock.patch.object(local, "launch", keep):
        job = start()
    return Writer([sys.executable, "-m", f"digits.workers.{name}", job.id], job)


def furnish() -> None:
    """Put 500 images, a run of them and a drawing into the lab: what the writers work with."""
    build(open_source(source()), "some", staging=settings.part("builds") / "by-hand")
    drawings.keep(3, drawing(0))
    parent = training()
    assert parent.run().returncode == 0


def building() -> Writer:
    """Return the build of a data set that is not there."""
    if "mine" in dataset_names():
        delete("mine")
    return _worker("build", lambda: local.start_build(source(), "mine", owner="ann"))


def training(again: bool = True) -> Writer:
    """Return a training of three epochs."""
    chosen = recipe("pytorch", dataset="some", epochs=3, network="8", threads=1)
    return _worker("train", lambda: local.start_training(chosen, owner="ann", again=again).job)


def tuning() -> Writer:
    """Return a tuning, of other drawings each time."""
    drawings.keep(5, drawing(len(drawings.all_drawings())))
    parent = next(Run(job) for job in jobs.all_jobs("runs") if job.state == "finished" and not Run(job).tuning)
    kept = drawings.all_drawings()
    return _worker("tune", lambda: start_tuning(parent, lambda how: of_kept(kept, how), owner="ann").job)


def keeping() -> Writer:
    """Return the keeping of a drawing."""
    return Writer([sys.executable, "-c", KEEP])


WRITERS: dict[str, Callable[[], Writer]] = {
    "build": building, "training": training, "tuning": tuning, "drawing": keeping,
}  # fmt: skip


def damage() -> list[str]:
    """Return what the doctor finds, but a disk that is almost full, after it has mended what can be mended."""
    for finding in list(doctor.findings()):
        if finding.mend is not None:
            finding.mend()
    return [finding.what for finding in doctor.findings() if "MB free" not in finding.what]


def wrong(writer: Writer, done: subprocess.CompletedProcess[bytes]) -> str | None:
    """Return what does not hold after a refused write; None where all does."""
    said = writer.said(done)
    if said and str(settings.home()) not in said:
        return f"it is not said which folder: {said[:200]}"
    if found := damage():
        return f"damaged: {found[:2]}"
    again = writer.run() if said and writer.job is not None and writer.job.kind == "runs" else None
    if again is not None and writer.job is not None and writer.job.state != "finished":
        return f"it does not go on: {read_json(writer.job.folder / 'status.json').get('error')}"
    return None
