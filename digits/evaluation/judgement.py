"""Two finished runs before the judge: figures on the images that both were tested on, the ledger, the verdict."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.families.store import families_of
from digits.errors import DigitsError, UsageError
from digits.evaluation import statistics
from digits.evaluation.calibration import reliability
from digits.evaluation.comparison import Answers, why_not
from digits.evaluation.ledger import ledger
from digits.evaluation.verdict import verdict
from digits.files import Json
from digits.training.leak import leak_of
from digits.training.run import Run


@dataclass(frozen=True)
class Shared:
    """The answers of two runs to the n images that both were tested on; families (n,), or None while unknown."""

    first: Answers
    second: Answers
    families: NDArray[np.int64] | None
    part: bool  # either was tested on others too

    @property
    def number_of_families(self) -> int | None:
        """How many families the images are of."""
        return None if self.families is None else len(np.unique(self.families))


def judge(first: Run, second: Run) -> Json:
    """Return what two finished runs show: what `python -m digits compare` prints, and `answers`.

    `accuracy_difference` (first minus second, a fraction) with its interval from `low` to `high`, null where families
    are too few for one; `mcnemar_p`; `ledger`, `verdict`, `refused` and `answers` (`digits.evaluation.verdict`);
    `sides`, their keys in `accuracy` and `calibration`; on how many `images` of how many `families` (null: unknown).

    Raises `UsageError` where no image can be compared, `ConflictError` while a run is not finished, and
    `IntegrityError` if one is damaged.
    """
    sides = _sides(first, second)
    shared = _shared(first, second)
    found, why = _figures(shared, sides)
    one_framework = first.recipe.framework == second.recipe.framework
    rows = ledger(_conditions(first), _conditions(second))
    difference = found["accuracy_difference"]
    whole = None if found["low"] is None else [difference, found["low"], found["high"]]
    leaks = {side: leak_of(run) for side, run in zip(sides, (first, second), strict=True)}
    leak = leaks if len(set(leaks.values())) > 1 else leaks[sides[0]]
    measures = {**found, "accuracy_difference": whole, "leak": leak, "why": why, "part": shared.part,
                "parameters_bytes": dict(zip(sides, map(_weights, (first, second)), strict=True))}  # fmt: skip
    judged = verdict(rows, measures, sides=sides, one_framework=one_framework)
    return {**found, "ledger": rows, **judged, "runs": [first.id, second.id], "sides": list(sides)}


def _sides(first: Run, second: Run) -> tuple[str, str]:
    """Return what tells the two apart: their frameworks, or where these are equal, their ids."""
    if first.id == second.id:
        raise UsageError("A run is not compared with itself", expected="two different runs", received=first.id)
    for run in (first, second):
        run.result()  # or it is not finished
    if first.recipe.framework == second.recipe.framework:
        return first.id, second.id
    return first.recipe.framework, second.recipe.framework


def _shared(first: Run, second: Run) -> Shared:
    """Return the answers to the images that both were tested on: neither was trained on any of these."""
    if first.spec["fingerprint"] != second.spec["fingerprint"]:
        raise UsageError(
            f"{first.id} and {second.id} were tested on different data sets", expected="two runs on one data set",
            received=f"{first.dataset_name} and {second.dataset_name}", do="Train both recipes on one of them.",
        )  # fmt: skip
    one, other = Answers.read(first), Answers.read(second)
    rows, at_first, at_second = np.intersect1d(one.rows, other.rows, assume_unique=True, return_indices=True)
    if not len(rows):
        raise UsageError(
            f"{first.id} and {second.id} were tested on no image in common", expected="the same test images",
            received=f"{len(one.rows):,} and {len(other.rows):,} others. {why_not(first, second)}",
        )  # fmt: skip
    part = len(rows) < max(len(one.rows), len(other.rows))
    return Shared(_taken(one, at_first), _taken(other, at_second), _families(first, rows), part)


def _taken(answers: Answers, places: NDArray[np.int64]) -> Answers:
    return Answers(answers.rows[places], answers.labels[places], answers.logits[places])


def _families(run: Run, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the family of each of `rows` as it is known now; None where it is not, or the data set is gone."""
    with suppress(DigitsError):
        families = families_of(run.dataset())
        return None if families is None else families[rows]
    return None


def _figures(shared: Shared, sides: tuple[str, str]) -> tuple[Json, dict[str, str]]:
    """Return accuracies, their difference, significance and calibration; and why what is null is so."""
    both = (shared.first, shared.second)
    counts = statistics.disagreement(shared.first.digits, shared.second.digits, shared.first.labels)
    accuracy = dict(zip(sides, (float(one.right.mean()) for one in both), strict=True))
    found: Json = {
        "accuracy_difference": accuracy[sides[0]] - accuracy[sides[1]], "low": None, "high": None,
        "mcnemar_p": statistics.mcnemar(*counts), "images": len(shared.first.rows),
        "families": shared.number_of_families, "accuracy": accuracy,
        "calibration": dict(zip(sides, (reliability(one.logits, one.labels) for one in both), strict=True)),
    }  # fmt: skip
    try:
        interval = statistics.accuracy_difference(shared.first.right, shared.second.right, shared.families)
    except UsageError as error:
        return found, {"accurate": str(error)}
    return {**found, "low": interval.low, "high": interval.high}, {}


def _conditions(run: Run) -> Json | None:
    """Return what ran, with the leak by the families of now; None where the run is older than such records."""
    recorded: Json | None = run.result().get("conditions")
    return None if recorded is None else {**recorded, "leak": leak_of(run)}


def _weights(run: Run) -> int:
    size: Any = np.dtype(run.recipe.dtype).itemsize
    return int(run.recipe.parameters * size)
