"""Workers that are killed in a system call: the save of a checkpoint, and the build of a data set."""

from __future__ import annotations

import atexit
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmarks.faults_lab import traced
from digits import job as jobs
from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine.sweep import sweep_build
from digits.errors import DigitsError
from digits.files import read_json
from digits.job import Job

BEGIN, END = "the-save-begins", "the-save-has-ended"
SAVE = f"""
import os, sys, numpy as np
from pathlib import Path
from digits.models import weights
path, state = Path(sys.argv[1]), {{"layer.0.kernel": np.full((784, 512), float(sys.argv[2]), np.float32)}}
os.access("{BEGIN}", os.F_OK)
weights.save(path, state, {{"step": sys.argv[2]}})
os.access("{END}", os.F_OK)
"""
CALL = re.compile(r"^\d+ +(\w+)\(")


def _killed_at(call: str, when: int, command: list[str]) -> bool:
    """Run `command`, killed in its system call `call` number `when`; False if it came to its end."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
    return traced(inject, command).returncode != 0


def calls_of_a_save(path: Path) -> Iterator[tuple[str, int]]:
    """Yield name and number of each system call from the beginning of a save to `path` to the first after it."""
    log = path.with_name("trace")
    assert traced([], [sys.executable, "-c", SAVE, str(path), "1"], log=log).returncode == 0
    counts, inside = Counter[str](), False
    for line in log.read_text(errors="replace").splitlines():
        if (found := CALL.match(line)) is None:
            continue
        counts[found[1]] += 1
        if inside:
            yield found[1], counts[found[1]]
        if END in line:
            return
        inside = inside or BEGIN in line


def saves(most: int | None = None) -> str:
    """Kill the save of a checkpoint in each of its system calls, or in at most so many of them."""
    from digits.models import weights

    path, kills, seen = settings.home() / "checkpoint.safetensors", 0, Counter[str]()
    calls = list(calls_of_a_save(path))
    for number, (call, when) in enumerate(calls[:: -(-len(calls) // most) if most else 1], 2):
        kills += _killed_at(call, when, [sys.executable, "-c", SAVE, str(path), str(number)])
        try:
            step = int(weights.read(path)[1]["step"])
            seen["the new one" if step == number else "an old one"] += 1
        except DigitsError as error:
            seen[str(error)] += 1
    told = ", ".join(f"{count} times {what}" for what, count in seen.items())
    return f"{kills} kills of a save in {len({call for call, _ in calls})} kinds of system calls: whole is {told}"


def builds() -> str:
    """Kill the build of 500 images in each of its writes."""
    kills = half = 0
    for call in ("write", "fsync", "rename", "mkdir"):
        for when in range(1, 200):
            job = Job("builds", f"{call}-{when}")
            lock = jobs.create(job, {"source": str(source()), "name": "mine", "then": []}, owner="ann")
            assert lock is not None
            lock.close()
            if not _killed_at(call, when, [sys.executable, "-m", "digits.workers.build", job.id]):
                break
            kills += 1
            for name in dataset_names():  # killed after the rename that lets it appear: then it must be whole
                Dataset.open(name).check()
                shutil.rmtree(settings.part("datasets") / name)
            sweep_build(job.folder)
            half += (job.folder / "staging").exists()
        assert read_json(job.folder / "status.json")["state"] == "finished"
        shutil.rmtree(settings.part("datasets") / "mine")
    return f"{kills} kills of a build: {half} half-made data sets, the next build succeeded"


@cache
def source() -> Path:
    """Return a folder of 500 images, outside of every lab."""
    from tests import factory

    root = Path(tempfile.mkdtemp(prefix="digits-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for number in range(500):
        path = root / str(number % 10) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(factory.png(number % 10))
    return root
