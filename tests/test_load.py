"""Several sessions on a real server without a browser: how often each asks, and when it stops (benchmarks/load)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.load.client import Session
from benchmarks.serving import server
from digits import job as jobs
from digits import settings
from digits.files import Lock, read_json, write_json
from digits.job import Job
from digits.training.presets import preset
from tests import factory
from ui.training.watch import LIVE_SECONDS

CROWD = 30


@pytest.fixture
def at_work(lab: Path) -> tuple[Job, Lock]:
    """A run that trains as far as anybody can see: this process holds its lock."""
    (lab / "datasets" / "some").mkdir(parents=True)
    write_json(lab / "datasets" / "some" / "report.json", factory.report("0" * 64, images=1_000))
    recipe = preset("hand", framework="pytorch", dataset="some")
    job = Job("runs", recipe.identity("0" * 64))
    lock = jobs.create(job, {"recipe": recipe.as_json(), "fingerprint": "0" * 64}, owner="ann")
    assert lock
    say(job, "running")
    return job, lock


def say(job: Job, state: str) -> None:
    path = job.folder / "status.json"
    write_json(path, {**read_json(path), "state": state, "phase": state})


async def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


async def watched(address: str, job: Job, lock: Lock) -> None:
    sessions = [Session(address, "train", f"runs={job.id}") for _ in range(CROWD)]
    for session in sessions:
        await session.open()
        assert len(session.timers) == 1, "one part of the page looks again"
    first, last = sessions[0], sessions[-1]
    (watching,) = first.timers
    assert first.paces[0] == pytest.approx(LIVE_SECONDS)
    assert last.paces[0] > 1.2 * LIVE_SECONDS, "who comes when many watch looks more seldom"
    await until(lambda: first.paces[-1] > 1.2 * LIVE_SECONDS)  # and so do those that were there before
    assert [*first.timers] == [watching], "the page that was drawn anew is the same page"
    say(job, "stopped")
    lock.close()
    await until(lambda: not any(session.timers for session in sessions))  # what has ended nobody asks for
    for session in sessions:
        await session.close()


def test_the_more_watch_the_more_seldom_each_asks_and_what_ended_is_asked_for_no_more(
    at_work: tuple[Job, Lock],
) -> None:
    # In a thread of its own: a browser of another test may have left its loop in this one.
    with server(settings.PROJECT) as (address, _), ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, watched(address, *at_work)).result()
