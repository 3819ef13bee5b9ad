"""Maps whose files are damaged or gone."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from digits import job as jobs
from digits import settings
from digits.embedding import maps
from digits.embedding.maps import draw_again, drawn
from digits.embedding.recipe import MapRecipe
from digits.engine import local
from digits.errors import ConflictError, IntegrityError
from digits.files import Lock, write_json
from digits.job import Job
from digits.training.run import all_runs


@pytest.fixture
def job() -> Job:
    """A map that is being drawn, of which nothing can be seen yet."""
    job = Job("maps", "one")
    lock = jobs.create(job, {}, owner="ann")
    assert lock is not None
    lock.close()
    return job


def keep(job: Job) -> None:
    """Write what can be seen, as its worker does."""
    places = np.arange(50)
    np.savez(job.folder / "map.npz", places=places, rows=places, positions=np.zeros((50, 2), np.float32))
    (job.folder / "sheet.png").touch()


def test_a_map_is_seen_as_soon_as_its_files_are_there(job: Job) -> None:
    assert drawn(job) is None
    keep(job)
    found = drawn(job)
    assert found is not None
    assert (len(found.places), found.positions.shape) == (50, (50, 2))


@pytest.mark.parametrize("cut", [0, 200, -30])
def test_a_cut_map_says_that_it_is_damaged(job: Job, cut: int) -> None:
    keep(job)
    path = job.folder / "map.npz"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(IntegrityError, match=r"The map one is damaged: .*Draw it again"):
        drawn(job)


@pytest.mark.parametrize("name", ["map.npz", "sheet.png"])
def test_a_finished_map_without_one_of_its_files_is_damaged(job: Job, name: str) -> None:
    keep(job)
    write_json(job.folder / "status.json", {"state": "finished"})
    (job.folder / name).unlink()
    with pytest.raises(IntegrityError, match=f"The map one is damaged: .*{name}"):
        drawn(job)


@pytest.mark.usefixtures("furnished")
def test_a_map_is_drawn_again_whatever_became_of_it_but_not_while_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[Lock] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock, leash: held.append(lock))
    recipe = MapRecipe(run=all_runs()[0].id, points=50)
    job = draw_again(recipe, owner="ann")
    keep(job)
    with pytest.raises(ConflictError, match="is at work"):
        draw_again(recipe, owner="bob")
    held.pop().close()
    assert draw_again(recipe, owner="bob") == job
    assert (len(held), job.status()["owner"], drawn(job)) == (1, "bob", None)
    held.pop().close()


def test_a_map_that_cannot_be_sent_to_a_worker_does_not_count_as_at_work(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(settings, "part", full)
    monkeypatch.setattr(maps, "part", full)
    monkeypatch.setattr(local.subprocess, "Popen", full)
    with pytest.raises(OSError, match="No space"):
        maps._send(job, jobs.reopen(job, owner="ann"), leashed=False)
    assert not job.alive
