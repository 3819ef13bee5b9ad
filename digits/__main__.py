"""The command line: `python -m digits COMMAND`. Each command takes `--json` and then ends in one JSON object."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.engine import local
from digits.engine.sweep import sweep_build
from digits.errors import DigitsError, UsageError
from digits.files import Json
from digits.job import Job
from digits.training import recipe as recipes
from digits.training.run import Run, all_runs, find_run


@click.group(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Hold the commands together."""


def command(function: Callable[..., Json]) -> click.Command:
    """Make a command of a function that returns what `--json` prints; errors become one line and a status."""

    @wraps(function)
    def run(as_json: bool, **options: Any) -> None:
        try:
            answer = function(**options)
        except UsageError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2)
        except DigitsError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        click.echo(json.dumps(answer) if as_json else _readable(answer))

    with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")(run)
    return cli.command(function.__name__.rstrip("_"))(with_json)


def _readable(answer: Json) -> str:
    rows = answer.get("datasets", answer.get("runs"))
    if isinstance(rows, list):
        return "\n".join("  ".join(str(value) for value in row.values()) for row in rows) or "none yet"
    return "\n".join(f"{key:>16}  {value}" for key, value in answer.items())


def _watch(job: Job, describe: Callable[[Json], str]) -> Json:
    """Follow a job to its end, with a line of progress; Ctrl-C asks it to stop, and waits. Return its last status."""
    while True:
        try:
            status = job.status()
            if sys.stderr.isatty():
                click.echo(f"\r\033[K{describe(status)}", nl=False, err=True)
            if status["state"] not in jobs.LIVE:
                break
            time.sleep(0.1)
        except KeyboardInterrupt:
            job.request_stop()
    if sys.stderr.isatty():
        click.echo(err=True)
    if status["state"] != "finished":
        reason = status.get("error") or f"see {job.kind}/{job.id}/worker.log in the lab folder"
        raise DigitsError(f"{job.id} is {status['state']}: {reason}")
    return status


def _bar(done: float, total: float, seconds_left: float | None) -> str:
    share = done / total if total else 0.0
    left = "" if seconds_left is None else f"  {seconds_left:.0f} s left"
    return f"[{'#' * round(30 * share):30}] {share:4.0%}{left}"


@command
@click.argument("source")
@click.option("--name", required=True, help="The name of the new data set.")
def build(source: str, name: str) -> Json:
    """Build a data set from SOURCE: a folder, a ZIP, or "starter"."""
    path = source if source == "starter" else str(Path(source).expanduser().resolve())
    job = local.start_build(path, name, owner=settings.owner())
    try:
        _watch(job, lambda s: f"{s['phase']} {_bar(s.get('done', 0), s.get('total', 0), s.get('seconds_left'))}")
    finally:
        sweep_build(job.folder)
    report = datasets.Dataset.open(name).report
    return {"dataset": name, **{key: report[key] for key in ("images", "rejected", "seconds")}}


@command
@click.argument("name")
@click.option("--csv", type=click.Path(path_type=Path), help="The notebook's Digits.csv.")
@click.option("--parquet", type=click.Path(path_type=Path), help="The same as Parquet.")
@click.option("--no-index", is_flag=True, help="Without the first column, which counts the rows.")
@click.option("--shuffle-seed", type=int, help="Shuffled as pandas' sample(frac=1, random_state=SEED).")
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
def export(name: str, no_index: bool, shuffle_seed: int | None, overwrite: bool, **files: Path | None) -> Json:
    """Write data set NAME to one file."""
    from digits.dataset.export import Form
    from digits.dataset.export import export as write

    asked = [(kind, path) for kind, path in files.items() if path is not None]
    if len(asked) != 1:
        raise UsageError("One file is written", expected="--csv FILE or --parquet FILE", received=len(asked))
    (kind, path), began = asked[0], time.monotonic()
    form = Form(kind=kind, index=not no_index, shuffle_seed=shuffle_seed)

    def progress(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done) if done else None
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{_bar(done, total, left)}", nl=done == total, err=True)

    target = path.expanduser().absolute()
    return write(datasets.Dataset.open(name), target, form=form, overwrite=overwrite, progress=progress)


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
        bar = _bar(status.get("step", 0), status.get("total", 0), status.get("seconds_left"))
        return f"{run.id} {status['phase']} {bar}  epoch {status.get('epoch', 0):.1f}/{run.recipe.epochs}"

    _watch(run.job, describe)
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


@command
@click.argument("run")
@click.option("--images", required=True, type=click.Path(path_type=Path), help=".npz of images and labels")
@click.option("--framework", type=click.Choice(settings.FRAMEWORKS), help="The same weights in this framework.")
def evaluate(run: str, images: Path, framework: str | None) -> Json:
    """Evaluate RUN on other images."""
    from digits.evaluation.evaluate import on_images

    return on_images(find_run(run), images, framework)


@command
@click.argument("run")
@click.option("--strokes", required=True, type=click.Path(path_type=Path), help=".json.gz of pen strokes")
def draw(run: str, strokes: Path) -> Json:
    """Let RUN read pen strokes, painted and framed as the app's canvas does."""
    from digits.evaluation.evaluate import on_drawings
    from digits.images.strokes import read_drawings

    return on_drawings(find_run(run), read_drawings(strokes))


@command
@click.option("--dataset", required=True)
@click.option("--run", help="Its test images; by default those of the presets' split.")
@click.option("--features", type=click.Choice(["pixels", "hidden"]), help="Hidden with --run, else pixels.")
@click.option("--points", type=int, default=500, show_default=True)
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--neighbors", type=int, default=5, show_default=True)
@click.option("--min-dist", type=float, default=0.3, show_default=True)
@click.option("--metric", default="correlation", show_default=True)
def embed(dataset: str, run: str | None, features: str | None, **values: Any) -> Json:
    """Draw the UMAP of test images, or open the map that exists."""
    from digits.embedding.maps import result, start_map
    from digits.embedding.recipe import MapRecipe

    subject: Json = {"dataset": dataset} if run is None else {"run": run}
    if run is not None and find_run(run).dataset().name != datasets.Dataset.open(dataset).name:
        raise UsageError(f"The run {run} was not trained on {dataset}", expected=find_run(run).dataset().name)
    recipe = MapRecipe(**subject, features=features or ("hidden" if run else "pixels"), **values)
    job = start_map(recipe, owner=settings.owner())
    _watch(job, lambda s: f"{s['phase']} {_bar(s.get('done', 0), s.get('total', 0), s.get('seconds_left'))}")
    found = result(job) or {}
    return {name: found[name] for name in ("map", "points", "seconds", "trustworthiness")}


@command
@click.argument("what", type=click.Choice(["datasets", "runs"]))
def list_(what: str) -> Json:
    """List the data sets of the lab by name, or its runs, newest first."""
    if what == "datasets":
        names = datasets.dataset_names()
        return {
            "datasets": [{"dataset": name, "images": datasets.Dataset.open(name).report["images"]} for name in names]
        }
    return {"runs": [_row(run) for run in all_runs()]}


def _row(run: Run) -> Json:
    state = run.job.state
    accuracy = run.result()["test_accuracy"] if state == "finished" else None
    return {"run": run.id, "state": state, "framework": run.recipe.framework, "dataset": run.recipe.dataset,
            "name": run.label["name"], "test_accuracy": accuracy}  # fmt: skip


if __name__ == "__main__":
    cli(prog_name="python -m digits")
