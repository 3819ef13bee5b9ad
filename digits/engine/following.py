"""What follows a search for families, or a build: trainings and duels that wait until it has ended.

job.json `then`   what was asked for with the search, or the build, to which nothing is added
then.jsonl        what was asked for while it was at work, a line each
then.lock         held by whoever adds a line, and by the worker while it starts all; afterwards nothing can be added
"""

from __future__ import annotations

from pathlib import Path

from digits.engine import local
from digits.engine.duels import start_asked
from digits.errors import DigitsError, NotFoundError
from digits.files import Json, append_line, locked, parse_lines, unwritable
from digits.job import LIVE, Job
from digits.training.duel import Duel
from digits.training.recipe import Recipe
from digits.training.run import Run

FILE, LOCK = "then.jsonl", "then.lock"


def wanted_after(job: Job) -> list[Json]:
    """Return what is to follow the search `job`, whoever asked for it. Raises as `Job.spec`."""
    return [wanted for wanted, _ in _wanted(job, "")]


def add(job: Job, wanted: list[Json], *, owner: str) -> bool:
    """Let `wanted` follow the search `job` too; False if it is too late for that."""
    try:
        with locked(job.folder / LOCK):
            status = job.status()
            if status["state"] not in LIVE or "runs" in status:
                return False
            there = wanted_after(job)
            for one in wanted:
                if one not in there:
                    append_line(job.folder / FILE, {"wanted": one, "owner": owner})
            return True
    except (FileNotFoundError, NotFoundError):  # another search has taken its place
        return False


def start(wanted: Json, *, owner: str) -> Run | Duel:
    """Start a duel, as `digits.engine.duels.asked` returned it, or the training of a recipe. Raises `DigitsError`."""
    if "duel" in wanted:
        return start_asked(wanted, owner=owner)
    return local.start_training(Recipe(**wanted), owner=owner)


def start_all(job: Job, *, owner: str) -> Json:
    """Start what is to follow `job`: ids of `runs` and `duels`, and why others were `refused`.

    Only for who holds its `then.lock`, where something may be added.
    """
    started: list[Run | Duel] = []
    refused: list[str] = []
    for wanted, whose in _wanted(job, owner):
        try:
            started.append(start(wanted, owner=whose))
        except DigitsError as error:  # it does not keep the others from starting
            refused.append(str(error))
        except OSError as error:
            refused.append(str(unwritable(error) or error))
    return {"runs": [one.id for one in started if isinstance(one, Run)],
            "duels": [one.id for one in started if isinstance(one, Duel)], "refused": refused}  # fmt: skip


def lock_of(job: Job) -> Path:
    """Return the file to be locked while all that follows `job` is started and its status says so."""
    return job.folder / LOCK


def _wanted(job: Job, owner: str) -> list[tuple[Json, str]]:
    """Return what is to follow, each with whose it is: of what was asked for with the search, that is `owner`."""
    path = job.folder / FILE
    added = parse_lines(path.read_bytes(), f"{job.id}/{FILE}") if path.exists() else []
    return [(one, owner) for one in job.spec().get("then", [])] + [(one["wanted"], one["owner"]) for one in added]
