"""How soon a page stands: a lab's first minute, the first paint of a cold server, each page change, and the memory.

    python -m benchmarks.startup [--rounds 5]

A real Chromium drives a real server. Times are read off the page's own clock, from the start of the navigation or the
mouse-down on the link to the frame that draws the page's heading, so that Playwright's own latency is not in them.
Beside ours stands an app of as many pages with nothing but a heading, which imports both frameworks at its top. What
a tab asks of other hosts, what is not found and what the console says is printed too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.prediction import machine
from benchmarks.serving import server, settle
from digits import job as jobs
from digits import settings
from digits.engine import first
from digits.files import Json

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PAGES = {"Digits Lab": "app.py"}  # heading: file, in the order of the tour
PAGES |= {name: f"pages/{name.lower()}.py" for name in ("Dataset", "Train", "Compare", "Duel", "Draw", "Embeddings")}
# Notes the last mouse-down, when each heading was first drawn after it, and when the script ended (0 while it runs).
CLOCK = """(() => {
  const log = window.log = {down: 0, drawn: {}, ended: 0}, now = () => performance.now();
  addEventListener('mousedown', () => Object.assign(log, {down: now(), drawn: {}, ended: 0}), true);
  const look = () => requestAnimationFrame(() => {
    const title = document.querySelector('h1'), app = document.querySelector('[data-testid=stApp]');
    if (title?.getClientRects().length) log.drawn[title.innerText.trim()] ??= now();
    log.ended = app?.dataset.testScriptState === 'notRunning' ? log.ended || now() : 0;
  });
  new MutationObserver(look).observe(document, {subtree: 1, childList: 1, characterData: 1, attributes: 1});
})()"""
NAIVE = """import streamlit as st, tensorflow, torch
st.set_page_config(layout="wide")
for label, path in {links!r}.items():
    st.sidebar.page_link(path, label=label)
st.title({title!r}, anchor=False)
"""
Times = dict[str, list[float]]


def main() -> None:
    """Print the machine, both tables, and what the tabs asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="visits of each page, and cold servers")
    options = parser.parse_args()
    print(machine(), flush=True)
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        os.environ["DIGITS_HOME"] = f"{folder}/lab"
        first_minute(browser, seen)
        ours = measure(browser, settings.PROJECT, options.rounds, seen)
        naive = measure(browser, naive_app(Path(folder) / "naive"), options.rounds, Seen())
    print_table(ours, naive)
    print(seen.summary())


def first_minute(browser: Browser, seen: Seen) -> None:
    """Click *Train both models now* in an empty lab, and print how long each stage takes."""
    with server(settings.PROJECT) as (address, process):
        page = open_tab(browser, address, seen, CLOCK)
        page.get_by_role("button", name="Train both models now").click()
        clicked = time.time()
        for name in settings.FRAMEWORK_NAMES.values():
            page.get_by_text(f"{name}, best on its test images").wait_for()
        shown = time.time() - clicked
        page.context.close()
        settle(process)
    runs = {status["framework"]: status for status in (job.status() for job in jobs.all_jobs("runs"))}
    print_minute({"build": jobs.all_jobs("builds")[0].status(), **runs}, clicked, shown)


def print_minute(stages: dict[str, Json], clicked: float, shown: float) -> None:
    """Print, for each stage, the seconds after the one before it and those that its worker counts as its own."""
    total = max(status["finished"] for status in stages.values()) - clicked
    print(f"\n{'the first minute, seconds':<28}{'since the last':>15}{'share':>8}{'of it running':>15}{'nominal':>9}")
    before = clicked
    for name in first.NOMINAL_SECONDS:
        status = stages[name]
        seconds, before = status["finished"] - before, status["finished"]
        running = f"{status['finished'] - status['started']:>15.1f}{first.NOMINAL_SECONDS[name]:>9.1f}"
        print(f"{name:<28}{seconds:>15.1f}{seconds / total:>8.0%}{running}")
    print(f"{'both finished (target 90)':<28}{total:>15.1f}{1:>8.0%}")
    print(f"{'both stand on the page':<28}{shown:>15.1f}", flush=True)


def measure(browser: Browser, folder: Path, rounds: int, seen: Seen) -> Times:
    """Return the seconds of first paints and page changes of the app in `folder`, and its process's MB."""
    times: Times = {"first paint, cold server": [], "the same, nothing runs any more": []}
    for number in range(rounds):
        with server(folder) as (address, process):
            page = open_tab(browser, address, seen, CLOCK)
            for name, seconds in zip([*times], stands(page, "Digits Lab"), strict=False):
                times[name].append(seconds)
            if number == rounds - 1:
                tour(page, process, rounds, times)
            page.context.close()
    return times


def tour(page: Page, process: psutil.Process, rounds: int, times: Times) -> None:
    """Visit every page once, then `rounds` times more; add the seconds and the memory to `times`."""
    settle(process)
    memory = times["MB, after the first paint"] = [process.memory_info().rss / 2**20]
    for number in range(rounds + 1):
        for title in [*PAGES][1:] + [*PAGES][:1]:
            page.get_by_test_id("stSidebar").get_by_role("link", name=title.replace("Digits Lab", "Overview")).click()
            name = f"to {title}, {'again' if number else 'the first time'}"
            times.setdefault(name, []).append(stands(page, title)[0])
            memory = [*memory, process.memory_info().rss / 2**20]
            settle(process)
    times["MB, at most, through all pages"] = [max(memory)]


def stands(page: Page, title: str) -> tuple[float, float]:
    """Return the seconds until the heading `title` was drawn, and until the script had ended."""
    page.wait_for_function("title => log.drawn[title] && log.ended", arg=title)
    log = page.evaluate("log")
    return (log["drawn"][title] - log["down"]) / 1000, (log["ended"] - log["down"]) / 1000


def print_table(ours: Times, naive: Times) -> None:
    """Print medians and worst values of ours, the naive app's, and their ratio."""
    print(f"\n{'seconds (MB)':<36}{'ours':>8}{'worst':>8}{'naive':>8}{'naive ÷ ours':>14}")
    for name, values in ours.items():
        mine, other = median(values), median(naive[name])
        print(f"{name:<36}{mine:>8.2f}{max(values):>8.2f}{other:>8.2f}{other / mine:>14.1f}")


def naive_app(folder: Path) -> Path:
    """Write an app of as many pages that imports both frameworks; return its folder."""
    (folder / "pages").mkdir(parents=True)
    shutil.copytree(settings.PROJECT / ".streamlit", folder / ".streamlit")
    for title, path in PAGES.items():
        (folder / path).write_text(NAIVE.format(links={**PAGES, "Overview": "app.py"}, title=title))
    return folder


class Seen:
    """What tabs asked of other hosts, what was not found, and what the console said."""

    def __init__(self) -> None:
        self.requests, self.lines = 0, Counter[str]()

    def watch(self, page: Page) -> None:
        """Listen to a tab."""
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))
        page.on("response", lambda answer: self._response(answer.status, answer.url))
        page.on("console", lambda said: self.lines.update([f"console, {said.type}: {said.text[:160]}"]))
        page.on("pageerror", lambda error: self.lines.update([f"uncaught: {error}"]))

    def _request(self, url: str) -> None:
        self.requests += 1
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            self.lines[f"another host: {url}"] += 1

    def _response(self, status: int, url: str) -> None:
        if status >= 400:
            self.lines[f"status {status}: {urlsplit(url).path}"] += 1

    def summary(self) -> str:
        """Return what was seen, a line each."""
        lines = [f"  {count} × {line}" for line, count in sorted(self.lines.items())]
        return "\n".join([f"\n{self.requests} requests" + ("" if lines else ", nothing to remark"), *lines])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give the system's Chromium."""
    path = shutil.which("chromium") or sys.exit("Chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


def open_tab(browser: Browser, address: str, seen: Seen, clock: str, *, width: int = 1280) -> Page:
    """Return a fresh tab that has gone to `address`, with `clock` in it from the start."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(clock)
    seen.watch(page)
    page.goto(address)
    return page


if __name__ == "__main__":
    main()
