"""Commands that look at runs and data sets with what is there: evaluate, draw, embed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from digits import settings
from digits.commands.terminal import command, watch_bar
from digits.dataset import dataset as datasets
from digits.errors import UsageError
from digits.files import Json
from digits.training.run import find_run

ANSWER = ("run", "dataset", "images", "part", "accuracy", "confusion")


@command
@click.argument("run")
@click.option("--images", type=click.Path(path_type=Path), help=".npz of images and labels")
@click.option("--dataset", help="A data set of the lab: its own is read in its test part, another whole.")
@click.option("--framework", type=click.Choice(settings.FRAMEWORKS), help="The same weights in this framework.")
def evaluate(run: str, images: Path | None, dataset: str | None, framework: str | None) -> Json:
    """Evaluate RUN on other images, or on a data set of the lab."""
    from digits.evaluation.cross import on_dataset
    from digits.evaluation.evaluate import on_images

    if (images is None) == (dataset is None):
        received = "neither" if images is None else "both"
        raise UsageError("It is not clear what to read", expected="--images or --dataset", received=received)
    if images is not None:
        return on_images(find_run(run), images, framework)
    found = on_dataset(find_run(run), datasets.Dataset.open(str(dataset)), framework)
    # it was trained on the very same images; null where its own data set is gone, so that nobody can say
    left_out = {"left_out": found["seen"]} if found["seen"] != 0 else {}
    return {**{name: found[name] for name in ANSWER}, **left_out}


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
    job = start_map(recipe, owner=settings.owner(), leashed=False)
    watch_bar(job)
    found = result(job) or {}
    return {name: found[name] for name in ("map", "points", "seconds", "trustworthiness")}
