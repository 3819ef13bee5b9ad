"""Commands about data sets: build, export."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from digits import settings
from digits.commands.terminal import bar, command, watch
from digits.dataset import dataset as datasets
from digits.engine import local
from digits.engine.sweep import sweep_build
from digits.errors import UsageError
from digits.files import Json


@command
@click.argument("source")
@click.option("--name", required=True, help="The name of the new data set.")
def build(source: str, name: str) -> Json:
    """Build a data set from SOURCE: a folder, a ZIP, or "starter"."""
    path = source if source == "starter" else str(Path(source).expanduser().resolve())
    job = local.start_build(path, name, owner=settings.owner())
    try:
        watch(job, lambda s: f"{s['phase']} {bar(s.get('done', 0), s.get('total', 0), s.get('seconds_left'))}")
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
            click.echo(f"\r\033[K{bar(done, total, left)}", nl=done == total, err=True)

    target = path.expanduser().absolute()
    return write(datasets.Dataset.open(name), target, form=form, overwrite=overwrite, progress=progress)
