"""Commands about runs, and duels: train, stop, resume, show, delete."""

from __future__ import annotations

import time
from typing import Any

import click

from digits import settings
from digits.commands.terminal import bar, command, watch, watch_bar
from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.engine.families import ensure_families
from digits.errors import UsageError
from digits.files import Json
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.duel import Duel, all_duels
from digits.training.leak import leak_of
from digits.training.recipe import Recipe
from digits.training.run import Run, find_run


@command
@click.option("--dataset", required=True)
@click.option("--recipe", "preset", required=True, help=" | ".join(presets.PRESETS))
@click.option("--framework", required=True, type=click.Choice(settings.FRAMEWORKS))
@click.option("--epochs", type=int)
@click.option("--seed", type=int)
@click.option("--split", type=click.Choice(recipes.CHOICES["split"]), help="By default random, the notebook's.")
@click.option("--fold", type=int, help="Which fold of a split by family is tested, from 0.")
@click.option("--folds", type=int, help="How many folds a split by family has; by default 4.")
@click.option("--threads", type=int, help="By default, one a core.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Any other setting of the recipe.")
@click.option("--again", is_flag=True, help="Another run of the same recipe, instead of the one that exists.")
def train(dataset: str, preset: str, framework: str, changes: tuple[str, ...], again: bool, **given: Any) -> Json:
    """Train a recipe, or open the run that exists; an ended one goes on from its checkpoint."""
    values = chosen(changes, framework=framework, dataset=dataset, **given)
    recipe = presets.preset(preset, **{"threads": settings.cores(), **values})
    if "variants" not in values:
        recipe = presets.fitted(recipe, Dataset.open(dataset).report["images"])
    return _result(begin(recipe, again=again))


def begin(recipe: Recipe, *, again: bool = False) -> Run:
    """Start the run of `recipe`, go on with the one that ended early, or open the one that exists."""
    if recipe.split == "family":
        ensure_families(Dataset.open(recipe.dataset), settings.owner(), watch_bar)
    run = local.start_training(recipe, owner=settings.owner(), again=again)
    if run.job.state in ("stopped", "interrupted", "failed"):
        local.resume(run, owner=settings.owner())
    return run


def chosen(changes: tuple[str, ...], **given: Any) -> Json:
    """Return the settings that options and `--set KEY=VALUE` give, each in one way. Raises `UsageError`."""
    options, found = {key: value for key, value in given.items() if value is not None}, {}
    for name, equals, value in (change.partition("=") for change in changes):
        if not equals:
            raise UsageError("A setting cannot be read", expected="--set key=value", received=name)
        if name in options:
            raise UsageError(f"The setting {name!r} is given twice", expected="one value", do="Leave one out.")
        found[name] = recipes.parse_value(name, value)
    return {**options, **found}


def follow(run: Run) -> Json:
    """Watch `run` to its end; return what came out."""

    def describe(status: Json) -> str:
        done = bar(status.get("step", 0), status.get("total", 0), status.get("seconds_left"))
        return f"{run.id} {status['phase']} {done}  epoch {status.get('epoch', 0):.1f}/{run.recipe.epochs}"

    watch(run.job, describe)
    return run.result()


def _result(run: Run) -> Json:
    names = ("run", "framework", "epochs", "train_accuracy", "test_accuracy", "test_loss", "train_seconds",
             "epoch_seconds")  # fmt: skip
    result = follow(run)
    return {**{name: result[name] for name in names}, "split": run.recipe.split, "leak": leak_of(run)}


@command
@click.argument("id")
def stop(id: str) -> Json:
    """Stop the run or duel ID at its next step; a run can be resumed."""
    found = _found(id)
    found.job.request_stop()
    while found.job.alive:
        time.sleep(0.05)
    return {**_named(found), "state": found.job.state}


def _found(id: str) -> Run | Duel:
    """Return the run or the duel of that id. Raises `NotFoundError`."""
    return next((duel for duel in all_duels() if duel.id == id), None) or find_run(id)


def _named(found: Run | Duel) -> Json:
    return {found.job.kind.rstrip("s"): found.id}


@command
@click.argument("run")
def resume(run: str) -> Json:
    """Go on with RUN from its last checkpoint, and wait for its end."""
    found = find_run(run)
    local.resume(found, owner=settings.owner())
    return _result(found)


@command
@click.argument("id")
def show(id: str) -> Json:
    """Show what is known of the run or duel ID: recipe, status, label, split and leak, result."""
    found = _found(id)
    status = found.job.status()
    result = found.result() if status["state"] == "finished" else {}
    if isinstance(found, Duel):
        return {"duel": id, "name": found.title, "status": status, **found.spec, **result}
    tuned: Json = {name: found.spec[name] for name in ("parent", "tuning") if name in found.spec}
    return {"run": id, **found.label, "status": status, "recipe": found.recipe.as_json(), **tuned, **result,
            "split": found.recipe.split, "leak": leak_of(found), "test_share": result.get("test_share")}  # fmt: skip


@command
@click.argument("id")
def delete(id: str) -> Json:
    """Delete the run or duel ID and all that it recorded."""
    found = _found(id)
    found.job.delete()
    return {**_named(found), "deleted": True}
