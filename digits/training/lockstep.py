"""Lockstep: the same network in two frameworks, update by update, from the same weights and on the same batches.

After each update the two are held against each other: the difference of their losses, the largest of their weights,
and the largest of their logits on images that neither trains on. With the reference optimisers what is left is
rounding; with the native ones it is what each framework's defaults do.

    lab/locksteps/<id>/   job.json (a Mode) · result.json · steps.jsonl, a line an update
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import TrainingError, UsageError
from digits.files import Json, canonical, read_json, read_lines, sha256
from digits.job import Job
from digits.models import Classifier, create, weights
from digits.settings import FRAMEWORKS, cores
from digits.training.inputs import Data
from digits.training.loop import order
from digits.training.presets import native
from digits.training.recipe import Recipe
from digits.training.schedule import rates

KIND = "locksteps"
OPTIMISERS = ("sgd", "momentum", "adam")
PROBE = 256  # test images whose logits are compared after each update
MOST_STEPS = 10_000
MOMENTUM = 0.9


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What steps: an optimiser, *reference* or *native*, in a dtype, so many steps, on inputs from 0 to `scale`.

    A `network` that looks at pictures takes the ink alone, any other all that the notebook takes.
    """

    dataset: str
    optimizer: str
    native: bool = False
    dtype: str = "float64"
    steps: int = 300
    scale: float = 1.0
    batch: int = 128
    rate: float = 0.001
    seed: int = 42
    threads: int = 0
    network: str = Recipe.network

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMISERS:
            raise UsageError("Unknown optimiser", expected=" or ".join(OPTIMISERS), received=repr(self.optimizer))
        if not 1 <= self.steps <= MOST_STEPS:
            raise UsageError("The number of steps is out of bounds", expected=f"1 to {MOST_STEPS:,}",
                             received=self.steps)  # fmt: skip
        self.recipe(FRAMEWORKS[0])  # which refuses what no recipe can be

    def recipe(self, framework: str) -> Recipe:
        """Return what `framework` trains: the network, its native optimiser with its own default ε."""
        momentum = MOMENTUM if self.optimizer == "momentum" else 0.0
        name = "adam" if self.optimizer == "adam" else "sgd"
        same = {key: getattr(self, key) for key in ("dataset", "dtype", "scale", "batch", "rate", "seed", "network")}
        recipe = Recipe(framework=framework, optimiser=f"reference-{name}", momentum=momentum,
                        pixels="ink" if self.network.startswith("conv") else Recipe.pixels,
                        threads=self.threads or cores(), **same)  # fmt: skip
        return native(recipe) if self.native else recipe

    @property
    def title(self) -> str:
        """How tables name it: `reference Adam, float64`."""
        names = {"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam"}
        network = f", {self.network}" if self.network != Recipe.network else ""
        return f"{'native' if self.native else 'reference'} {names[self.optimizer]}, {self.dtype}{network}"

    def identity(self, fingerprint: str) -> str:
        """Return the 16 hexadecimal digits that name this lockstep on the data set of `fingerprint`."""
        asked = {**asdict(self), "dataset": ""}
        if self.network == Recipe.network:
            del asked["network"]  # as it was before there was a choice
        return sha256(canonical([asked, fingerprint]))[:16]


@dataclass(frozen=True)
class Lockstep:
    """A lockstep of the lab, and what came out of it so far."""

    job: Job

    @property
    def mode(self) -> Mode:
        """What was asked for."""
        spec = self.job.spec()
        return Mode(**{field.name: spec[field.name] for field in fields(Mode) if field.name in spec})

    def steps(self) -> list[Json]:
        """Return `step`, `loss`, `weight` and `logit` of each update so far. Raises `IntegrityError`."""
        path = self.job.folder / "steps.jsonl"
        return read_lines(path, f"{self.job.id}/{path.name}") if path.exists() else []

    def result(self) -> Json | None:
        """Return the largest differences, and the conditions of both; None until it is finished."""
        path = self.job.folder / "result.json"
        return read_json(path) if path.exists() else None


def starters(mode: Mode, data: Data) -> dict[str, Classifier]:
    """Return a classifier of each framework with the mode's initial weights and the training rows of `data`."""
    found = {}
    for framework in FRAMEWORKS:
        recipe = mode.recipe(framework)
        classifier = create(recipe, inputs=len(data.live))
        classifier.load(weights.narrow(weights.initial(recipe), data.live))
        classifier.place(data.train.inputs, data.train.labels)
        found[framework] = classifier
    return found


def batches(recipe: Recipe, rows: int, steps: int) -> NDArray[np.int32]:
    """Return the first `steps` batches (steps, batch) of a training of `recipe` on `rows` images."""
    parts: list[NDArray[np.int32]] = []
    while sum(map(len, parts)) < steps:
        parts.append(order(rows, recipe, len(parts) + 1))
    return np.concatenate(parts)[:steps]


def differences(mode: Mode, data: Data, pair: list[Classifier]) -> Iterator[Json]:
    """Step both of `pair` through the mode's updates; yield after each how far they are apart.

    `loss`: of that update, before it is made; `weight`: the largest; `logit`: the largest on `PROBE` test images.
    Raises `TrainingError` where a loss is no number.
    """
    recipe, probe = mode.recipe(FRAMEWORKS[0]), data.test.inputs[:PROBE]
    for step, batch in enumerate(batches(recipe, len(data.train.rows), mode.steps), 1):
        rate = rates(recipe, mode.steps, step - 1, 1)
        losses = [float(one.steps(batch[None], rate)[0]) for one in pair]
        if not np.isfinite(losses).all():
            raise TrainingError(f"The loss is not finite at step {step}", expected="a number", received=losses,
                                do="Lower the rate.")  # fmt: skip
        states, logits = [one.state() for one in pair], [one.outputs(probe)[-1] for one in pair]
        yield {"step": step, "losses": losses, "loss": abs(losses[0] - losses[1]), "weight": _apart(*states),
               "logit": float(np.abs(logits[0] - logits[1]).max())}  # fmt: skip


def _apart(first: dict[str, Any], second: dict[str, Any]) -> float:
    """Return the largest difference between two states' weights."""
    return max(float(np.abs(first[name] - second[name]).max()) for name in first if name.startswith("layer."))


def largest(steps: list[Json]) -> Json:
    """Return `largest_loss_difference`, and those of weights and logits, over all `steps`."""
    return {f"largest_{name}_difference": max(step[name] for step in steps) for name in ("loss", "weight", "logit")}
