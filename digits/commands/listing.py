"""What the lab holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from digits.commands.terminal import command
from digits.dataset import dataset as datasets
from digits.errors import DigitsError
from digits.files import Json
from digits.training.duel import Duel, all_duels
from digits.training.leak import leak_of
from digits.training.run import Run, all_runs


@command
@click.argument("what", type=click.Choice(["datasets", "runs", "duels"]))
def list_(what: str) -> Json:
    """List the data sets of the lab by name, or its runs or duels, newest first."""
    if what == "datasets":
        names = datasets.dataset_names()
        return {"datasets": [_sound("dataset", name, partial(_dataset, name)) for name in names]}
    if what == "duels":
        return {"duels": [_sound("duel", duel.id, partial(_duel, duel)) for duel in all_duels()]}
    return {"runs": [_sound("run", run.id, partial(_row, run)) for run in all_runs()]}


def _sound(what: str, id: str, row: Callable[[], Json]) -> Json:
    """Return a row of the list; of what is damaged, its name and the reason."""
    try:
        return row()
    except DigitsError as error:
        return {what: id, "state": "damaged", "error": str(error)}


def _dataset(name: str) -> Json:
    return {"dataset": name, "images": datasets.Dataset.open(name).report["images"]}


def _row(run: Run) -> Json:
    state = run.job.state
    accuracy = run.result()["test_accuracy"] if state == "finished" else None
    return {"run": run.id, "state": state, "framework": run.recipe.framework, "dataset": run.recipe.dataset,
            "name": run.label["name"], "test_accuracy": accuracy, "split": run.recipe.split,
            "leak": leak_of(run), **({"parent": run.spec["parent"]} if run.tuning else {})}  # fmt: skip


def _duel(duel: Duel) -> Json:
    state = duel.job.state
    found = duel.result() if state == "finished" else {}
    return {"duel": duel.id, "state": state, "dataset": duel.dataset_name, "name": duel.title,
            "ratio": found.get("ratio"), "accuracy": found.get("accuracy")}  # fmt: skip
