"""How near the estimate by which a training is refused comes to the memory that a worker takes."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from benchmarks.faults_lab import build_starter, recipe
from digits import settings
from digits.engine import local
from digits.files import Json
from digits.job import LIVE
from digits.training import room
from digits.training.recipe import Recipe

IMAGES = 1_797
ASKED: tuple[Json, ...] = (
    {}, {"network": "4096-4096"}, {"pixels": "ink", "network": "conv128x3 conv64x3 pool 128"},
    {"variants": 60, "rotation": 10.0, "batch": 2048}, {"batch": 0, "network": "2048-2048", "dtype": "float64"},
)  # fmt: skip


def estimates() -> str:
    """Train an epoch of each on the starter set in both frameworks; return estimate and peak."""
    build_starter()
    lines = []
    for changes in ASKED:
        for framework in settings.FRAMEWORKS:
            asked = recipe(framework, epochs=1, **changes)
            peak, estimated = _peak_bytes(asked), room.needed_bytes(asked, IMAGES)
            lines.append(f"{framework:>10}  peak {peak / 1e6:5,.0f} MB, estimated {estimated / 1e6:5,.0f} MB "
                         f"({estimated / peak - 1:+.0%})  {changes or 'as it is'}")  # fmt: skip
    return "\n          ".join(lines)


def _peak_bytes(asked: Recipe) -> int:
    """Return the most memory that the worker of a training had at once."""
    run, peak = local.start_training(asked, owner="ann"), 0
    while run.job.state in LIVE:
        with suppress(OSError, KeyError, IndexError):
            told = Path(f"/proc/{run.job.status()['pid']}/status").read_text()
            peak = max(peak, int(told.split("VmHWM:")[1].split()[0]) * 1024)
        time.sleep(0.05)
    return peak
