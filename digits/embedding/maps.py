"""Maps as jobs: started once for the same recipe, drawn by the one warm worker, kept, opened again at once.

maps/<id>/   map.npz     places in the test part, rows in the data set, positions: there as soon as it can be shown
             sheet.png   the images as they were framed, side by side              result.json   seconds, judgement
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from digits import job as jobs
from digits import watch
from digits.embedding.images import identity, images_of
from digits.embedding.recipe import MapRecipe
from digits.engine import local, warm
from digits.engine.leash import leash
from digits.errors import IntegrityError, NotFoundError
from digits.files import Json, Lock, read_arrays, read_json
from digits.job import LIVE, Job
from digits.settings import part

ASKED: dict[str, type] = {"features": str}  # entries of job.json
FOUND: dict[str, type] = {"map": str, "points": int, "seconds": float, "trustworthiness": float}  # of result.json


@dataclass(frozen=True)
class Drawn:
    """What a map shows: (n,) places in the test part, (n,) rows in the data set, (n, 2) positions."""

    places: NDArray[np.int64]
    rows: NDArray[np.int64]
    positions: NDArray[np.float32]


def open_map(recipe: MapRecipe, *, owner: str, leashed: bool = True) -> Job:
    """Return the map of a recipe, started if it never was; one that failed or was stopped stays as it is.

    The worker of a `leashed` one ends with this process, as the app's are.
    """
    job = _job(recipe)
    lock = jobs.create(job, asdict(recipe), owner=owner)
    if lock is not None:
        _send(job, lock, leashed)
    return job


def start_map(recipe: MapRecipe, *, owner: str, leashed: bool = True) -> Job:
    """Return the map of a recipe, at work or finished; one that failed, was stopped or interrupted starts again."""
    job = open_map(recipe, owner=owner, leashed=leashed)
    if job.state not in (*LIVE, "finished"):
        _send(job, jobs.reopen(job, owner=owner), leashed)
    return job


def draw_again(recipe: MapRecipe, *, owner: str) -> Job:
    """Draw the map of a recipe anew, whatever became of the last one. Raises `ConflictError` while it is drawn."""
    with suppress(NotFoundError):
        _job(recipe).delete()
    return open_map(recipe, owner=owner)


def drawn(job: Job) -> Drawn | None:
    """Return what a map shows, or None while it is being drawn. Raises `IntegrityError` if it is damaged."""
    path, picture = job.folder / "map.npz", job.folder / "sheet.png"
    if not path.exists() and job.state != "finished":
        return None
    try:
        arrays = read_arrays(path, "places", "rows", "positions")
    except IntegrityError as error:
        raise IntegrityError(f"The map {job.id} is damaged", received=error, do="Draw it again.") from error
    if not picture.exists():
        raise IntegrityError(f"The map {job.id} is damaged", expected=picture.name, do="Draw it again.")
    return Drawn(*arrays)


def result(job: Job) -> Json | None:
    """Return points, seconds and trustworthiness of a finished map, else None. Raises `IntegrityError`."""
    path = job.folder / "result.json"
    return read_json(path, **FOUND) if path.exists() else None


def _job(recipe: MapRecipe) -> Job:
    return Job("maps", identity(recipe, images_of(recipe)))


def _send(job: Job, lock: Lock, leashed: bool) -> None:
    """Hand the job to the warm worker, or start one.

    The warm one is watched from here: where it was stopped, it is ended before the new one has its libraries.
    """
    with suppress(OSError):  # a lab that cannot be written is named by what comes next
        watch.keep(part("slots") / "embed")
    held = leash() if leashed else None
    if warm.hand("embed", job, lock, held):
        lock.close()
    else:
        local.launch("embed", job, lock, leash=held)
