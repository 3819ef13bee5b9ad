"""What checkpoints cost of an epoch on Kaggle's digits: measured within one training, in each framework."""

from __future__ import annotations

import time
from statistics import mean, median
from typing import Any

from benchmarks.faults_jobs import KAGGLE
from benchmarks.faults_lab import say, wait
from digits import settings
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.files import Json
from digits.models import create, weights
from digits.training.inputs import load
from digits.training.loop import Checkpoints, Loop
from digits.training.presets import preset

EPOCHS = 12
LARGEST_SHARE = 0.03


class Kept(Checkpoints):
    """Notes how long each save took, and how long each epoch with all that belongs to it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.saves: list[float] = []
        self.epochs: list[float] = []
        self._began = time.perf_counter()

    def now(self, loop: Loop) -> None:
        """Save, and note how long it took."""
        began = time.perf_counter()
        super().now(loop)
        self.saves.append(time.perf_counter() - began)

    def end_epoch(self, loop: Loop) -> None:
        """Note an epoch, and do at its end what a training does."""
        self.epochs.append(time.perf_counter() - self._began)
        self.at_epoch(loop)
        self._began = time.perf_counter()


def _measured(framework: str) -> tuple[float, float, float]:
    """Train here; return the seconds of an epoch and of a save, and which share of all time the saves took."""
    recipe = preset("notebook-adam", dataset="kaggle", framework=framework).changed(epochs=EPOCHS)
    data = load(recipe, Dataset.open("kaggle").fingerprint)
    loop = Loop(recipe, data, create(recipe, inputs=len(data.live)))
    loop.classifier.load(weights.narrow(weights.initial(recipe), data.live))
    kept = Kept(settings.home() / "checkpoint.safetensors", weights.save)
    lines: list[Json] = []
    loop.run(lines.append, lambda ended: kept.end_epoch(loop) if ended else None)
    each = []  # a save of this very state at every epoch's end, whatever the clock says
    for _ in range(5):
        began = time.perf_counter()
        weights.save(settings.home() / "again.safetensors", loop.classifier.state(), {"step": "1"})
        each.append(time.perf_counter() - began)
    return median(kept.epochs), mean(each), sum(kept.saves) / (sum(kept.epochs) + sum(kept.saves))


def cost() -> str:
    """Measure both frameworks."""
    assert wait(local.start_build(settings.test_data() / KAGGLE, "kaggle", owner="ann")) == "finished"
    told = []
    for framework in settings.FRAMEWORKS:
        epoch, save, share = _measured(framework)
        told.append(f"{framework}: an epoch {epoch:.2f} s, a checkpoint {1000 * save:.0f} ms: {share:.2%} of a "
                    f"training, {save / (epoch + save):.2%} if each epoch had one")  # fmt: skip
        say(told[-1])
    return f"at most {LARGEST_SHARE:.0%} wanted; {'; '.join(told)}"
