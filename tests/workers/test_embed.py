from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from digits import settings
from digits.embedding.maps import drawn, result, start_map
from digits.embedding.recipe import MapRecipe
from digits.files import Lock, read_json
from digits.job import LIVE, Job
from digits.training.run import all_runs
from tests.starter import wait_for_end

SECONDS = 240  # numba compiles once a machine: minutes where others work on it too


@pytest.fixture(autouse=True)
def worker(furnished: Path) -> Iterator[None]:
    """The test's lab, whose warm worker is ended afterwards."""
    yield
    note, seat = furnished / "slots" / "embed.json", furnished / "slots" / "embed" / "job.lock"
    if note.exists() and Lock.is_held(seat):
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(read_json(note)["pid"], signal.SIGTERM)
    end = time.monotonic() + 30
    while Lock.is_held(seat):
        assert time.monotonic() < end, "the worker does not end"
        time.sleep(0.02)


def recipe(**values: object) -> MapRecipe:
    return MapRecipe(**{"run": all_runs()[0].id, "points": 60, **values})  # type: ignore[arg-type]


def wait_until_running(job: Job) -> None:
    end = time.monotonic() + SECONDS
    while job.status()["state"] != "running":
        assert job.state in LIVE
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_same_seed_gives_the_same_map_and_the_second_comes_from_the_warm_worker() -> None:
    first = start_map(recipe(), owner="ann")
    assert wait_for_end(first, seconds=SECONDS) == "finished", first.status()
    before, told, pid = drawn(first), result(first), first.status()["pid"]
    assert before is not None
    assert told is not None
    assert before.positions.shape == (60, 2)
    assert np.isfinite(before.positions).all()
    assert (told["points"], told["fingerprint"]) == (60, all_runs()[0].spec["fingerprint"])
    assert 0.6 < told["trustworthiness"] <= 1
    first.delete()
    again, other = (start_map(one, owner="ann") for one in (recipe(), recipe(features="hidden", seed=1)))
    assert [wait_for_end(job, seconds=SECONDS) for job in (again, other)] == ["finished", "finished"]
    after = drawn(again)
    assert after is not None
    assert np.array_equal(after.positions, before.positions)
    assert [job.status()["pid"] for job in (again, other)] == [pid, pid]
    assert again.status()["start_seconds"] < told["start_seconds"]


def test_two_that_are_asked_for_at_once_are_drawn_by_one_process_and_a_waiting_one_can_be_stopped() -> None:
    first, second, third = (start_map(recipe(points=points), owner="ann") for points in (70, 80, 90))
    third.request_stop()
    assert [wait_for_end(job, seconds=SECONDS) for job in (first, second)] == ["finished", "finished"]
    assert wait_for_end(third, seconds=SECONDS) == "stopped"
    assert first.status()["pid"] == second.status()["pid"]
    assert drawn(third) is None


def test_a_killed_worker_leaves_an_interrupted_map_and_the_next_request_starts_anew() -> None:
    job = start_map(recipe(), owner="ann")
    wait_until_running(job)
    killed = job.status()["pid"]
    os.kill(killed, signal.SIGKILL)
    assert wait_for_end(job) == "interrupted"
    assert start_map(recipe(), owner="ann") == job
    assert wait_for_end(job, seconds=SECONDS) == "finished", job.status()
    assert job.status()["pid"] != killed


def test_a_worker_ends_when_its_lab_is_gone(furnished: Path) -> None:
    assert wait_for_end(start_map(recipe(), owner="ann"), seconds=SECONDS) == "finished"
    held = Lock(furnished / "slots" / "embed" / "job.lock")
    (furnished / "slots" / "embed" / "job.lock").unlink()
    assert held.acquire(wait_seconds=60), "the worker still holds the lock of a lab that is gone"
    held.close()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "digits", "embed", *arguments, "--json"], capture_output=True,
                          text=True, cwd=settings.PROJECT, timeout=SECONDS, check=False)  # fmt: skip


def test_the_command_line_draws_the_pixels_of_a_data_set_and_tells_how_faithful_the_map_is() -> None:
    done = command("--dataset", "starter", "--points", "60", "--seed", "7")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert list(told) == ["map", "points", "seconds", "trustworthiness"]
    assert told["points"] == 60
    assert 0 < told["seconds"] < SECONDS
    assert json.loads(command("--dataset", "starter", "--points", "60", "--seed", "7").stdout) == told, "it is kept"


def test_the_command_line_refuses_what_does_not_fit_without_a_traceback() -> None:
    for arguments, status in ((["--dataset", "nothing"], 1), (["--dataset", "starter", "--points", "3"], 2)):
        done = command(*arguments)
        assert done.returncode == status
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr
