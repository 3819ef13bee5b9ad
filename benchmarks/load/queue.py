"""Twenty trainings of five owners, asked for owner by owner: whose turn it is."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.load.figures import wait
from digits.engine import local
from digits.training.presets import preset
from digits.training.run import Run, all_runs

OWNERS = ("ann", "bob", "cat", "dan", "eve")
EACH = 4


def queue(options: Any) -> None:
    """Start all, wait for all, and print in which order they went."""
    newest, began = all_runs()[0], time.monotonic()
    small = preset("notebook-adam", dataset=newest.dataset_name, framework="pytorch", epochs=1, network="64",
                   pixels="ink")  # fmt: skip
    runs = [local.start_training(small.changed(seed=10 * place + number), owner=owner)
            for place, owner in enumerate(OWNERS) for number in range(EACH)]  # fmt: skip
    for run in runs:
        wait(run, "finished", seconds=900)
    order = [owner_of(run) for run in sorted(runs, key=lambda run: run.job.status()["started"])]
    rounds = [order[start : start + len(OWNERS)] for start in range(0, len(order), len(OWNERS))]
    fair = sum(sorted(each) == sorted(OWNERS) for each in rounds)
    print(f"{len(runs)} jobs of {len(OWNERS)} owners, asked for owner by owner: in {fair} of {len(rounds)} rounds "
          f"each owner goes once, in {time.monotonic() - began:.0f} s")  # fmt: skip
    print("  " + " | ".join(" ".join(each) for each in rounds), flush=True)


def owner_of(run: Run) -> str:
    """Return whose job a run is."""
    return str(run.job.status()["owner"])
