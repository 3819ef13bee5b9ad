"""Claimed and honest: what a recipe's accuracy on a random split is worth, beside new drawings and other people's.

*Claimed* is the test accuracy of a random split, with its leak. *Honest* are the folds by family of the same recipe,
as mean and range: every image is tested once, by a model that has seen no relative of it. *Others* are the other data
sets of the lab, read by the models that made the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digits.dataset.dataset import Dataset
from digits.evaluation.kept import is_own, reading
from digits.settings import FRAMEWORKS
from digits.training.leak import leak_of
from digits.training.recipe import Recipe
from digits.training.run import Run

Readings = Mapping[tuple[str, str], float]  # accuracy by run and fingerprint of another data set
USUAL = {"framework": FRAMEWORKS[0], "dataset": "", "split": "random", "test_share": Recipe.test_share,
         "folds": Recipe.folds, "fold": 0}  # fmt: skip
MACHINE = {"threads": Recipe.threads, "device": Recipe.device}


@dataclass(frozen=True)
class Trial:
    """A finished run in numbers: on which data set, split by which families, how much it reads, how much leaks."""

    run: str
    recipe: Recipe
    fingerprint: str
    families: str | None
    accuracy: float
    leak: float | None


@dataclass(frozen=True)
class Score:
    """An accuracy, or the mean of several with the least and the greatest of them; and the runs behind it."""

    accuracy: float
    low: float
    high: float
    runs: tuple[str, ...]
    leak: float | None = None

    @classmethod
    def of(cls, found: Sequence[tuple[str, float]], leak: float | None = None) -> Score:
        """Return the score of runs and their accuracies, at least one."""
        values = [accuracy for _, accuracy in found]
        return cls(sum(values) / len(values), min(values), max(values), tuple(run for run, _ in found), leak)


@dataclass(frozen=True)
class Honesty:
    """One recipe on one data set: scores by framework, and by fingerprint of the other data sets.

    `recipe` is that of the random split, of no particular framework; `missing` are those of the `folds` that are not
    trained.
    """

    recipe: Recipe
    folds: int
    claimed: dict[str, Score]
    honest: dict[str, Score]
    missing: dict[str, list[int]]
    others: dict[str, dict[str, Score]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every fold is trained in both frameworks."""
        return not any(self.missing.values())

    def fold(self, framework: str, fold: int, dataset: str) -> Recipe:
        """Return the recipe of one fold by family."""
        return self.recipe.changed(framework=framework, dataset=dataset, split="family",
                                   folds=self.folds, fold=fold)  # fmt: skip

    def readers(self) -> list[str]:
        """Return the runs that read the other data sets: those of the claim; without one, those of the folds."""
        scores = [self.claimed.get(framework) or self.honest.get(framework) for framework in FRAMEWORKS]
        return [run for score in scores if score for run in score.runs]


def trials_of(runs: Iterable[Run]) -> list[Trial]:
    """Return the finished among `runs` in numbers, in their order. Raises `IntegrityError` for damaged ones.

    A run that was tuned on drawings is none: it says nothing of what its recipe reads.
    """
    return [
        Trial(run.id, run.recipe, run.spec["fingerprint"], run.spec.get("families"),
              float(run.result()["test_accuracy"]), leak_of(run))
        for run in runs if run.job.state == "finished" and run.tuning is None
    ]  # fmt: skip


def readings_of(runs: Iterable[Run], datasets: Sequence[Dataset]) -> Readings:
    """Return what finished `runs` read of `datasets` that are not their own and hold nothing that they learnt."""
    found = {}
    for run in runs:
        for dataset in datasets:
            known = None if is_own(run, dataset) else reading(run, dataset)
            if known is not None and known["seen"] == 0:  # null: nobody can say any more
                found[run.id, dataset.fingerprint] = float(known["accuracy"])
    return found


def candidates(runs: Iterable[Run]) -> list[str]:
    """Return the fingerprints of what the finished `runs` were trained on: that with most folds, then the newest."""
    folds: dict[str, int] = {}
    for run in runs:
        if run.job.state == "finished":
            known_by = str(run.spec["fingerprint"])
            folds[known_by] = folds.get(known_by, 0) + (run.recipe.split == "family")
    return sorted(folds, key=lambda known_by: -folds[known_by])


def honesty(trials: Iterable[Trial], fingerprint: str, families: str | None, readings: Readings) -> Honesty | None:
    """Return claimed and honest on the data set of `fingerprint`, whose families have the hash `families` now.

    `trials` are newest first. Of several recipes the one counts that has the most to show, then the newest. None
    where nothing was trained on it.
    """
    groups: dict[Recipe, list[Trial]] = {}
    for trial in trials:
        if trial.fingerprint == fingerprint:
            groups.setdefault(_alike(trial.recipe), []).append(trial)
    found = [_group(group, families) for group in groups.values()]
    if not found:
        return None
    best = max(found, key=lambda one: (_complete(one), sum(len(score.runs) for score in one.honest.values())))
    others = _others(best, readings)
    return Honesty(best.recipe, best.folds, best.claimed, best.honest, best.missing, others)


def _alike(recipe: Recipe) -> Recipe:
    """Return what is one recipe, however it is split, whichever framework trains it, wherever."""
    return recipe.changed(**USUAL, **MACHINE)


def _complete(found: Honesty) -> int:
    return len(found.claimed) + sum(not folds for folds in found.missing.values())


def _group(trials: list[Trial], families: str | None) -> Honesty:
    """Return claimed and honest of the `trials` of one recipe."""
    dealt = [trial for trial in trials if trial.recipe.split == "family" and trial.families == families is not None]
    folds = _number_of_folds(dealt)
    recipe = trials[0].recipe.changed(**USUAL)
    claimed: dict[str, Score] = {}
    honest: dict[str, Score] = {}
    missing: dict[str, list[int]] = {}
    for framework in FRAMEWORKS:
        mine = [trial for trial in trials if trial.recipe.framework == framework]
        at_random = next((trial for trial in mine if trial.recipe.split == "random"), None)
        if at_random:
            claimed[framework] = Score.of([(at_random.run, at_random.accuracy)], at_random.leak)
        newest = {trial.recipe.fold: trial for trial in reversed(mine) if trial in dealt
                  and trial.recipe.folds == folds}  # fmt: skip
        missing[framework] = [fold for fold in range(folds) if fold not in newest]
        if newest:
            honest[framework] = Score.of([(newest[fold].run, newest[fold].accuracy) for fold in sorted(newest)],
                                         max(one.leak or 0.0 for one in newest.values()))  # fmt: skip
    return Honesty(recipe, folds, claimed, honest, missing)


def _number_of_folds(dealt: list[Trial]) -> int:
    """Return into how many folds most of the trials were dealt; as many as usual if there is none."""
    counts: dict[int, int] = {}
    for trial in dealt:
        counts[trial.recipe.folds] = counts.get(trial.recipe.folds, 0) + 1
    return max(counts, key=lambda folds: counts[folds], default=Recipe.folds)


def _others(found: Honesty, readings: Readings) -> dict[str, dict[str, Score]]:
    """Return what the readers of each framework read of each other data set."""
    others: dict[str, dict[str, Score]] = {}
    for framework in FRAMEWORKS:
        score = found.claimed.get(framework) or found.honest.get(framework)
        runs = score.runs if score else ()
        for fingerprint in dict.fromkeys(other for _, other in readings):
            read = [(run, readings[run, fingerprint]) for run in runs if (run, fingerprint) in readings]
            if read:
                others.setdefault(fingerprint, {})[framework] = Score.of(read)
    return others
