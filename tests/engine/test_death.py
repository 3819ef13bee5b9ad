from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from digits import job as jobs
from digits.engine import death, local
from digits.job import Job


@pytest.mark.parametrize(
    ("status", "log", "killed", "said"),
    [
        (-signal.SIGKILL, "", True, death.OUT_OF_MEMORY),
        (-signal.SIGKILL, "", False, "Its process was killed by somebody"),
        (-signal.SIGABRT, "terminate called\n  what():  std::bad_alloc\n", False, death.OUT_OF_MEMORY),
        (-signal.SIGSEGV, "", False, "Its process died (SIGSEGV); worker.log in its folder may say more"),
        (1, "ImportError: no", False, "Its process died (exit status 1); worker.log in its folder may say more"),
    ],
)
def test_what_a_worker_died_of_is_said(status: int, log: str, killed: bool, said: str, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text(log)
    assert death.cause(status, tmp_path / "worker.log", kernel_ended_some=killed) == said


def test_a_worker_that_is_killed_leaves_the_reason_in_its_status_and_one_that_said_more_keeps_it() -> None:
    for id, error in (("silent", None), ("spoke", "It was stopped")):
        lock = jobs.create(Job("runs", id), {}, owner="ann")
        assert lock is not None
        lock.close()
        if error:
            path = Job("runs", id).folder / "status.json"
            jobs.write_json(path, {**jobs.read_json(path), "error": error})
        process = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
        reaper = threading.Thread(
            target=local._reap, args=(process, Job("runs", id).folder, local.machine.memory_kills())
        )
        reaper.start()
        reaper.join(20)
    assert Job("runs", "silent").status()["error"] == "Its process was killed by somebody"
    assert Job("runs", "silent").state == "interrupted"
    assert Job("runs", "spoke").status()["error"] == "It was stopped"
