"""Commands about runs: train, stop, resume, show, delete."""

from __future__ import annotations

import time
from typing import Any

import click

from digits import settings
from digits.commands.terminal import bar, command, watch
from digits.engine import local
from digits.errors import UsageError
from digits.files import Json
from digits.training import recipe as recipes
from digits.training.run import Run, find_run


@command
@click.option("--dataset", required=True)
@click.option("--recipe", "preset", required=True, help=" | ".join(recipes.PRESETS))
@click.option("--framework", required=True, type=click.Choice(settings.FRAMEWORKS))
@click.option("--epochs", type=int)
@click.option("--seed", type=int)
@click.option("--threads", type=int, help="By default, one a core.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Any other setting of the recipe.")
@click.option("--again", is_flag=True, help="Another run of the same recipe, instead of the one that exists.")
def train(dataset: str, preset: str, framework: str, changes: tuple[str, ...], again: bool, **given: Any) -> Json:
    """Train a recipe, or open the run that exists; an ended one goes on from its checkpoint."""
    values = {key: value for key, value in given.items() if value is not None}
    recipe = recipes.preset(preset, framework=framework, dataset=dataset,
                            **{"threads": settings.cores(), **values, **_parse(changes)})  # fmt: skip
    run = local.start_training(recipe, owner=settings.owner(), again=again)
    if run.job.state in ("stopped", "interrupted", "failed"):
        local.resume(run, owner=settings.owner())
    return _result(run)


def _parse(changes: tuple[str, ...]) -> Json:
    pairs = [change.partition("=") for change in changes]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError("A setting cannot be read", expected="--set key=value", received=name)
    return {name: recipes.parse_value(name, value) for name, _, value in pairs}


def _result(run: Run) -> Json:
    def describe(status: Json) -> str:
        done = bar(status.get("step", 0), status.get("total", 0), status.get("seconds_left"))
        return f"{run.id} {status['phase']} {done}  epoch {status.get('epoch', 0):.1f}/{run.recipe.epochs}"

    watch(run.job, describe)
    names = ("run", "framework", "epochs", "train_accuracy", "test_accuracy", "test_loss", "train_seconds",
             "epoch_seconds")  # fmt: skip
    result = run.result()
    return {name: result[name] for name in names}


@command
@click.argument("run")
def stop(run: str) -> Json:
    """Stop RUN at its next step; it can be resumed."""
    found = find_run(run)
    found.job.request_stop()
    while found.job.alive:
        time.sleep(0.05)
    return {"run": run, "state": found.job.state}


@command
@click.argument("run")
def resume(run: str) -> Json:
    """Go on with RUN from its last checkpoint, and wait for its end."""
    found = find_run(run)
    local.resume(found, owner=settings.owner())
    return _result(found)


@command
@click.argument("run")
def show(run: str) -> Json:
    """Show what is known of RUN: recipe, status, label, result."""
    found = find_run(run)
    status = found.job.status()
    result = found.result() if status["state"] == "finished" else {}
    return {"run": run, **found.label, "status": status, "recipe": found.recipe.as_json(), **result}


@command
@click.argument("run")
def delete(run: str) -> Json:
    """Delete RUN and all that it recorded."""
    find_run(run).job.delete()
    return {"run": run, "deleted": True}
