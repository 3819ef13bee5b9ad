"""Five hundred sessions come and go: what of the server's memory stays."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psutil

from benchmarks.load.client import Session
from benchmarks.load.figures import megabytes, row, together
from benchmarks.serving import server
from digits import settings

PAGES = ("", "dataset", "train", "compare", "duel", "draw")
AT_ONCE = 5
KEPT_SECONDS = 125.0  # Streamlit keeps a closed session for two minutes, in case that it comes back


def sessions(options: Any) -> None:
    """Print the server's memory before and after, and how long a page took."""
    with server(settings.PROJECT) as (address, process):
        asyncio.run(visited(address, 2 * AT_ONCE * len(PAGES)))
        before = rested(address, process)
        seconds = asyncio.run(visited(address, options.visits))
        most = megabytes(process)
        after = rested(address, process)
    print(row(f"{options.visits} sessions, {AT_ONCE} at once: a page stands", seconds))
    print(f"  the server's memory: {before:.0f} MB before, {most:.0f} MB at their end, {after:.0f} MB when they are "
          f"forgotten: {after - before:+.0f} MB (target +50)", flush=True)  # fmt: skip


async def visited(address: str, number: int) -> list[float]:
    """Open and close `number` sessions, the pages in turn."""
    found: list[float] = []
    for start in range(0, number, AT_ONCE):
        there = [Session(address, PAGES[place % len(PAGES)]) for place in range(start, min(number, start + AT_ONCE))]
        found += await together(session.open() for session in there)
        await together(session.close() for session in there)
    return found


def rested(address: str, process: psutil.Process) -> float:
    """Return the server's MB once it has forgotten the sessions that were closed; one more lets it notice."""
    time.sleep(KEPT_SECONDS)
    asyncio.run(visited(address, 2))
    return megabytes(process)
