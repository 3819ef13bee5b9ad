"""A run of a thousand epochs, watched from its first to its last in a real Chromium: what server and browser keep."""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import CDPSession

from benchmarks.load.figures import megabytes, training
from benchmarks.serving import server
from benchmarks.startup import Seen, chromium, open_tab
from digits import figures, settings
from digits.job import LIVE

CLOCK = "window.began = performance.now()"
FIRST_EPOCHS = 20  # after which the page has all that it will have


def long(options: Any) -> None:
    """Print how memory of server and browser grew, and how many points were kept and drawn."""
    small = {"network": "64", "pixels": "ink", "batch": 512, "epochs": options.epochs}
    with server(settings.PROJECT) as (address, process), chromium() as browser, training(**small) as run:
        page = open_tab(browser, f"{address}/train?runs={run.id}", Seen(), CLOCK)
        page.locator("canvas").first.wait_for()
        devtools = page.context.new_cdp_session(page)
        while len(run.epochs()) < FIRST_EPOCHS:
            time.sleep(0.2)
        page.wait_for_timeout(2_000)
        server_before, heap_before, began = megabytes(process), heap(devtools), time.monotonic()
        while run.job.state in LIVE:
            page.wait_for_timeout(1_000)
        page.wait_for_timeout(10_000)
        server_after, heap_after = megabytes(process), heap(devtools)
        lines = run.metrics()
    option = figures.curves([{"title": "a", "framework": "pytorch", "lines": lines}], "loss", "epoch")
    drawn = max(len(line["data"]) for line in option["series"])
    print(f"{options.epochs:,} epochs, watched for {time.monotonic() - began:.0f} s: the server "
          f"{server_after - server_before:+.0f} MB (target +20), the browser's heap "
          f"{heap_after - heap_before:+.0f} MB (target +50)")  # fmt: skip
    print(f"  {len(lines):,} records kept, {drawn} points drawn a curve (target 500), "
          f"{len(json.dumps(option)) / 1000:.0f} kB a chart", flush=True)  # fmt: skip


def heap(devtools: CDPSession) -> float:
    """Return the MB that the page's JavaScript holds once what nobody needs is collected."""
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    found = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return float(found["JSHeapUsedSize"] / 2**20)
