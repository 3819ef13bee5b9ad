"""Two or more runs side by side: where their answers part, which images are hard for all, how their recipes differ.

NumPy only: the logits were written by the workers, out of the frameworks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.evaluation import metrics
from digits.training.recipe import DEALT, ONLY_OF, Recipe
from digits.training.run import Run

Positions = NDArray[np.int64]
# What an optimiser does not read.
IDLE: dict[str, tuple[str, ...]] = {"sgd": ("beta1", "beta2", "epsilon"), "adam": ("momentum",)}
SEEDS_NEEDED = 2


@dataclass(frozen=True)
class Answers:
    """What a run answered on its n test images: `rows` (n,) of the data set, `labels` (n,), `logits` (n, 10)."""

    rows: Positions
    labels: Positions
    logits: metrics.Floats

    @classmethod
    def read(cls, run: Run) -> Answers:
        """Return the answers of a finished run. Raises `IntegrityError` if they are damaged."""
        return cls(run.evaluation("rows"), run.evaluation("labels"), run.evaluation("logits"))

    @cached_property
    def digits(self) -> Positions:
        """(n,) int64: the digit that was answered."""
        return np.asarray(self.logits.argmax(axis=1))

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,) bool: whether it is the label."""
        return np.asarray(self.digits == self.labels)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """(n,) float64, 0.1 to 1: the probability of the digit that was answered."""
        return np.asarray(metrics.probabilities(self.logits).max(axis=1))

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """(n,) float64, in nats: the cross-entropy of each image."""
        return metrics.losses(self.logits, self.labels)


@dataclass(frozen=True)
class Disagreements:
    """Positions in the test part, those first where a wrong answer was given with most confidence."""

    only_first: Positions
    only_second: Positions
    neither: Positions


def disagreements(first: Answers, second: Answers) -> Disagreements:
    """Return which images only one of two runs reads right, and which neither does; both have the same rows."""
    less_sure = np.minimum(first.confidence, second.confidence)
    return Disagreements(
        only_first=_surest(first.right & ~second.right, second.confidence),
        only_second=_surest(second.right & ~first.right, first.confidence),
        neither=_surest(~first.right & ~second.right, less_sure),
    )


def cell(answers: Answers, label: int, digit: int) -> Positions:
    """Return the positions of the images of `label` that are read as `digit`, the surest answers first."""
    return _surest((answers.labels == label) & (answers.digits == digit), answers.confidence)


def hardest(of_runs: Sequence[Answers], count: int = 10) -> tuple[Positions, NDArray[np.float64]]:
    """Return the positions of the `count` images with the largest loss, averaged over the runs, and that loss."""
    losses = np.mean([answers.losses for answers in of_runs], axis=0)
    positions = np.argsort(-losses, kind="stable")[:count]
    return positions, losses[positions]


def _surest(chosen: NDArray[np.bool_], confidence: NDArray[np.float64]) -> Positions:
    positions = np.flatnonzero(chosen)
    return positions[np.argsort(-confidence[positions], kind="stable")]


def why_not(first: Run, second: Run) -> str | None:
    """Return why two finished runs cannot be compared image by image; None where they can."""
    if first.spec["fingerprint"] != second.spec["fingerprint"]:
        return "They were tested on different data sets."
    if np.array_equal(first.evaluation("rows"), second.evaluation("rows")):
        return None
    reasons = [name for name in DEALT if len(_values([first, second], name)) > 1]
    if not reasons and first.spec.get("families") != second.spec.get("families"):
        return "They were tested on different images of the same data set: its families have changed in between."
    if not reasons:
        return "They were tested on different images of the same data set: another version of the lab split it."
    words = " and ".join(name.replace("_", " ") for name in reasons)
    verb = "differ" if len(reasons) > 1 else "differs"
    return f"They were tested on different images of the same data set, because their {words} {verb}."


def _values(runs: Sequence[Run], name: str) -> set[Any]:
    return {getattr(run.recipe, name) for run in runs}


def seed_groups(runs: Sequence[Run]) -> list[list[Run]]:
    """Return `runs` in groups that differ in nothing but the seed (or are one recipe trained again).

    A run without a companion of another seed is a group of its own.
    """
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.alike(seed=0), []).append(run)
    parted: list[list[Run]] = []
    for group in groups.values():
        parted += [group] if len(_values(group, "seed")) >= SEEDS_NEEDED else [[run] for run in group]
    return parted


def differences(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Return each setting that is not equal in all `runs`, with its value in each; None where it plays no part.

    A data set is its content, whatever it is called; where that has changed under its name, it counts as
    `fingerprint`, of which the first 8 digits are given.
    """
    found = {}
    for name, values in _settings(runs).items():
        if len({repr(value) for value in values if value is not None}) > 1:
            found[name] = values
    return found


def _settings(runs: Sequence[Run]) -> dict[str, list[Any]]:
    recipes = [run.recipe for run in runs]
    settings: dict[str, list[Any]] = {
        name: [None if name in _idle(recipe) else getattr(recipe, name) for recipe in recipes]
        for name in (recipes[0].as_json() if recipes else ())
    }
    settings["batch"] = _batches(runs)
    settings["families"] = [(run.spec.get("families") or "")[:8] or None for run in runs]
    settings["drawings"] = [_drawings(run) for run in runs]
    settings["tuned from"] = [run.tuning and run.tuning["name"] for run in runs]
    fingerprints = [run.spec["fingerprint"][:8] for run in runs]
    if len(set(fingerprints)) == 1:
        settings.pop("dataset", None)
    elif len({recipe.dataset for recipe in recipes}) == 1:
        settings["fingerprint"] = fingerprints
    return settings


def _drawings(run: Run) -> str:
    """Return what a run was tuned on: how many drawings, and the first 8 digits of their hash."""
    if run.tuning is None:
        return "none"
    return f"{run.tuning['drawings']:,} ({run.spec['drawings'][:8]})"


def _idle(recipe: Recipe) -> tuple[str, ...]:
    """Return the settings that play no part in `recipe`."""
    others = [names for split, names in ONLY_OF.items() if split != recipe.split]
    return sum(others, IDLE[recipe.optimiser.rpartition("-")[2]])


def _batches(runs: Sequence[Run]) -> list[int | str]:
    """Return how many images an update of each run saw: a full batch as the number that it was, once all are told.

    Until then each is *all*: a run that still waits differs in nothing from the same one that has begun.
    """
    told = {run.id: run.job.status().get("images") for run in runs if not run.recipe.batch}
    known = {id: int(images) for id, images in told.items() if images}
    return [run.recipe.batch or (known[run.id] if len(known) == len(told) else "all") for run in runs]


def unfair(runs: Sequence[Run]) -> list[str]:
    """Return what besides the framework differs, where frameworks do: what makes them incomparable.

    Nothing does where each framework has runs of the very same recipes, seeds for example.
    """
    found = differences(runs)
    recipes: dict[str, set[str]] = {}
    for run in runs:
        recipes.setdefault(run.recipe.framework, set()).add(run.alike(framework="pytorch"))
    equal = all(each == next(iter(recipes.values())) for each in recipes.values())
    return [] if len(recipes) < 2 or equal else [name for name in found if name != "framework"]
