"""Searches for families: a job each, whose result is kept with the data set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.families.store import about, families_of
from digits.engine import following, local
from digits.engine.sweep import sweep
from digits.errors import ConflictError, DigitsError, IntegrityError, NotFoundError, UsageError
from digits.files import Json, canonical, sha256
from digits.job import LIVE, Job

KIND = "searches"
TRIES = 5  # a search may end while something is added to it; then another one is started
LOOSEST = 2.0  # a tolerance above it calls different drawings the same


def start_search(dataset: Dataset, *, owner: str, tolerance: float = 1.0, then: list[Json] | None = None) -> Job:
    """Start looking for the families of `dataset`, or open the search that is at it; afterwards start `then`.

    `then` are recipes, and duels as `digits.engine.duels.asked` returns them; they follow a search that is at work
    too, and where that has just found the families they start now. What a search finds replaces what is known. Raises
    `UsageError` for a tolerance and where the source knew the families, and `ConflictError` if another process was
    faster.
    """
    if not 0.3 <= tolerance <= LOOSEST:
        raise UsageError("The tolerance is out of bounds", expected=f"0.3 to {LOOSEST:g}", received=tolerance)
    if _source_knows(dataset):
        raise UsageError(f"The source of {dataset.name} says which images belong together",
                         do="Correct it on the page Dataset; a search would replace it.")  # fmt: skip
    sweep()
    job = Job(KIND, sha256(canonical([dataset.fingerprint, tolerance]))[:16])
    spec = {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "tolerance": tolerance, "then": then or []}
    for _ in range(TRIES):
        local.start_anew("families", job, spec, owner=owner)
        if not then or _is_followed(job, then, dataset, owner):
            return job
    raise ConflictError(f"The search for families of {dataset.name} ends again and again", do="Try again.")


def _is_followed(job: Job, then: list[Json], dataset: Dataset, owner: str) -> bool:
    """See to it that `then` follows `job`; False if that has ended meanwhile and found nothing."""
    with suppress(NotFoundError):
        there = job.spec()["then"]
        if all(one in there for one in then) or following.add(job, then, owner=owner):
            return True
    if not _found(dataset):
        return False
    for wanted in then:
        following.start(wanted, owner=owner)
    return True


def _found(dataset: Dataset) -> bool:
    with suppress(IntegrityError):
        return families_of(dataset) is not None
    return False


def _source_knows(dataset: Dataset) -> bool:
    """Tell whether the families are those of the source, and sound: damaged ones may be looked for."""
    with suppress(IntegrityError):
        return about(dataset).get("by") == "source" and _found(dataset)
    return False


def searches_of(dataset: Dataset) -> list[Job]:
    """Return the searches of `dataset`, whatever it was called then, newest first."""
    return jobs.jobs_on(KIND, dataset.fingerprint)


def ensure_families(dataset: Dataset, owner: str, watch: Callable[[Job], Json]) -> None:
    """Find the families of `dataset` if they are unknown; `watch` follows the job to its end.

    Raises `DigitsError` if the search did not finish, and `IntegrityError` if what is kept of them is damaged.
    """
    if families_of(dataset) is not None:
        return
    job = start_search(dataset, owner=owner)
    watch(job)
    why = why_not(job)
    if why:
        raise DigitsError(f"The families of {dataset.name} were not found: {why}")


def why_not(job: Job) -> str:
    """Return in words why the search `job` found nothing; nothing if it did, or is at work."""
    status = job.status()
    if status["state"] in ("finished", *LIVE):
        return ""
    return f"the search {status['state']}: {status.get('error') or 'its process died'}"
