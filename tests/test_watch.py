from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digits import job as jobs
from digits import watch
from digits.files import Json, Lock, read_json, write_json
from digits.job import Job
from digits.watch import Silence, Watch
from tests.processes import lives, wait_until_dead

WORKER = """
import sys, time
from digits.job import Job
from digits.files import Lock
from digits.workers.desk import Desk
desk = Desk(Job("runs", "abc"), Lock(Job("runs", "abc").lock_path, descriptor=int(sys.argv[1])))
desk.say(state="running")
print("there", flush=True)
time.sleep(120)
"""


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.05)
    lock = jobs.create(Job("runs", "abc"), {}, owner="ann")
    assert lock is not None
    os.set_inheritable(lock.descriptor, True)
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(lock.descriptor)], pass_fds=(lock.descriptor,),
                               start_new_session=True, stdout=subprocess.PIPE, text=True)  # fmt: skip
    lock.close()
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def seen_by(watcher: Watch, *, seconds: int, every: float = 1.0) -> None:
    """Let a watcher look for so many of its own seconds, which pass at once."""
    for number in range(int(seconds / every) + 1):
        watcher.look(number * every)


def watcher_of(folder: Path) -> Watch:
    watcher = Watch()
    watcher._silences[folder] = None  # without its thread: the test looks by a clock of its own
    return watcher


def test_a_stopped_worker_is_ended_after_15_seconds_of_the_watchers_clock(worker: subprocess.Popen[str]) -> None:
    job, watcher = Job("runs", "abc"), watcher_of(Job("runs", "abc").folder)
    os.kill(worker.pid, signal.SIGSTOP)
    seen_by(watcher, seconds=14)
    assert (job.state, lives(worker.pid)) == ("running", True)
    watcher.look(15.0)
    wait_until_dead(worker.pid)
    assert job.state == "interrupted"
    assert "gave no sign of life for 15 s" in job.status()["error"]
    assert not job.alive, "its slot and its lock are free"


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("can't start new thread")])
def test_a_folder_that_cannot_be_looked_at_ends_the_watching_of_no_other(
    error: Exception,
    worker: subprocess.Popen[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken, folder = tmp_path / "broken", Job("runs", "abc").folder
    watcher = Watch()
    watcher._silences = {broken: None, folder: None}

    def refuse(path: Path) -> int:
        if path == broken:
            raise error
        return 1  # a beat that never changes

    monkeypatch.setattr(watch, "_beat", refuse)
    seen_by(watcher, seconds=15)
    wait_until_dead(worker.pid)
    assert broken not in watcher._silences
    assert str(error) in capsys.readouterr().err


def test_where_the_thread_has_ended_the_next_that_is_looked_at_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    watcher, looked = Watch(), threading.Event()
    watcher._thread = threading.Thread(target=looked.clear)  # as after a fork, or an error that nobody expected
    watcher._thread.start()
    watcher._thread.join()
    monkeypatch.setattr(watcher, "look", lambda _: (looked.set(), watcher._silences.clear()))
    watcher.keep(tmp_path)
    assert looked.wait(20)


def test_a_worker_that_beats_lives_on_however_long_it_says_nothing(worker: subprocess.Popen[str]) -> None:
    watcher = watcher_of(Job("runs", "abc").folder)
    beats = set()
    for look in range(4):
        end = time.monotonic() + 20
        while (now := watch._beat(Job("runs", "abc").folder)) in beats:
            assert time.monotonic() < end
            time.sleep(0.02)
        beats.add(now)
        watcher.look(look * 10.0)
    assert lives(worker.pid)


def test_a_watcher_that_slept_for_a_day_counts_two_seconds() -> None:
    silence = Silence(beat=1, looked=0.0)
    assert silence.look(1, 86_400.0) == 2.0
    assert silence.look(1, 86_401.0) == 3.0
    assert silence.look(0, 86_402.0) == 0.0, "a beat is another one, also where the clock was set back"


@pytest.mark.parametrize("change", [{"started": "1"}, {"host": "another"}, {"pid": os.getppid()}, {"started": None}])
def test_a_process_that_is_not_the_worker_is_never_ended(
    worker: subprocess.Popen[str], change: dict[str, object]
) -> None:
    path = Job("runs", "abc").folder / watch.FILE
    write_json(path, {**read_json(path), **change})
    assert not watch.end(Job("runs", "abc").folder)
    assert lives(worker.pid)


def test_a_damaged_beat_ends_nobody(worker: subprocess.Popen[str]) -> None:
    (Job("runs", "abc").folder / watch.FILE).write_bytes(b"{")
    assert not watch.end(Job("runs", "abc").folder)
    assert lives(worker.pid)


def test_whoever_asks_for_the_state_of_a_living_job_watches_it(
    worker: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(watch, "SILENT_SECONDS", 0.2)
    os.kill(worker.pid, signal.SIGSTOP)
    assert Job("runs", "abc").state == "running"
    wait_until_dead(worker.pid)
    end = time.monotonic() + 20
    while "error" not in Job("runs", "abc").status():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_job_that_ended_is_not_watched_any_more() -> None:
    lock = jobs.create(Job("runs", "abc"), {}, owner="ann")
    assert lock is not None
    lock.close()
    watcher = watcher_of(Job("runs", "abc").folder)
    watcher.look(0.0)
    assert watcher._silences == {}
    assert not Lock.is_held(Job("runs", "abc").lock_path)


def test_whoever_writes_down_why_a_worker_is_gone_is_not_taken_for_one(
    worker: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, states = Job("runs", "abc"), []

    def write(path: Path, said: Json) -> None:
        states.append(job.state)
        write_json(path, said)

    monkeypatch.setattr(watch, "write_json", write)
    worker.kill()
    worker.wait()
    watch.tell(job.folder, "It was killed")
    assert (states, job.status()["error"]) == (["interrupted"], "It was killed")


def test_what_was_told_first_of_a_worker_that_is_gone_is_left_by_whoever_only_knows_that_it_died(
    worker: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, writes, go_on = Job("runs", "abc").folder, threading.Event(), threading.Event()

    def write(path: Path, said: Json) -> None:
        writes.set()
        go_on.wait(0.3)  # long enough for another who does not wait
        write_json(path, said)

    monkeypatch.setattr(watch, "write_json", write)
    worker.kill()
    worker.wait()
    reaper = threading.Thread(target=watch.tell, args=(folder, "It died"), kwargs={"first": True})
    watcher = threading.Thread(target=watch.tell, args=(folder, "It gave no sign of life"))
    watcher.start()
    assert writes.wait(20)
    reaper.start()
    for thread in (watcher, reaper):
        thread.join(20)
    assert Job("runs", "abc").status()["error"] == "It gave no sign of life"
