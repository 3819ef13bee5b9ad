"""A data set that was built is there, whatever becomes of the trainings that were to follow it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.files import Lock
from digits.job import Job
from digits.training.run import all_runs
from digits.workers import build
from digits.workers.desk import Desk, attempt
from tests import factory
from tests.starter import small


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Lock]:
    """Trainings are not started: each waits with its lock held."""
    locks: list[Lock] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: locks.append(lock))
    return locks


def built(source: Path, *then: dict[str, Any]) -> Job:
    """The job of a build that has ended, run in this process."""
    job = Job("builds", "one")
    spec = {"source": str(source), "name": "mine", "then": list(then)}
    lock = jobs.create(job, spec, owner="ann")
    assert lock is not None
    attempt(build.main, Desk(job, lock))
    lock.close()
    return job


@pytest.mark.usefixtures("held")
def test_a_training_that_cannot_start_is_named_and_the_build_is_finished_and_the_others_start(tmp_path: Path) -> None:
    source = factory.folder(tmp_path / "source", factory.digit_files(6))
    bad, good = (small(framework).changed(dataset="mine") for framework in settings.FRAMEWORKS)
    job = built(source, bad.changed(split="family", folds=5).as_json(), good.as_json())
    assert (job.state, dataset_names()) == ("finished", ["mine"]), job.status()
    assert [run.recipe.framework for run in all_runs()] == ["tensorflow"]
    assert job.status()["runs"] == [run.id for run in all_runs()]
    (reason,) = job.status()["refused"]
    for page in ("app.py", "pages/dataset.py"):
        app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
        app.switch_page(page).run()
        assert not app.exception, app.exception
        said = [warning.value.replace("\\", "") for warning in app.warning]
        assert f"The data set was built, but what was to follow could not start: {reason}" in said, page
    next(button for button in app.button if button.label == "Dismiss").click().run()
    assert not app.warning
    assert dataset_names() == ["mine"]


def test_a_disk_that_refuses_a_training_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/lab/runs/.new-1")

    monkeypatch.setattr(local, "start_training", refuse)
    job = built(factory.folder(tmp_path / "source", factory.digit_files(6)), small("pytorch").as_json())
    assert job.state == "finished"
    assert "/lab/runs cannot be read or written" in job.status()["refused"][0]
