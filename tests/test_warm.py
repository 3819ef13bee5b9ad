from __future__ import annotations

import errno
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digits import files, settings
from digits import job as jobs
from digits.engine import warm
from digits.engine.leash import Collar
from digits.files import Json
from digits.job import Job


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[warm.Door]:
    """The door of a warm worker that has no hands free."""
    monkeypatch.setattr(warm, "LOOK_SECONDS", 0.01)
    opened = warm.Door("embed", "maps", Collar())
    yield opened
    opened.close(at_once=True)


def handed(*ids: str, leash: int | None = None) -> list[Job]:
    """Jobs that wait at the door, which alone holds their locks."""
    given = [Job("maps", id) for id in ids]
    for job in given:
        lock = jobs.create(job, {}, owner="ann")
        assert lock is not None
        assert warm.hand("embed", job, lock, leash)
        lock.close()
    return given


def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_job_that_waits_is_stopped_on_a_full_disk_too_and_the_others_stay_in_line(
    door: warm.Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = handed("first", "second")

    def refuse(path: Path, _: Json) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_json", refuse)
        first.request_stop()
        until(lambda: not first.alive)
    (third,) = handed("third")
    assert (first.state, second.state) == ("stopped", "queued")
    assert [told[0] for told in (door.next(wait_seconds=1), door.next(wait_seconds=1)) if told] == [second, third]


def test_a_damaged_status_of_one_that_waits_closes_the_door_for_nobody(door: warm.Door) -> None:
    (damaged,) = handed("damaged")
    (damaged.folder / "status.json").write_bytes(b"{")
    damaged.request_stop()
    (other,) = handed("other")
    other.request_stop()
    until(lambda: not other.alive)
    assert other.state == "stopped"
    following = door.next(wait_seconds=1)
    assert following is not None
    assert following[0] == damaged, "the worker says what is wrong with it when its turn has come"


def test_a_door_that_could_not_be_answered_once_is_answered_again(
    door: warm.Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, refused = socket.socket.accept, []

    def refuse_once(listening: socket.socket) -> tuple[socket.socket, object]:
        if not refused:
            refused.append(True)
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listening)

    monkeypatch.setattr(socket.socket, "accept", refuse_once)
    until(lambda: bool(refused))
    (job,) = handed("job")
    assert job.alive


def test_the_leash_comes_with_the_job_and_the_command_line_gives_none(
    door: warm.Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[int, int] | None] = []

    def take(_: Collar, descriptor: int | None) -> None:
        taken.append(None if descriptor is None else os.fstat(descriptor)[1:3])

    monkeypatch.setattr(Collar, "take", take)
    leash, ours = os.pipe()
    handed("of-an-app", leash=leash)
    until(lambda: len(taken) == 1)
    handed("of-a-command")
    until(lambda: len(taken) == 2)
    assert taken == [os.fstat(leash)[1:3], None]
    for descriptor in (leash, ours):
        os.close(descriptor)


def test_a_copied_lab_leaves_the_originals_worker_alone(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = warm.Door("embed", "maps", Collar())
    address = warm._address(settings.part("slots") / "embed.json")
    shutil.copytree(lab, tmp_path / "copy")
    monkeypatch.setenv("DIGITS_HOME", str(tmp_path / "copy"))
    copied = warm.Door("embed", "maps", Collar())
    assert copied.close()
    monkeypatch.setenv("DIGITS_HOME", str(lab))
    assert Path(address).exists(), "the original's door is still there"
    assert door.close()
    assert not Path(address).exists()
