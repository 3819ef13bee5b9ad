"""The command that trains one recipe on every fold of a split by family: what an accuracy is worth, and how sure."""

from __future__ import annotations

import statistics
from typing import Any

import click

from digits import settings
from digits.commands.runs import begin, chosen, follow
from digits.commands.terminal import command
from digits.errors import UsageError
from digits.files import Json
from digits.training import presets
from digits.training.recipe import Recipe


@command
@click.option("--dataset", required=True)
@click.option("--recipe", "preset", required=True, help=" | ".join(presets.PRESETS))
@click.option("--framework", required=True, type=click.Choice(settings.FRAMEWORKS))
@click.option("--folds", type=int, default=Recipe.folds, show_default=True)
@click.option("--epochs", type=int)
@click.option("--seed", type=int)
@click.option("--threads", type=int, help="By default, one a core.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Any other setting of the recipe.")
def folds(dataset: str, preset: str, framework: str, changes: tuple[str, ...], **given: Any) -> Json:
    """Train a recipe on each fold of a split by family, one after the other; a fold that is trained is opened.

    Each is a run like any other. The spread is the standard deviation over the folds (with n - 1: the folds are a
    sample of the ways to split); the worst is the lowest accuracy.
    """
    values = chosen(changes, framework=framework, dataset=dataset, **given)
    if {"split", "fold"} & set(values):
        raise UsageError("All folds of a split by family are trained", expected="no split and no fold to be set")
    first = presets.preset(preset, **{"threads": settings.cores(), **values, "split": "family"})
    trained = [_fold(first.changed(fold=fold)) for fold in range(first.folds)]
    found = [float(fold["test_accuracy"]) for fold in trained]
    return {"dataset": dataset, "recipe": preset, "framework": framework, "folds": trained,
            "mean": statistics.mean(found), "spread": statistics.stdev(found), "worst": min(found)}  # fmt: skip


def _fold(recipe: Recipe) -> Json:
    """Train one fold, or open the run that exists."""
    run = begin(recipe)
    result = follow(run)
    return {"fold": recipe.fold, "run": run.id, "test_accuracy": result["test_accuracy"],
            "test_share": result["test_share"]}  # fmt: skip
