"""A real Chromium against a real server; skipped with the reason where there is no Chromium, never in CI."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from digits import settings

playwright = pytest.importorskip("playwright.sync_api")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: CI must install it")
        pytest.skip("Chromium is not installed")
    playwright.expect.set_options(timeout=90_000)  # a bound, not a wait: the machines that run this are shared
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server(lab: Path) -> Iterator[str]:
    """The address of a fresh server over the test's lab."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (lab / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=settings.PROJECT, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_server(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for_server(address: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, OSError):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server did not answer in 60 s"
            time.sleep(0.05)


@pytest.fixture
def page(chromium, server: str) -> Iterator:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=server)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto("/")
    yield tab
    context.close()


def settled(page: Any) -> None:
    """Wait until the server is at rest, after something of its answer was seen: what is clicked then is not lost."""
    playwright.expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()


class Slow:
    """A server as a busy machine has it: what it says to `page` can be held back for a while."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._tab: Any = None
        self._held: list[bytes] | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, tab: Any) -> None:
        self._tab = tab
        tab.connect_to_server().on_message(self._hear)

    def _hear(self, message: bytes) -> None:
        if self._held is None:
            self._tab.send(message)
        else:
            self._held.append(message)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back inside the block what the server says; afterwards the tab hears all of it, in its order."""
        settled(self.page)
        self._held = []
        yield
        held, self._held = self._held, None
        for message in held:
            self._tab.send(message)

    def wait_for(self, words: str) -> None:
        """Wait inside the block until the server has said `words`, which the tab does not hear yet."""
        end = time.monotonic() + 60
        while not any(words.encode() in message for message in self._held or []):
            assert time.monotonic() < end, f"the server did not say {words!r} in 60 s"
            self.page.wait_for_timeout(20)  # it is listened to meanwhile


@pytest.fixture
def slow(chromium, server: str) -> Iterator[Slow]:
    """A tab, and its server that can be held back."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=server)
    found = Slow(context.new_page())
    found.page.goto("/")
    yield found
    context.close()
