"""The map worker: `python -m digits.workers.embed MAP`. One a lab; it stays warm for what comes next.

UMAP takes seconds to import, and two of its maps at once can end a process (numba's workqueue layer), so there is one
process, one map at a time. A second one that is started in the same moment hands its job to the first and ends.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import settings, watch
from digits.embedding import layout
from digits.embedding.images import Images, identity, images_of
from digits.embedding.recipe import MapRecipe
from digits.engine import warm
from digits.engine.leash import Collar
from digits.engine.warm import Door
from digits.errors import DigitsError, IntegrityError, StoppedError
from digits.figures.maps import sheet
from digits.files import Lock, replace, write_json
from digits.job import Job
from digits.seal import packed
from digits.training.run import find_run
from digits.watch import Beat
from digits.workers.desk import Desk, adopt, attempt
from digits.workers.ending import Ears

IDLE_SECONDS = 600.0
JUDGED = 5_000  # points on which a map is judged: the measure compares every pair


def main() -> None:
    """Draw the map that this process was started for, then all that are handed in, until nobody asks any more."""
    began, ears, collar, leash = time.perf_counter(), Ears(), Collar(), sys.stdin.fileno()
    collar.take(os.dup(leash))
    desk = adopt("maps")
    ears.last_word = desk.give_up
    try:
        seat = _seat(desk, leash)
    except StoppedError as error:
        desk.stop(str(error))
        return
    if seat is None:
        return
    door = Door("embed", "maps", collar)
    while True:
        attempt(partial(draw, began=began), desk)
        desk.lock.close()
        following = _following(door, seat, desk)
        if following is None:
            return
        desk, began = following, time.perf_counter()
        ears.last_word = desk.give_up


def _seat(desk: Desk, leash: int | None) -> Lock | None:
    """Wait until no other process draws maps; None if one took the job of `desk`. Raises `StoppedError`.

    Whoever holds the seat beats beside it: one that was stopped while nobody asked for a map is ended here.
    """
    folder = settings.part("slots") / "embed"
    folder.mkdir(exist_ok=True)
    seat = Lock(folder / "job.lock")
    while not seat.acquire(wait_seconds=0.1):
        watch.keep(folder)
        desk.check()
        if warm.hand("embed", desk.job, desk.lock, leash):
            return None
    Beat(folder)
    return seat


def _following(door: Door, seat: Lock, last: Desk) -> Desk | None:
    """Wait for the next job; None after ten idle minutes, at a signal, or when the lab is gone."""
    end = time.monotonic() + float(os.environ.get("DIGITS_IDLE_SECONDS", IDLE_SECONDS))
    while True:
        handed = door.next(wait_seconds=0.0 if last.signalled else 0.5)
        desk = _sit_down(*handed) if handed is not None and not last.signalled else None
        if desk is not None:
            return desk
        idle = last.signalled or time.monotonic() > end or not _is_here(seat)
        if idle and door.close(at_once=last.signalled):
            return None


def _is_here(seat: Lock) -> bool:
    """Tell whether the lab still holds the lock that this process holds."""
    try:
        return seat.path.stat().st_ino == os.fstat(seat.descriptor).st_ino
    except FileNotFoundError:
        return False


def _sit_down(job: Job, lock: Lock) -> Desk | None:
    """Return the desk of a job that was handed in; what is printed goes into its log from now on.

    None where it cannot be begun, because its status is damaged for example: the next one is not to suffer from that.
    """
    try:
        log = os.open(job.folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        return Desk(job, lock)
    except (OSError, DigitsError):
        traceback.print_exc()
        lock.close()
        return None


def draw(desk: Desk, *, began: float) -> None:
    """Draw the map of `desk`'s job, and judge it. `seconds` are those of the job without the start of the process."""
    recipe = MapRecipe(**desk.job.spec())
    desk.check()
    desk.say(state="running", phase="starting UMAP")
    layout.warm_up()
    start = time.perf_counter()
    desk.say(phase="reading the images", started=time.time(), start_seconds=start - began)
    images = images_of(recipe)
    if identity(recipe, images) != desk.job.id:
        raise IntegrityError("The images of this map are others now", do="Draw it again.")
    ink = images.ink()
    features, width = _features(recipe, images, ink)
    positions = layout.layout(features, recipe, width=width, progress=Reporter(desk).report)
    _keep(desk.job.folder, images, positions, ink)
    seconds = time.perf_counter() - start
    desk.say(phase="judging", seconds=seconds, seconds_left=None)
    result = {"map": desk.job.id, "fingerprint": images.dataset.fingerprint, "points": len(positions),
              "seconds": seconds, "start_seconds": start - began}  # fmt: skip
    write_json(desk.job.folder / "result.json", {**result, "trustworthiness": judge(features, positions)})


def _features(recipe: MapRecipe, images: Images, ink: NDArray[np.uint8]) -> tuple[NDArray[Any], int]:
    """Return (n, …) features and their full width: the last hidden layer as its framework gave it, or ink, 0 to 1."""
    if recipe.features == "hidden":
        hidden = find_run(str(recipe.run)).evaluation("hidden")[images.places]
        return hidden, hidden.shape[1]
    return ink / np.float32(255), images.width


class Reporter:
    """Says how far a map is, and how long it still takes."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.phase, self.since = desk, "", 0.0

    def report(self, phase: str, done: int, total: int) -> None:
        """Write progress. Raises `StoppedError` where somebody asked for a stop."""
        self.desk.check()
        if phase != self.phase:
            self.phase, self.since = phase, time.monotonic()
        left = (time.monotonic() - self.since) / done * (total - done) if done else None
        self.desk.say(urgent=done == 0, phase=phase, done=done, total=total, seconds_left=left)


def _keep(folder: Path, images: Images, positions: NDArray[np.float32], ink: NDArray[np.uint8]) -> None:
    replace(folder / "sheet.png", sheet(ink.reshape(-1, 28, 28)))
    replace(folder / "map.npz", packed(places=images.places, rows=images.rows, positions=positions))


def judge(features: NDArray[Any], positions: NDArray[np.float32]) -> float:
    """Return how far neighbours on the map are neighbours in truth, 0 to 1: scikit-learn's trustworthiness of five.

    Venna, Kaski: "Neighborhood preservation in nonlinear projection methods" (2001). On at most 5,000 images.
    """
    from sklearn.manifold import trustworthiness

    some = min(len(positions), JUDGED)
    return float(trustworthiness(features[:some], positions[:some], n_neighbors=min(5, (some - 1) // 2)))


if __name__ == "__main__":
    main()
