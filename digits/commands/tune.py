"""The command that lets a run learn a person's drawings."""

from __future__ import annotations

from pathlib import Path

import click

from digits import settings
from digits.commands.terminal import bar, command, watch
from digits.files import Json
from digits.training.leak import leak_of
from digits.training.run import Run, find_run

ANSWER = ("run", "parent", "drawings", "held_out", "why_none_held_out", "kept_share", "before", "after")


@command
@click.argument("run")
@click.option(
    "--strokes", required=True, type=click.Path(path_type=Path), help=".json.gz of the person's pen strokes"
)
def tune(run: str, strokes: Path) -> Json:
    """Tune RUN on drawings, which makes another run of it, or open the one that exists.

    The accuracies before and after are those on drawings that were held out (null: there are none, and why) and on
    the test part of the data set that RUN was trained on.
    """
    from digits.engine.tuning import start_tuning
    from digits.images.strokes import read_drawings
    from digits.training.taught import of_strokes

    drawings = read_drawings(strokes)
    found = start_tuning(find_run(run), lambda how: of_strokes(drawings, how), owner=settings.owner())
    return follow(found)


def follow(run: Run) -> Json:
    """Watch a tuning to its end; return what came out."""

    def describe(status: Json) -> str:
        done = bar(status.get("step", 0), status.get("total", 0), status.get("seconds_left"))
        return f"{run.id} {status['phase']} {done}"

    status = watch(run.job, describe)
    result = run.result()
    return {**{name: result[name] for name in ANSWER}, "seconds": max(0.0, status["finished"] - status["created"]),
            "split": run.recipe.split, "leak": leak_of(run)}  # fmt: skip
