from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import job as jobs
from digits import settings
from digits.errors import ConflictError, NotFoundError
from digits.files import Lock, read_json, write_json
from digits.job import Job


def test_a_job_appears_whole_and_locked() -> None:
    job = Job("runs", "abc")
    lock = jobs.create(job, {"what": 1}, owner="ann")
    assert lock is not None
    assert job.alive
    assert job.spec() == {"what": 1}
    assert job.status()["state"] == "queued"
    assert job.status()["owner"] == "ann"
    assert jobs.all_jobs("runs") == [job]
    lock.close()


def test_of_two_that_create_the_same_job_one_wins_and_nothing_is_left_over() -> None:
    job = Job("runs", "abc")
    lock = jobs.create(job, {"what": 1}, owner="ann")
    assert jobs.create(job, {"what": 2}, owner="bob") is None
    assert job.spec() == {"what": 1}
    assert [entry.name for entry in job.folder.parent.iterdir()] == ["abc"]
    assert lock is not None
    lock.close()


def test_on_a_full_disk_whoever_asked_does_not_go_on_holding_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    there = jobs.create(Job("runs", "abc"), {"what": 1}, owner="ann")
    assert there is not None
    there.close()

    def full(path: Path, value: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(jobs, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        jobs.create(Job("runs", "def"), {}, owner="bob")
    with pytest.raises(OSError, match="No space left"):
        jobs.reopen(Job("runs", "abc"), owner="bob")
    assert not Job("runs", "abc").alive
    assert [path.name for path in settings.part("runs").iterdir()] == ["abc"], "nothing half-made"


def test_a_status_that_says_running_with_a_free_lock_is_interrupted() -> None:
    job = Job("runs", "abc")
    lock = jobs.create(job, {}, owner="ann")
    assert lock is not None
    write_json(job.folder / "status.json", {**read_json(job.folder / "status.json"), "state": "running"})
    assert job.state == "running"
    lock.close()
    assert job.state == "interrupted"


def test_an_ended_job_is_reopened_by_one_and_its_stop_is_forgotten() -> None:
    job = Job("runs", "abc")
    first = jobs.create(job, {}, owner="ann")
    assert first is not None
    first.close()
    job.request_stop()
    lock = jobs.reopen(job, owner="bob")
    assert not (job.folder / "stop").exists()
    assert job.status()["owner"] == "bob"
    with pytest.raises(ConflictError, match="abc is at work already"):
        jobs.reopen(job, owner="cat")
    lock.close()


def test_a_job_at_work_is_not_deleted() -> None:
    job = Job("runs", "abc")
    lock = jobs.create(job, {}, owner="ann")
    assert lock is not None
    with pytest.raises(ConflictError, match=r"abc is at work\. Stop it first"):
        job.delete()
    lock.close()
    job.delete()
    assert jobs.all_jobs("runs") == []
    assert list(job.folder.parent.iterdir()) == []


@pytest.mark.parametrize("act", [Job.spec, Job.status, Job.request_stop, Job.delete])
def test_a_job_that_somebody_else_deleted_is_not_found(act: Callable[[Job], object]) -> None:
    settings.part("runs")
    with pytest.raises(NotFoundError, match="The run abc is not there any more"):
        act(Job("runs", "abc"))


def test_the_job_that_was_asked_for_last_comes_first_whatever_happened_to_the_folders() -> None:
    for id, asked in (("new", 300.0), ("old", 100.0), ("middle", 200.0)):
        job = Job("runs", id)
        lock = jobs.create(job, {}, owner="ann")
        assert lock is not None
        lock.close()
        write_json(job.folder / "status.json", {"state": "finished", "created": asked})
    write_json(Job("runs", "old").folder / "label.json", {"name": "a name", "note": ""})
    assert [job.id for job in jobs.all_jobs("runs")] == ["new", "middle", "old"]
    (Job("runs", "middle").folder / "status.json").write_text("{")
    assert [job.id for job in jobs.all_jobs("runs")] == ["new", "old", "middle"], "a damaged one has no time"


@pytest.mark.parametrize("id", ["../x", "/etc/passwd", "", ".", "..", "abc\0"])
def test_an_id_from_a_browser_is_looked_up_never_joined(id: str) -> None:
    with pytest.raises(NotFoundError, match="There is no run"):
        jobs.find("runs", id)


def test_a_job_that_is_being_made_holds_its_lock_from_the_first_file_on(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def watch(path: Path, value: object) -> None:
        held.append(Lock.is_held(path.parent / "job.lock"))
        write_json(path, value)

    monkeypatch.setattr(jobs, "write_json", watch)
    lock = jobs.create(Job("runs", "one"), {}, owner="ann")
    assert lock is not None
    assert held == [True, True]
    lock.close()
