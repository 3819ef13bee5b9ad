"""Commands about data sets: build, combine, families, export."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

import click

from digits import settings
from digits.commands.terminal import bar, command, path_of, watch, watch_bar
from digits.dataset import dataset as datasets
from digits.dataset.sources import DRAWINGS, STARTER
from digits.dataset.sources.downloads import DOWNLOADS
from digits.engine import local
from digits.engine.drawings import start_drawings
from digits.engine.families import start_search
from digits.engine.sweep import sweep_build
from digits.errors import UsageError
from digits.files import Json, read_json
from digits.job import Job


@command
@click.argument("source")
@click.option("--name", required=True, help="The name of the new data set.")
@click.option("--labels", help="The labels of IDX images, where they do not lie beside them under the usual name.")
@click.option("--licence", help="What may be done with the images, where the source does not say it.")
@click.option("--fit", is_flag=True, help="Fit PNGs of other sizes to 28×28, instead of refusing them by name.")
def build(source: str, name: str, labels: str | None, licence: str | None, fit: bool) -> Json:
    """Build a data set from SOURCE.

    A folder or a ZIP of digit folders, IDX images (plain or .gz), a .csv, an .npz, a .json.gz of pen strokes;
    "starter"; "drawings", those kept in the lab; or a download: "kagglehub", "keras-mnist", "openml-mnist",
    "openml-usps".
    """
    known = source in (STARTER, DRAWINGS, *DOWNLOADS)
    if fit and known:
        raise UsageError("Only the pictures of a folder or a ZIP can be fitted to 28×28", received=source)
    path = source if known else absolute(source)
    more = {"labels": absolute(labels) if labels else None, "licence": licence, "fit": fit}
    start = start_drawings if path == DRAWINGS else partial(local.start_build, path)
    return finished(start(name, owner=settings.owner(), more=more), name)


@command
@click.argument("names", nargs=-1, required=True)
@click.option("--name", required=True, help="The name of the new data set.")
@click.option("--take", type=int, help="At most so many images of each, drawn evenly from its digits.")
@click.option("--seed", type=int, default=42, show_default=True, help="Of the drawing.")
def combine(names: tuple[str, ...], name: str, take: int | None, seed: int) -> Json:
    """Build a data set of the data sets NAMES."""
    job = local.start_combining(list(names), name, owner=settings.owner(), take=take, seed=seed)
    return {**finished(job, name), "parts": list(names)}


def absolute(path: str) -> str:
    """Return `path` as a worker finds it."""
    return str(path_of(path).resolve())


def finished(job: Job, name: str) -> Json:
    """Follow the build of `name` to its end; return what it made."""
    try:
        watch(job, describe)
    finally:
        sweep_build(job.folder)
    report = datasets.Dataset.open(name).report
    told = ("images", "rejected", "seconds", "fitted")
    return {"dataset": name, **{key: report[key] for key in told if key in report}}


def describe(status: Json) -> str:
    """Return where a build is: a bar once it is known how long it is."""
    done, total = status.get("done", 0), status.get("total", 0)
    return f"{status['phase']} {bar(done, total, status.get('seconds_left'))}" if total else str(status["phase"])


@command
@click.argument("name")
@click.option("--tolerance", type=float, default=1.0, show_default=True, help="More calls more alike the same.")
def families(name: str, tolerance: float) -> Json:
    """Find which images of data set NAME are copies of one drawing, and keep it with the data set."""
    job = start_search(datasets.Dataset.open(name), owner=settings.owner(), tolerance=tolerance)
    watch_bar(job)
    return read_json(job.folder / "result.json")


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
            click.echo(f"\r\033[K{bar(done, total, left)}", nl=done == total, err=True)

    return write(datasets.Dataset.open(name), path_of(path), form=form, overwrite=overwrite, progress=progress)
