from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.engine.sweep import sweep
from digits.job import LIVE, Job
from tests import factory


def folder_of(images: int, root: Path) -> Path:
    """A source so large that its build can be met at work: hard links to one picture a digit."""
    for digit in range(10):
        (root / str(digit)).mkdir(parents=True)
        first = root / str(digit) / "0.png"
        first.write_bytes(factory.png(digit))
        for number in range(1, images // 10):
            os.link(first, root / str(digit) / f"{number}.png")
    return root


def wait_for_images(job: Job) -> None:
    end = time.monotonic() + 60
    while not job.status().get("done"):
        assert job.state in LIVE, job.status()
        assert time.monotonic() < end
        time.sleep(0.01)


def wait_until_gone(path: Path) -> None:
    end = time.monotonic() + 20
    while path.exists():
        assert time.monotonic() < end, f"{path} is still there"
        time.sleep(0.02)


def test_a_killed_build_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path) -> None:
    source = folder_of(40_000, tmp_path / "source")
    job = local.start_build(source, "many", owner="ann")
    wait_for_images(job)
    os.kill(job.status()["pid"], signal.SIGKILL)
    wait_until_gone(job.folder / "staging")
    assert job.state == "interrupted"
    assert dataset_names() == []
    small = folder_of(20, tmp_path / "small")
    again = local.start_build(small, "many", owner="ann")
    while again.state in LIVE:
        time.sleep(0.02)
    assert (again.state, dataset_names()) == ("finished", ["many"])


def test_a_stopped_build_leaves_nothing_and_says_how_far_it_came(tmp_path: Path) -> None:
    job = local.start_build(folder_of(40_000, tmp_path / "source"), "many", owner="ann")
    wait_for_images(job)
    job.request_stop()
    while job.state in LIVE:
        time.sleep(0.02)
    assert job.state == "stopped"
    assert "of 40000 files" in job.status()["error"]
    assert not (job.folder / "staging").exists()
    assert dataset_names() == []


def dead_build(id: str, source: Path) -> Job:
    job = Job("builds", id)
    lock = jobs.create(job, {"source": str(source), "name": id, "then": []}, owner="ann")
    assert lock is not None
    lock.close()
    (job.folder / "staging").mkdir()
    return job


def test_sweeping_removes_the_leavings_of_the_dead_and_keeps_what_the_living_hold(lab: Path) -> None:
    uploads = settings.part("uploads")
    for name in ("dead.zip", "living.zip", "fresh.zip", "forgotten.zip"):
        (uploads / name).write_bytes(b"PK")
    os.utime(uploads / "forgotten.zip", (0, 0))
    dead = dead_build("dead", uploads / "dead.zip")
    living = Job("builds", "living")
    lock = jobs.create(living, {"source": str(uploads / "living.zip"), "name": "x", "then": []}, owner="ann")
    assert lock is not None
    (living.folder / "staging").mkdir()
    for name in (".new-old", ".new-fresh"):
        (settings.part("runs") / name).mkdir()
    os.utime(settings.part("runs") / ".new-old", (0, 0))
    (settings.part("datasets") / ".deleted-1").mkdir()
    np.save(settings.part("datasets") / ".deleted-1" / "images.npy", np.zeros(3))
    sweep()
    assert sorted(path.name for path in uploads.iterdir()) == ["fresh.zip", "living.zip"]
    assert not (dead.folder / "staging").exists()
    assert (living.folder / "staging").exists()
    assert [path.name for path in settings.part("runs").iterdir()] == [".new-fresh"]
    assert list(settings.part("datasets").iterdir()) == []
    lock.close()
