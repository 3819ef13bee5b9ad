"""Bits that flip in the files of a lab, and starters that collide."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ProcessPoolExecutor

from benchmarks.faults_lab import build_starter, recipe, wait
from digits import doctor, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.job import Job

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
