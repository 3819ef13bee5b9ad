"""What the lab withstands: workers that are killed or stopped, bits that flip, starts that collide.

    python -m benchmarks.faults [--only flips starts stopped saves builds]

Each part works in a lab of its own, in a temporary folder, and prints a line. Where a system call is to be met
exactly, `strace` ends the process in it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.prediction import machine
from digits import doctor, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import local
from digits.engine.sweep import sweep_build
from digits.errors import DigitsError
from digits.files import read_json
from digits.job import LIVE, Job
from digits.training.recipe import Recipe, preset

FLIPS, STARTS, STARTERS, STOPS = 500, 200, 8, 5
SAVE = """
import sys, numpy as np
from pathlib import Path
from digits.models import weights
path, value = Path(sys.argv[1]), float(sys.argv[2])
weights.save(path, {"layer.0.kernel": np.full((784, 512), value, np.float32)}, {"step": "1"})
"""


def wait(job: Job, *states: str, seconds: float = 300.0) -> str:
    """Wait until the job is in one of `states`, by default an ended one, and return which."""
    end = time.monotonic() + seconds
    while True:
        state = job.state
        if state in states or (not states and state not in LIVE):
            return state
        if time.monotonic() > end:
            raise TimeoutError(job.status())
        time.sleep(0.1)


def build_starter() -> None:
    """Build the starter set, where it is not there."""
    if "starter" not in dataset_names():
        assert wait(local.start_build("starter", "starter", owner="ann")) == "finished"


def recipe(framework: str, **changes: object) -> Recipe:
    """Return the notebook's recipe on the starter set."""
    return preset("notebook-adam", dataset="starter", framework=framework).changed(**changes)


def flips() -> str:
    """Flip a bit in one file at a time, and ask the doctor."""
    build_starter()
    run = local.start_training(recipe("pytorch", epochs=5), owner="ann")
    wait(run.job)
    shutil.copy(run.folder / "weights.safetensors", run.folder / "checkpoint.safetensors")
    folder = Dataset.open("starter").folder
    names = ("weights.safetensors", "checkpoint.safetensors", "status.json", "job.json", "result.json",
             "metrics.jsonl", "evaluation.npz", "knowledge.npz")  # fmt: skip
    paths = [run.folder / name for name in names] + [folder / "images.npy", folder / "report.json"]
    assert not any(path.parent.name in finding.what for finding in doctor.findings() for path in paths), (
        "all is sound"
    )
    generator, missed = random.Random(7), []
    for number in range(FLIPS):
        path = paths[number % len(paths)]
        sound = path.read_bytes()
        damaged, bit = bytearray(sound), generator.randrange(8 * len(sound))
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        if not any(path.parent.name in finding.what for finding in doctor.findings()):
            missed.append(f"{path.name} bit {bit} of {8 * len(sound)}")
        path.write_bytes(sound)
    return f"{FLIPS - len(missed)} of {FLIPS} flipped bits found in {len(paths)} files; not: {missed or 'none'}"


def _start(number: int) -> bool:
    lock = jobs.create(Job("runs", f"{number:016x}"), {}, owner="ann")
    return lock is not None


def starts() -> str:
    """Start the same job from 8 processes at once."""
    settings.part("runs")
    with ProcessPoolExecutor(STARTERS) as pool:
        won = [sum(pool.map(_start, [number] * STARTERS)) for number in range(STARTS)]
    return f"{STARTS} × {STARTERS} starters: {won.count(1)} times one run"


def stopped() -> str:
    """Stop a worker that trains by SIGSTOP, and ask for its state until it is interrupted."""
    build_starter()
    seconds = []
    for number in range(STOPS):
        run = local.start_training(recipe("pytorch", epochs=100_000, seed=number), owner="ann")
        wait(run.job, "running")
        os.kill(run.job.status()["pid"], signal.SIGSTOP)
        began = time.monotonic()
        wait(run.job, "interrupted", seconds=60)
        seconds.append(time.monotonic() - began)
    return f"{STOPS} stopped workers shown as interrupted after {min(seconds):.1f} to {max(seconds):.1f} s"


def _killed_at(call: str, when: int, command: list[str]) -> bool:
    """Run `command`, killed in its system call `call` number `when`; False if it came to its end."""
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    inject = ["-e", f"inject={call}:signal=SIGKILL:when={when}"]
    ended = subprocess.run([*trace, *inject, *command], env=local.environment(), cwd=settings.PROJECT,
                           capture_output=True, check=False)  # fmt: skip
    return ended.returncode != 0


def saves() -> str:
    """Kill the save of a checkpoint in each write, fsync and rename."""
    from digits.models import weights

    path = settings.home() / "checkpoint.safetensors"
    subprocess.run([sys.executable, "-c", SAVE, str(path), "1"], env=local.environment(), check=True)
    kills = whole = 0
    for call in ("write", "fsync", "rename"):
        for when in range(1, 100):
            if not _killed_at(call, when, [sys.executable, "-c", SAVE, str(path), str(when + 1)]):
                break
            kills += 1
            try:
                weights.read(path)
                whole += 1
            except DigitsError:
                pass
    return f"{kills} kills of a save: {whole} times a whole checkpoint"


def builds() -> str:
    """Kill the build of 500 images in each of its writes."""
    kills = half = 0
    for call in ("write", "fsync", "rename", "mkdir"):
        for when in range(1, 200):
            job = Job("builds", f"{call}-{when}")
            lock = jobs.create(job, {"source": str(_source()), "name": "mine", "then": []}, owner="ann")
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


def _source() -> Path:
    from tests import factory

    root = settings.home() / "source"
    for number in range(0 if root.exists() else 500):
        path = root / str(number % 10) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(factory.png(number % 10))
    return root


PARTS: dict[str, Callable[[], str]] = {
    "flips": flips, "starts": starts, "stopped": stopped, "saves": saves, "builds": builds,
}  # fmt: skip


def main() -> None:
    """Try each part in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    print(machine())
    for name in parser.parse_args().only:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["DIGITS_HOME"] = home
            traced = name in ("saves", "builds") and not shutil.which("strace")
            print(f"{name:>8}  {'skipped: strace is not installed' if traced else PARTS[name]()}", flush=True)


if __name__ == "__main__":
    main()
