"""Bits that flip in a checkpoint of either framework: none is loaded, and a training that goes on says why not."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.faults_lab import build_starter, recipe, until, wait
from digits import settings
from digits.engine import local
from digits.errors import IntegrityError
from digits.models import weights
from digits.training.run import Run

FLIPS = 500


def flips() -> str:
    """Flip a bit of a checkpoint, each another one; then let a training go on from a damaged one."""
    build_starter()
    return "; ".join(_of(framework) for framework in settings.FRAMEWORKS)


def _of(framework: str) -> str:
    run = _stopped(framework)
    path = run.folder / "checkpoint.safetensors"
    sound, generator = path.read_bytes(), random.Random(7)
    weights.read(path)
    bits = generator.sample(range(8 * len(sound)), FLIPS)
    refused = sum(_is_refused(path, sound, bit) for bit in bits)
    local.resume(run, owner="ann")  # from the last one
    state, said = wait(run.job), run.job.status().get("error", "")
    named = state == "failed" and path.name in said
    return (f"{settings.FRAMEWORK_NAMES[framework]}: {refused} of {FLIPS} flips in {len(sound):,} bytes refused, "
            f"the training {'names the file' if named else f'is {state}: {said}'}")  # fmt: skip


def _stopped(framework: str) -> Run:
    """Return a training that was stopped after its first checkpoint."""
    run = local.start_training(recipe(framework, epochs=100_000), owner="ann")
    until((run.folder / "checkpoint.safetensors").exists)
    run.job.request_stop()
    wait(run.job)
    return run


def _is_refused(path: Path, sound: bytes, bit: int) -> bool:
    damaged = bytearray(sound)
    damaged[bit // 8] ^= 1 << bit % 8
    path.write_bytes(damaged)
    try:
        weights.read(path)
    except IntegrityError as error:
        return path.name in str(error)
    return False
