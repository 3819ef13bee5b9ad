"""A training does not care about the page that watches it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from digits import settings
from digits.training.run import Run, all_runs
from tests.browser.conftest import wait_for_server
from tests.starter import wait_for_end, wait_for_epoch

pytestmark = pytest.mark.browser
EPOCHS = 250  # of a tiny network: a few seconds on a machine of one's own
RUNNING = re.compile(r"PyTorch · .*epoch [\d.]+ of \d+ · [\d,]+ images/s · [\d:.]+(?: s)? left")


@pytest.fixture(autouse=True)
def nothing_left_at_work(lab: Path) -> Iterator[None]:
    """Stop what a failed test would leave training."""
    yield
    for run in all_runs():
        run.job.request_stop()


def start_training(page: Page, *, epochs: int) -> Run:
    """Start a small network in PyTorch from the form, and return its run."""
    before = {run.id for run in all_runs()}
    page.get_by_role("button", name="TensorFlow", exact=True).click()  # one framework is enough here
    page.locator("summary", has_text="Network").click()
    fill(page, "Network", "32-16")
    page.locator("summary", has_text="Optimiser").click()
    fill(page, "Epochs", str(epochs))
    page.locator("summary", has_text="Machine").click()
    fill(page, "Threads", "1")  # two of them wait for each other on a busy machine
    changed = f"^Changed from the preset: network 32-16, .*epochs {epochs}, .*threads 1"
    expect(page.get_by_text(re.compile(changed))).to_be_visible()  # the server has heard all of it
    page.get_by_role("button", name="Start", exact=True).click()
    end = time.monotonic() + 60
    while not (new := [run for run in all_runs() if run.id not in before]):
        assert time.monotonic() < end, "no run appeared in 60 s"
        time.sleep(0.05)
    wait_for_epoch(new[0].job, 1)
    return new[0]


@contextmanager
def frozen(run: Run) -> Iterator[None]:
    """Hold a run's worker still inside the block, so that it cannot end while a slow page is looked at."""
    pid = run.job.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_label(label, exact=True).press("Enter")


@pytest.mark.usefixtures("furnished")
def test_a_training_survives_a_reload_is_stopped_resumed_and_finishes(page: Page) -> None:
    page.get_by_role("link", name="Train", exact=True).click()
    run = start_training(page, epochs=EPOCHS)
    with frozen(run):
        expect(page.get_by_text(RUNNING)).to_be_visible()
        assert f"runs={run.id}" in page.url
        canvas = page.locator("canvas").first.element_handle()
        seen = run.epochs()[-1]["epoch"]
    wait_for_epoch(run.job, seen + 10)
    with frozen(run):
        expect(curve(page, run.epochs()[-1]["epoch"])).to_be_visible()
        assert canvas.evaluate("node => node.isConnected"), "a live curve keeps its place in the page"
        page.reload()
        expect(page.get_by_text(RUNNING)).to_be_visible()
        expect(curve(page, run.epochs()[-1]["epoch"])).to_be_visible()
        page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
        expect(page.get_by_text("stops after this step")).to_be_visible()
    expect(page.get_by_text(re.compile(r"stopped at epoch"))).to_be_visible()
    assert wait_for_end(run.job) == "stopped"

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile(f"of 360 test images right.*{EPOCHS} epochs in"))).to_be_visible(
        timeout=150_000
    )
    assert [line["epoch"] for line in run.epochs()] == list(range(EPOCHS + 1))


def curve(page: Page, epoch: int) -> Locator:
    """The chart whose text says that it has come to this epoch."""
    return page.get_by_role("img", name=re.compile(f"test accuracy .* after epoch {epoch}")).first


@contextmanager
def serving(lab: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server over `lab`, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (lab / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=settings.PROJECT, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for_server(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait(timeout=20)


@pytest.mark.usefixtures("furnished")
def test_a_training_outlives_its_server_and_the_next_one_finds_it(chromium, lab: Path) -> None:
    with serving(lab) as (address, first), tab_at(chromium, f"{address}/train") as tab:
        run = start_training(tab, epochs=100_000)
        expect(tab.get_by_text(RUNNING)).to_be_visible()
        tab.close()
        first.kill()
        first.wait(timeout=20)
    wait_for_epoch(run.job, run.job.status()["epoch"] + 20)
    with serving(lab) as (address, _), tab_at(chromium, f"{address}/train") as tab:
        expect(tab.get_by_text(RUNNING)).to_be_visible()
        tab.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
        expect(tab.get_by_text(re.compile("stopped at epoch"))).to_be_visible()
    assert wait_for_end(run.job) == "stopped"


@contextmanager
def tab_at(chromium, address: str) -> Iterator[Page]:
    """A tab of its own, that shows `address`."""
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(60_000)
    tab.goto(address)
    yield tab
    tab.close()
