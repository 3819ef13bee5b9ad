"""How a worker ends on a disk that takes nothing more, and out of memory."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from digits import files, settings
from digits import job as jobs
from digits.files import write_json
from digits.job import Job
from digits.workers import desk as desks
from digits.workers.desk import Desk, attempt


@pytest.fixture
def desk() -> Desk:
    lock = jobs.create(Job("runs", "abc"), {}, owner="ann")
    assert lock is not None
    return Desk(Job("runs", "abc"), lock)


def refuse(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_on_a_disk_that_takes_nothing_more_the_status_says_which_folder(
    desk: Desk, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(desk: Desk) -> None:
        desk.say(state="running")
        refuse(number, monkeypatch)
        write_json(desk.job.folder / "result.json", {})

    assert not attempt(main, desk)
    status = desk.job.status()
    assert status["state"] == "failed"
    assert str(settings.home()) in status["error"]
    assert os.strerror(number) in status["error"]
    there = {path.name for path in desk.job.folder.iterdir()}
    assert there == {"beat", "job.json", "job.lock", "status.json"}, "nothing half-made, and nothing elsewhere"


def test_a_worker_that_cannot_write_its_first_beat_says_which_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(errno.ENOSPC, monkeypatch)
    with pytest.raises(OSError, match="No space left"):
        Desk(desk.job, desk.lock)
    status = desk.job.status()
    assert (status["state"], str(settings.home()) in status["error"]) == ("failed", True)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 bytes")]
)
def test_out_of_memory_is_said_in_a_sentence_whoever_ran_out(desk: Desk, error: Exception) -> None:
    def main(desk: Desk) -> None:
        raise error

    assert not attempt(main, desk)
    assert "ran out of memory" in desk.job.status()["error"]


def test_an_error_of_another_kind_keeps_its_own_words(desk: Desk) -> None:
    assert desks._sentence(FileNotFoundError(errno.ENOENT, "No such file", "x")).startswith("FileNotFoundError")


def test_the_last_word_replaces_a_longer_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "status.json"
    write_json(path, {"state": "running", "more": "x" * 100})
    refuse(errno.ENOSPC, monkeypatch)
    files.last_word(path, {"state": "failed"})
    assert files.read_json(path) == {"state": "failed"}
