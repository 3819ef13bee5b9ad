"""Where a job stands in the queue, and after what: trainings, duels, locksteps, searches wait for the same slot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from digits import job as jobs
from digits.errors import DigitsError
from digits.job import Job
from digits.training.duel import Duel
from digits.training.lockstep import Lockstep
from digits.training.queue import waiting
from digits.training.run import Run
from ui.frame import duration, plain

TITLES: dict[str, Callable[[Job], str]] = {
    "runs": lambda job: Run(job).title,
    "duels": lambda job: f"the duel of {Duel(job).title}",
    "locksteps": lambda job: f"the lockstep of {Lockstep(job).mode.title}",
    "searches": lambda job: f"the search for families in {job.spec()['dataset']}",
    "evaluations": lambda job: "an evaluation",
}


def place(job: Job) -> str:
    """Return where `job` stands in the queue, as Markdown, after what, and when that ends; nothing while at work."""
    line = waiting()
    if job not in line:
        return ""
    number = line.index(job)
    if number:
        return f"number {number + 1} in the queue{_after(line[number - 1])}"
    at_work = next(_at_work(line), None)
    if at_work is None:
        return "is next"
    left = at_work.status().get("seconds_left")
    return f"is next{_after(at_work)}" + (f", in about {duration(left)}" if left is not None else "")


def _after(job: Job) -> str:
    with suppress(DigitsError):  # it has ended and was deleted, or is damaged
        return f", after {plain(TITLES[job.kind](job))}"
    return ""


def _at_work(line: list[Job]) -> Iterator[Job]:
    for kind in TITLES:
        for job in jobs.all_jobs(kind):
            with suppress(DigitsError):
                beside = "tuning" in job.spec()  # the queue
                if job not in line and job.state == "running" and not beside:
                    yield job
