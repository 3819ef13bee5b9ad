"""The server is ended, or stopped and started again, by a person's browser's side: what goes on, and what ends."""

from __future__ import annotations

import os
import signal
import time

import psutil
from playwright.sync_api import Page

from benchmarks.faults_jobs import at_work, end, trained
from benchmarks.faults_lab import build_starter, say, until, wait
from benchmarks.startup import chromium, server
from digits import settings
from digits.engine import local
from digits.files import read_json
from digits.job import all_jobs
from digits.training.run import Run, all_runs
from tests.processes import lives

RESTARTS = 10
MINUTES = 240_000  # milliseconds: UMAP is compiled once a machine
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


def _go(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()


def _press_train(page: Page) -> Run:
    """Start a training on the page; return its run, at work."""
    before = {run.id for run in all_runs()}
    epochs = str(5_000 + len(before))  # another recipe than the last time
    _go(page, "Train")
    page.get_by_role("button", name="TensorFlow", exact=True).click()  # one framework is enough
    page.locator("summary", has_text="Optimiser").click()
    page.get_by_label("Epochs", exact=True).fill(epochs)
    page.get_by_label("Epochs", exact=True).press("Enter")
    page.get_by_text(f"epochs {epochs}").first.wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    until(lambda: any(run.id not in before for run in all_runs()), seconds=60)
    run = next(run for run in all_runs() if run.id not in before)
    at_work(run.job)
    return run


def _warm(page: Page, process: psutil.Process) -> list[int]:
    """Let the page start its warm workers; return their processes: two readers and the one of maps."""
    _go(page, "Draw")
    until(lambda: len(_readers(process)) == 2, seconds=120)
    _go(page, "Embeddings")
    note = settings.part("slots") / "embed.json"
    until(note.exists, seconds=120)
    until(lambda: any(job.state == "running" for job in all_jobs("maps")), seconds=240, every=0.01)
    return [*_readers(process), int(read_json(note)["pid"])]


def _readers(process: psutil.Process) -> list[int]:
    found = []
    for child in process.children():
        try:
            if "digits.workers.predict" in child.cmdline():
                found.append(child.pid)
        except psutil.Error:  # it ended meanwhile
            continue
    return found


def ended() -> str:
    """End the server by each signal while it trains, reads and draws maps."""
    build_starter()
    for framework in settings.FRAMEWORKS:
        assert wait(trained(framework).job) == "finished"
    longest, lived = 0.0, 0
    with chromium() as browser:
        for name in ENDINGS:
            for job in all_jobs("maps"):
                job.delete()
            with server(settings.PROJECT) as (address, process):
                page = browser.new_page()
                page.set_default_timeout(MINUTES)
                page.goto(address)
                run = _press_train(page)
                warm = _warm(page, process)
                os.kill(process.pid, name)
                began = time.monotonic()
                until(lambda warm=warm, process=process: not any(map(lives, [*warm, process.pid])), seconds=60)
                seconds = time.monotonic() - began
                page.close()
            lived += run.job.alive
            states = {job.state for job in all_jobs("maps")}
            say(f"{name.name}: server and {len(warm)} warm workers gone after {seconds:.1f} s, maps {states}, the "
                f"training is {run.job.state}")  # fmt: skip
            longest = max(longest, seconds)
            end(run.job)
    return (f"{len(ENDINGS)} ends of the server: readers and maps ended after at most {longest:.1f} s, "
            f"{lived} trainings went on")  # fmt: skip


def restarts(times: int = RESTARTS) -> str:
    """Stop and start the server while a run trains that the first one began."""
    build_starter()
    found, before = 0, 0
    with chromium() as browser:
        run: Run | None = None
        for number in range(times + 1):
            with server(settings.PROJECT) as (address, _):
                page = browser.new_page()
                page.set_default_timeout(60_000)
                page.goto(address)
                if run is None:
                    assert wait(trained("pytorch").job) == "finished"
                    run = _press_train(page)
                    continue
                page.goto(f"{address}/train?runs={run.id}" if number % 2 else address)
                page.get_by_text("images/s").first.wait_for()
                found += run.job.state == "running" and len(run.epochs()) > before
                before = len(run.epochs())
                page.close()
        assert run is not None
        recorded = [line["epoch"] for line in run.epochs()]
        end(run.job)
        until(lambda: not run.job.alive)
        local.resume(run, owner="ann")
        at_work(run.job)
        end(run.job)
    twice = [line["epoch"] for line in run.epochs()] != list(range(len(run.epochs())))
    return (f"{times} restarts: {found} times found at work and further on, {len(recorded)} epochs recorded, "
            f"{'some twice or never' if twice else 'each once'}")  # fmt: skip
