"""Every page of a lab of a thousand runs in a real Chromium, beside the same lab with the few that it began with."""

from __future__ import annotations

from statistics import median
from typing import Any

from playwright.sync_api import Browser

from benchmarks.load.many import copies
from benchmarks.serving import server, settle
from benchmarks.startup import CLOCK, PAGES, Seen, chromium, open_tab, stands
from digits import settings
from digits.training.run import all_runs

Times = dict[str, list[float]]


def runs(options: Any) -> None:
    """Print how soon each page stands, and how soon all of it is drawn, with few runs and with many."""
    with chromium() as browser:
        few, few_runs = toured(browser, options.rounds), len(all_runs())
        copies(options.runs)
        many = toured(browser, options.rounds)
    heads = f"{f'{few_runs} runs':>18}{f'{options.runs:,} runs':>18}"
    print(f"{'seconds until all is drawn, median (longest)':<46}{heads}   target 1.5")  # fmt: skip
    for title in PAGES:
        cells = [f"{median(found[title]):.2f} ({max(found[title]):.2f})" for found in (few, many)]
        print(f"{title:<46}{cells[0]:>18}{cells[1]:>18}", flush=True)


def toured(browser: Browser, rounds: int) -> Times:
    """Return the seconds until each page was drawn to its end, `rounds` times each after a first visit."""
    times: Times = {title: [] for title in PAGES}
    with server(settings.PROJECT) as (address, process):
        page = open_tab(browser, address, Seen(), CLOCK)
        stands(page, "Digits Lab")
        for number in range(rounds + 1):
            for title in [*PAGES][1:] + [*PAGES][:1]:
                settle(process)
                name = title.replace("Digits Lab", "Overview")
                page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
                seconds = stands(page, title)[1]
                times[title] += [seconds] if number else []
        page.context.close()
    return times
