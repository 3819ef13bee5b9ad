"""Drawings become a data set, and again when there are more of them.

A data set never changes, and what was trained on one needs its images. So of other drawings another data set is made:
under the same name where nobody used the old one, which goes; else under a name with a number.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from digits import job as jobs
from digits.dataset import dataset as datasets
from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.sources import DRAWINGS
from digits.dataset.sources.drawings import Drawings, known_by
from digits.drawings import Kept
from digits.engine import local
from digits.engine.export import exports_of
from digits.errors import ConflictError, DigitsError, IntegrityError, NotFoundError
from digits.files import Json
from digits.job import LIVE, Job
from digits.training.duel import duels_on
from digits.training.run import runs_on

NAME = "my-drawings"


def start_drawings(name: str, *, owner: str, more: Json | None = None) -> Job:
    """Start building data set `name` of the drawings; an unused one of that name, of other drawings, goes first.

    Raises `SourceError` while a digit was never drawn, `UsageError` for the name, and `ConflictError` if it is taken.
    """
    now = Drawings().details["drawings"]
    if name in dataset_names() and Dataset.open(name).report["kind"] == DRAWINGS:
        old = Dataset.open(name)
        if old.report["drawings"] == now:
            raise ConflictError(f"{name} holds these drawings already", do="Keep more, or choose another name.")
        if used := users(old):
            raise ConflictError(f"There is a data set {name} already, and {used}", do="Choose another name.")
        datasets.delete(name)
    return local.start_build(DRAWINGS, name, owner=owner, more=more)


def users(dataset: Dataset) -> str:
    """Return who needs `dataset`, as "2 runs need its images"; empty if nobody does."""
    found = {"run": len(runs_on(dataset)), "duel": len(duels_on(dataset)), "saved file": len(exports_of(dataset))}
    counts = [f"{number} {noun}{'s' * (number > 1)}" for noun, number in found.items() if number]
    alone = sum(found.values()) == 1
    return f"{' and '.join(counts)} need{'s' * alone} its images" if counts else ""


def dataset_of_drawings(kept: list[Kept]) -> Dataset | None:
    """Return the data set that holds these drawings as they are, whatever it is called; None if there is none."""
    now = known_by(kept)
    for name in dataset_names():
        with suppress(IntegrityError, NotFoundError):
            dataset = Dataset.open(name)
            if dataset.report.get("drawings") == now:
                return dataset
    return None


def name_for_drawings() -> str:
    """Return `my-drawings`, or, where that is in use, the first of `my-drawings-2`, … that is not."""
    return next(name for number in count(1) if _can_have(name := NAME if number == 1 else f"{NAME}-{number}"))


def build_at_work() -> Job | None:
    """Return the build of drawings that is at work; None if there is none."""
    for job in jobs.all_jobs("builds")[:10]:
        with suppress(IntegrityError, NotFoundError):  # nobody can say how it is, or it was deleted meanwhile
            if job.spec()["source"] == DRAWINGS and job.state in LIVE:
                return job
    return None


def _can_have(name: str) -> bool:
    """Tell whether a data set of drawings may be built as `name`."""
    if name not in dataset_names():
        return True
    try:
        dataset = Dataset.open(name)
        return dataset.report["kind"] == DRAWINGS and not users(dataset)
    except DigitsError:  # it is damaged: nobody can say what it was
        return False
