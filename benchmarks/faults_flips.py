"""Bits that flip in the files of a lab, and starters that collide."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import Manager, get_context
from pathlib import Path
from threading import Barrier

from benchmarks.faults_lab import build_starter, recipe, wait
from digits import doctor, settings
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.job import Job, all_jobs

FLIPS, STARTS, STARTERS = 500, 200, 8


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
    paths.append(settings.part("queue") / "state.json")
    assert not any(_is_named(path) for path in paths), "all is sound"
    generator, missed = random.Random(7), []
    for number in range(FLIPS):
        path = paths[number % len(paths)]
        sound = path.read_bytes()
        damaged, bit = bytearray(sound), generator.randrange(8 * len(sound))
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        if not _is_named(path):
            missed.append(f"{path.name} bit {bit} of {8 * len(sound)}")
        path.write_bytes(sound)
    return f"{FLIPS - len(missed)} of {FLIPS} flipped bits found in {len(paths)} files; not: {missed or 'none'}"


def _is_named(path: Path) -> bool:
    """Tell whether the doctor names the file `path`, and whose it is; of images it says which they are."""
    name = "images" if path.name == "images.npy" else path.name
    return any(path.parent.name in finding.what and name in finding.what for finding in doctor.findings())


def _start(together: Barrier, seed: int) -> str:
    together.wait()
    return local.start_training(recipe("pytorch", epochs=100_000, seed=seed), owner="ann").id


def starts() -> str:
    """Start the same training from 8 processes at once, and stop it."""
    build_starter()
    with Manager() as manager, ProcessPoolExecutor(STARTERS, get_context("spawn")) as pool:
        start, once = partial(_start, manager.Barrier(STARTERS)), 0
        for seed in range(STARTS):
            ids = set(pool.map(start, [seed] * STARTERS))
            one = Job("runs", ids.pop())
            one.request_stop()
            once += not ids and wait(one) == "stopped" and len(all_jobs("runs")) == seed + 1
    return f"{STARTS} × {STARTERS} starters: {once} times one run, which its worker ended"
