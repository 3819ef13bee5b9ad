from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.engine.sweep import orphans, sweep
from digits.files import write_json
from digits.job import LIVE, Job
from digits.training import variants
from digits.training.recipe import Recipe
from tests import factory
from tests.evaluation import made_run


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


def test_both_files_of_an_upload_and_what_was_downloaded_are_gone_when_the_build_has_died() -> None:
    images, labels = (settings.part("uploads") / name for name in ("images.gz", "labels.gz"))
    lock = jobs.create(Job("builds", "dead"), {"source": str(images), "labels": str(labels), "name": "x", "then": []},
                       owner="ann")  # fmt: skip
    assert lock is not None
    for path in (images, labels, Job("builds", "dead").folder / "download" / "mnist.npz"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    sweep()
    assert images.exists(), "its build is at work"
    assert labels.exists()
    lock.close()
    sweep()
    assert list(settings.part("uploads").iterdir()) == []
    assert not (Job("builds", "dead").folder / "download").exists()


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


def kept_map(id: str, *, run: str, features: str, of: str | None = None) -> None:
    """A finished map that `run` asked for first, of the images of the data set with the fingerprint `of`."""
    job = Job("maps", id)
    lock = jobs.create(job, {"run": run, "dataset": None, "features": features}, owner="ann")
    assert lock is not None
    lock.close()
    write_json(job.folder / "result.json", {"map": id, **({"fingerprint": of} if of else {})})


def test_maps_of_pixels_stay_with_their_data_set_and_those_of_a_hidden_layer_with_their_run() -> None:
    made_run("here")
    there = "0" * 64
    (settings.part("datasets") / "mine").mkdir()
    write_json(settings.part("datasets") / "mine" / "report.json", factory.report(there))
    for features in ("pixels", "hidden"):
        kept_map(f"{features}-of-gone", run="gone", features=features, of=there)
        kept_map(f"{features}-of-here", run="here", features=features, of=there)
    kept_map("other-pixels", run="here", features="pixels", of="1" * 64)
    kept_map("old-pixels", run="gone", features="pixels")
    sweep()
    kept = {job.id for job in jobs.all_jobs("maps")}
    assert kept == {"pixels-of-gone", "pixels-of-here", "hidden-of-here"}


@pytest.mark.parametrize("kind", ["runs", "duels", "locksteps", "searches"])
def test_half_removed_folders_of_every_kind_are_removed(kind: str) -> None:
    folder = settings.part(kind) / ".gone-1"
    folder.mkdir()
    os.utime(folder, (0, 0))
    sweep()
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["builds", "maps", "exports"])
def test_a_damaged_job_stops_neither_the_sweep_nor_what_else_it_removes(kind: str) -> None:
    for id in ("first", "damaged", "last"):
        dead = dead_build(id, settings.part("uploads") / "one.zip")
        assert (dead.folder / "staging").exists()
    damaged = Job(kind, "damaged")
    damaged.folder.mkdir(exist_ok=True)
    (damaged.folder / "job.json").write_text("{")
    sweep()
    assert damaged.folder.exists(), "a person may want to look at it"
    assert not [job for job in jobs.all_jobs("builds") if (job.folder / "staging").exists()]


def test_variants_stay_as_long_as_a_run_that_lives_trains_on_them() -> None:
    recipe = Recipe(framework="pytorch", dataset="mine", rotation=5.0)
    asked = {"recipe": recipe.as_json(), "fingerprint": "0" * 64}
    lock = jobs.create(Job("runs", "living"), asked, owner="ann")
    assert lock is not None
    for folder in (variants.key_of(asked), "another"):
        (settings.part("variants") / folder).mkdir()
        (settings.part("variants") / folder / "1.npy").write_bytes(b"x")
    sweep()
    assert [path.name for path in settings.part("variants").iterdir()] == [variants.key_of(asked)]
    lock.close()
    sweep()
    assert list(settings.part("variants").iterdir()) == []


def test_uploads_stay_while_a_living_build_does_not_say_what_it_reads() -> None:
    upload = settings.part("uploads") / "one.zip"
    upload.write_bytes(b"PK")
    os.utime(upload, (0, 0))
    living = Job("builds", "living")
    lock = jobs.create(living, {"source": str(upload), "name": "x", "then": []}, owner="ann")
    assert lock is not None
    (living.folder / "job.json").write_text("{")
    sweep()
    assert upload.exists()
    lock.close()
    sweep()
    assert not upload.exists()


def test_what_is_whole_and_says_nothing_keeps_no_sweep_from_its_end() -> None:
    locks = [jobs.create(Job(kind, "empty"), {}, owner="ann") for kind in ("runs", "builds", "maps")]
    (settings.part("variants") / "1").mkdir()
    (settings.part("uploads") / "1").write_bytes(b"an archive")
    (settings.part("framed") / "1").write_bytes(b"images")
    os.utime(settings.part("uploads") / "1", (0, 0))
    (settings.part("datasets") / "ghost").mkdir()
    for report in ({}, {**factory.report("0" * 64), "fingerprint": []}):
        write_json(settings.part("datasets") / "ghost" / "report.json", report)
        sweep()
        assert list(orphans()) == []
        assert {
            path.name for name in ("variants", "uploads", "framed") for path in settings.part(name).iterdir()
        } == {"1"}
    (settings.part("datasets") / "ghost" / "report.json").unlink()
    sweep()
    assert [job.id for job in jobs.all_jobs("maps")] == ["empty"]
    for lock in locks:
        assert lock is not None
        lock.close()
