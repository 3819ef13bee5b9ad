"""What a duel found: pure functions from its turns, and from what its processes said, to `result.json`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.errors import UsageError
from digits.evaluation import statistics
from digits.evaluation.calibration import reliability
from digits.evaluation.ledger import ledger
from digits.evaluation.statistics import Interval
from digits.evaluation.verdict import verdict
from digits.files import Json
from digits.settings import FRAMEWORKS
from digits.training.architecture import Architecture
from digits.training.recipe import Recipe
from digits.training.turns import FRAMEWORK, ONE_AND_OTHER, control_pairs, ratio_pairs, timed

SIDES = FRAMEWORKS  # the ratio is the first one's seconds over the second's
Logits = NDArray[np.float32]
MOST_SHARED = 0.1  # of the cores that an epoch's threads need, taken by others: more, and nobody is called faster
FIRST, LATER = range(1, 2), range(2, sys.maxsize)  # a first epoch still fills caches and memory


@dataclass(frozen=True)
class Answers:
    """The test part: labels (n,), families (n,) or None while unknown, and each framework's last logits (n, 10)."""

    labels: NDArray[np.int64]
    families: NDArray[np.int64] | None
    logits: dict[str, Logits]

    def right(self, framework: str) -> NDArray[np.bool_]:
        """Return which images (n,) a framework reads right."""
        return np.asarray(self.logits[framework].argmax(axis=1) == self.labels)


@dataclass(frozen=True)
class Said:
    """What the processes said beside their turns, by their names; `begun` has an answer a seed."""

    imported: dict[str, Json]
    read: dict[str, Json]
    begun: dict[str, list[Json]]
    products: dict[str, list[float]]
    conditions: dict[str, Json]

    def of(self, framework: str, key: str) -> list[float]:
        """Return what both processes of a framework said of each beginning."""
        return [begun[key] for name in ONE_AND_OTHER[framework] for begun in self.begun[name]]


def result(recipe: Recipe, target: float, *, turns: list[Json], said: Said, answers: Answers) -> Json:
    """Return all that was found: seconds and what they are made of, accuracies, ledger, and the verdict on them."""
    found = {**_times(turns), **_machine(turns, said, recipe), **_accuracies(turns, target)}
    why: dict[str, str] = {}
    found |= {**_ratios(turns, why), **_noise(turns, recipe.threads, why)}
    found |= {**_significance(answers, why), **_seeds(found["by_seed"])}
    repeats = {side: "yes" if same else "no" for side, same in found["repeats"].items()}
    conditions = _each(lambda side: {**said.conditions[side], "repeats bit for bit": repeats[side]})
    first, second = (conditions[side] for side in SIDES)
    found |= {"split": first["split"], "leak": first["leak"], "conditions": conditions}
    rows = ledger(first, second)
    return {**found, "ledger": rows, **verdict(rows, _measures(found, turns, answers, why), sides=SIDES)}


def _each(compute: Callable[[str], Any]) -> Json:
    return {side: compute(side) for side in SIDES}


def _of(turns: Sequence[Json], framework: str, key: str, *, epochs: range) -> list[Any]:
    """Return what the turns of a framework's two processes say of `epochs`, in their order."""
    return [turn[key] for turn in turns if FRAMEWORK[turn["duellist"]] == framework and turn["epoch"] in epochs]


def _times(turns: list[Json]) -> Json:
    """Return seconds, CPU seconds and peak memory of an epoch: over both processes, without first epochs."""
    return {
        "epoch_seconds": _each(lambda side: median(_of(turns, side, "seconds", epochs=LATER))),
        "cpu_seconds": _each(lambda side: median(_of(turns, side, "cpu_seconds", epochs=LATER))),
        "peak_bytes": _each(lambda side: max(_of(turns, side, "peak_bytes", epochs=LATER))),
        "first_epoch_seconds": _each(lambda side: median(_of(turns, side, "seconds", epochs=FIRST))),
        "seconds": _each(lambda side: _by_seed(turns, side, "seconds")),
        "rounds": len(timed(turns)),
    }  # fmt: skip


def _by_seed(turns: Sequence[Json], framework: str, key: str, *, first: int = 1) -> list[list[float]]:
    """Return for each seed the mean of both processes at each epoch from `first` on."""
    seeds = dict.fromkeys(turn["seed"] for turn in turns)
    epochs = range(first, 1 + max(turn["epoch"] for turn in turns))
    return [
        [mean(_of(own, framework, key, epochs=range(epoch, epoch + 1))) for epoch in epochs]
        for own in ([turn for turn in turns if turn["seed"] == seed] for seed in seeds)
    ]


def _machine(turns: list[Json], said: Said, recipe: Recipe) -> Json:
    """Return what went before an epoch, and how much of the machine an epoch uses."""
    images, width = said.read["p1"]["images"], said.read["p1"]["inputs"]
    operations = epoch_operations(images, recipe.architecture.narrowed(width))
    best = _each(lambda side: max(rate for name in ONE_AND_OTHER[side] for rate in said.products[name]))
    seconds = _each(lambda side: median(_of(turns, side, "seconds", epochs=LATER)))
    imported = {name: header["import_seconds"] for name, header in said.imported.items()}
    return {
        "import_seconds": _each(lambda side: min(imported[name] for name in ONE_AND_OTHER[side])),
        "create_seconds": _each(lambda side: median(said.of(side, "create_seconds"))),
        "compile_seconds": _each(lambda side: max(said.of(side, "compile_seconds"))),
        "parameters_bytes": _each(lambda side: said.of(side, "parameters_bytes")[0]),
        "images": images, "live_inputs": width, "epoch_operations": operations, "product_gflops": best,
        "images_per_second": _each(lambda side: images / seconds[side]),
        "rate_share": _each(lambda side: operations / seconds[side] / 1e9 / max(best.values())),
    }  # fmt: skip


def epoch_operations(images: int, architecture: Architecture) -> int:
    """Return the operations of an epoch's products: forward, both gradients, but none of the inputs."""
    products = [layer.products for layer in architecture.layers]
    return 2 * images * (3 * sum(products) - products[0])


def _accuracies(turns: list[Json], target: float) -> Json:
    """Return curves by epoch from 0, the last accuracies, and whether two processes of a framework agree."""
    curves = _each(lambda side: _by_seed(turns, side, "accuracy", first=0))
    by_seed = _each(lambda side: [curve[-1] for curve in curves[side]])
    return {
        "accuracy": _each(lambda side: mean(by_seed[side])), "by_seed": by_seed, "curves": curves,
        "repeats": _each(lambda side: _repeats(turns, side)),
        "to_target": {"target": target, **_each(lambda side: _to_target(turns, side, target))},
    }  # fmt: skip


def _repeats(turns: list[Json], framework: str) -> bool:
    """Tell whether both processes gave the same logits, bit for bit, after every epoch."""
    one, other = ([turn["logits"] for turn in turns if turn["duellist"] == name] for name in ONE_AND_OTHER[framework])
    return one == other


def _to_target(turns: list[Json], framework: str, target: float) -> Json | None:
    """Return the median seconds, updates and epochs to an accuracy; None where some seed did not come so far."""
    curves = _by_seed(turns, framework, "accuracy")
    if not all(max(curve) >= target for curve in curves):
        return None
    epochs = [next(index for index, value in enumerate(curve) if value >= target) + 1 for curve in curves]
    seconds = [sum(each[:epoch]) for each, epoch in zip(_by_seed(turns, framework, "seconds"), epochs, strict=True)]
    steps = _of(turns, framework, "steps", epochs=FIRST)[0]
    return {"seconds": median(seconds), "steps": median(epochs) * steps, "epochs": median(epochs)}


def _ratios(turns: list[Json], why: dict[str, str]) -> Json:
    """Return the ratio and its interval, and the controls': null, and the reason in `why`, from too few rounds."""
    counted = timed(turns)
    try:
        found = statistics.ratio(ratio_pairs(counted))
        controls = _each(lambda side: statistics.ratio(control_pairs(counted, side)))
    except UsageError as error:
        why["faster"] = str(error)
        return {"ratio": None, "ratio_low": None, "ratio_high": None, "control": _each(lambda _: None)}
    return {"ratio": found.value, "ratio_low": found.low, "ratio_high": found.high,
            "control": _each(lambda side: [controls[side].low, controls[side].high])}  # fmt: skip


def _noise(turns: list[Json], threads: int, why: dict[str, str]) -> Json:
    """Return what the sleepers took at most, and how many cores other programs took on average, while epochs ran.

    Whoever shares a core with another program waits for it; PyTorch's threads, which wait for each other at full
    speed, suffer most, and both of its processes alike, so that the control does not tell.
    """
    told = [turn for turn in turns if turn["epoch"] > 1 and turn["others_seconds"] is not None]
    slept = [turn for turn in turns if turn["epoch"] > 1 and turn["sleepers_share"] is not None]
    found: Json = {"sleepers_share": max((turn["sleepers_share"] for turn in slept), default=None),
                   "others_cores": max(0.0, _cores(told, "others_seconds")) if told else None}  # fmt: skip
    reason = _crowded(found["others_cores"] or 0.0, _cores(slept, "sleepers_share", by="turn_seconds"), threads)
    if reason:
        why["faster"] = reason
    return found


def _cores(turns: list[Json], key: str, *, by: str | None = None) -> float:
    """Return how many cores `key` took on average over `turns`: seconds, or with `by` a share of so many seconds."""
    spent = sum(turn["turn_seconds"] for turn in turns)
    return sum(turn[key] * (turn[by] if by else 1) for turn in turns) / spent if spent else 0.0


def _crowded(others: float, awake: float, threads: int) -> str | None:
    """Return why nobody is called faster where an epoch had fewer cores to itself than threads; None where it had."""
    cores = settings.cores()
    if threads > cores:
        return f"Which is faster cannot be said: an epoch used {threads} threads on {cores} cores. Ask for fewer."
    if others + awake + threads - cores <= MOST_SHARED * threads:
        return None
    told = f"other programs took {others:.1f} of its {cores} cores, of which an epoch needs {threads}"
    if awake > MOST_SHARED * threads:
        told += f", and a process that should have slept took {awake:.1f}"
    return f"The machine was too noisy to say which is faster: {told}."


def _significance(answers: Answers, why: dict[str, str]) -> Json:
    """Return what the first seed's last answers to the same test images say."""
    first, second = (answers.right(side) for side in SIDES)
    calibration = _each(lambda side: reliability(answers.logits[side], answers.labels))
    found: Json = {
        "test_images": len(answers.labels), "calibration": calibration, "accuracy_difference": None,
        "mcnemar_p": statistics.mcnemar(int((first & ~second).sum()), int((second & ~first).sum())),
    }  # fmt: skip
    try:
        found["accuracy_difference"] = statistics.accuracy_difference(first, second, answers.families).as_list()
    except UsageError as error:
        why["accurate"] = str(error)
    return found


def _seeds(by_seed: Json) -> Json:
    """Return intervals over seeds; null where there are too few seeds."""
    first, second = (by_seed[side] for side in SIDES)
    if len(first) < 2:
        return {"accuracy_interval": _each(lambda _: None), "seeds_difference": None}
    intervals: dict[str, Interval] = _each(lambda side: statistics.mean_interval(by_seed[side]))
    return {"accuracy_interval": _each(lambda side: intervals[side].as_list()),
            "seeds_difference": statistics.over_seeds(first, second).as_list()}  # fmt: skip


def _measures(found: Json, turns: list[Json], answers: Answers, why: dict[str, str]) -> Json:
    """Return what `verdict` judges."""
    ratio = [found["ratio"], found["ratio_low"], found["ratio_high"]]
    same = ("rounds", "control", "accuracy_difference", "mcnemar_p", "parameters_bytes", "leak")
    return {
        **{name: found[name] for name in same}, "ratio": None if "faster" in why else ratio, "why": why,
        "accuracy": _each(lambda side: found["calibration"][side]["accuracy"]), "images": found["test_images"],
        "seeds": found["by_seed"],
        "families": None if answers.families is None else len(np.unique(answers.families)),
        "peak_bytes": _each(lambda side: _of(turns, side, "peak_bytes", epochs=LATER)),
    }  # fmt: skip
