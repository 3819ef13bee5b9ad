"""Sixty sessions watch a live curve, and somebody clicks every second: how soon the page answers."""

from __future__ import annotations

import asyncio
from typing import Any

import psutil

from benchmarks.load.client import Session
from benchmarks.load.figures import cpu_seconds, row, together, training
from benchmarks.serving import server
from digits import settings
from ui.curves import AXES

OPENED_SECONDS = 0.5  # between two who come
CLICKS = 60
SETTLED_SECONDS = 20.0  # until all know how many they are
NAMED = {"seconds": "Seconds of training", "epoch": "Epoch"}  # how a chart names its axis


def watching(options: Any) -> None:
    """Print how soon a click is answered, with one who watches and with all."""
    with training() as run, server(settings.PROJECT) as (address, process):
        for number in (1, options.watchers):
            asyncio.run(watched(address, process, number, f"runs={run.id}"))


async def watched(address: str, process: psutil.Process, number: int, query: str) -> None:
    """Let `number` sessions watch, and print what a click takes, how often each looks, and what the server takes."""
    sessions = [Session(address, "train", query) for _ in range(number)]
    opened = []
    for session in sessions:
        opened.append(await session.open())
        await asyncio.sleep(OPENED_SECONDS)
    await asyncio.sleep(SETTLED_SECONDS)
    looks, cpu, clock = sum(one.looks for one in sessions), cpu_seconds(process), asyncio.get_running_loop().time()
    clicks = [await click(sessions[turn % number], [*NAMED][turn // number % 2]) for turn in range(CLICKS)]
    taken = asyncio.get_running_loop().time() - clock
    looks = sum(one.looks for one in sessions) - looks
    await together(session.close() for session in sessions)
    print(row(f"{number} watch: a click on the curves", clicks, "p95 ≤ 2" if number > 1 else ""))
    print(row(f"{number} watch: the page of who comes", opened))
    print(f"  each looks every {number * taken / max(looks, 1):.1f} s; the server takes "
          f"{(cpu_seconds(process) - cpu) / taken:.0%} of a core", flush=True)  # fmt: skip


async def click(session: Session, by: str) -> float:
    """Choose an axis in one session; return the seconds until a chart has it, and let the rest of a second pass."""
    axis, fragment = session.find("button_group", lambda one: one.id.endswith("live-by"))
    session.put(axis.id, string_array_value={"data": [AXES[by]]})
    seconds = await session.ask(fragment, until=lambda: NAMED[by] in charts(session))
    await asyncio.sleep(max(0.0, 1.0 - seconds))
    return seconds


def charts(session: Session) -> str:
    """Return how the chart that was drawn last names its axis, and all else that it shows."""
    found = (
        one.echarts_chart.spec
        for one in reversed(session.elements.values())
        if one.WhichOneof("type") == "echarts_chart"
    )
    return next(found, "")
