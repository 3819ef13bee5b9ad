"""Claimed and honest, from runs in numbers."""

from __future__ import annotations

import pytest

from digits.evaluation.honest import Trial, candidates, honesty
from digits.files import write_json
from digits.training.presets import preset
from digits.training.recipe import Recipe
from digits.training.run import Run
from tests.evaluation import made_run

DATA, OTHER = "a" * 64, "b" * 64
FAMILIES = "f" * 64


def recipe(framework: str = "pytorch", **values: object) -> Recipe:
    return preset("notebook-adam", framework=framework, dataset="mine", **values)


def trial(run: str, accuracy: float, one: Recipe, **values: object) -> Trial:
    families = FAMILIES if one.split == "family" else None
    usual = {"fingerprint": DATA, "families": families, "leak": 0.0 if families else 1.0}
    return Trial(run, one, accuracy=accuracy, **{**usual, **values})  # type: ignore[arg-type]


def folds(framework: str, accuracies: list[float], **values: object) -> list[Trial]:
    return [
        trial(f"{framework}-{fold}", accuracy, recipe(framework, split="family", fold=fold, **values))
        for fold, accuracy in enumerate(accuracies)
    ]


CLAIMS = [trial("p", 0.99, recipe()), trial("t", 0.97, recipe("tensorflow"))]


def test_the_claim_stands_beside_the_mean_and_the_range_of_the_folds() -> None:
    found = honesty([*folds("pytorch", [0.6, 0.5, 0.7, 0.6]), *CLAIMS], DATA, FAMILIES, {})
    assert found is not None
    assert {name: (score.accuracy, score.leak) for name, score in found.claimed.items()} == {
        "pytorch": (0.99, 1.0), "tensorflow": (0.97, 1.0),
    }  # fmt: skip
    honest = found.honest["pytorch"]
    assert (honest.accuracy, honest.low, honest.high) == (pytest.approx(0.6), 0.5, 0.7)
    assert honest.runs == ("pytorch-0", "pytorch-1", "pytorch-2", "pytorch-3")
    assert found.missing == {"pytorch": [], "tensorflow": [0, 1, 2, 3]}
    assert not found.whole
    assert honesty([*folds("pytorch", [0.6] * 4), *folds("tensorflow", [0.6] * 4)], DATA, FAMILIES, {}).whole  # type: ignore[union-attr]


def test_missing_folds_are_named_as_recipes_that_can_be_trained() -> None:
    found = honesty([*folds("pytorch", [0.6, 0.5], folds=3), *CLAIMS], DATA, FAMILIES, {})
    assert found is not None
    assert (found.folds, found.missing) == (3, {"pytorch": [2], "tensorflow": [0, 1, 2]})
    wanted = found.fold("tensorflow", 2, "renamed")
    assert wanted == recipe("tensorflow", split="family", folds=3, fold=2).changed(dataset="renamed")


def test_folds_of_families_that_are_others_now_are_not_counted() -> None:
    old = folds("pytorch", [0.6] * 4)
    for known in (None, "0" * 64):
        found = honesty([*old, *CLAIMS], DATA, known, {})
        assert found is not None
        assert found.honest == {}


def test_the_same_fold_trained_again_counts_once_and_the_newest_counts() -> None:
    again = trial("again", 0.9, recipe(split="family", fold=0))
    found = honesty([again, *folds("pytorch", [0.6, 0.6, 0.6, 0.6])], DATA, FAMILIES, {})
    assert found is not None
    assert found.honest["pytorch"].runs[0] == "again"
    assert len(found.honest["pytorch"].runs) == 4


def test_a_recipe_is_the_same_on_another_test_share_and_other_threads_and_another_one_is_not_mixed_in() -> None:
    claim = trial("p", 0.9, recipe(test_share=0.3, threads=7))
    other = trial("other", 0.95, recipe(epochs=3))
    found = honesty([other, claim, *folds("pytorch", [0.5] * 4)], DATA, FAMILIES, {})
    assert found is not None
    assert found.claimed["pytorch"].runs == ("p",), "it has the most to show, though the other is newer"
    newest = honesty([other, claim], DATA, FAMILIES, {})
    assert newest is not None
    assert newest.claimed["pytorch"].runs == ("other",)


def test_others_are_read_by_those_who_made_the_claim_else_by_the_folds() -> None:
    readings = {("p", OTHER): 0.4, ("t", OTHER): 0.3, ("pytorch-0", OTHER): 0.2, ("pytorch-1", OTHER): 0.4}
    both = folds("pytorch", [0.6, 0.6])
    claimed = honesty([*both, *CLAIMS], DATA, FAMILIES, readings)
    assert claimed is not None
    assert {name: score.accuracy for name, score in claimed.others[OTHER].items()} == {
        "pytorch": 0.4, "tensorflow": 0.3,
    }  # fmt: skip
    assert claimed.readers() == ["p", "t"]
    alone = honesty(both, DATA, FAMILIES, readings)
    assert alone is not None
    score = alone.others[OTHER]["pytorch"]
    assert (score.accuracy, score.low, score.high) == (pytest.approx(0.3), 0.2, 0.4)
    assert alone.readers() == ["pytorch-0", "pytorch-1"]


def test_nothing_trained_is_nothing_claimed() -> None:
    assert honesty(CLAIMS, OTHER, None, {}) is None
    assert candidates([]) == []


def test_the_data_set_with_the_most_folds_comes_first_then_that_of_the_newest_run() -> None:
    runs = [made_run("newest"), made_run("older"), made_run("waits", finished=False)]
    for run, fingerprint in zip(runs, (OTHER, DATA, "c" * 64), strict=True):
        write_json(run.folder / "job.json", {**run.spec, "fingerprint": fingerprint})
    runs = [Run(run.job) for run in runs]
    assert candidates(runs) == [OTHER, DATA]
    write_json(runs[1].folder / "job.json", {"recipe": recipe(split="family").as_json(), "fingerprint": DATA})
    assert candidates([Run(run.job) for run in runs]) == [DATA, OTHER]
