"""The command that steps both frameworks side by side."""

from __future__ import annotations

from typing import Any

import click

from digits import settings
from digits.commands.terminal import command, watch_bar
from digits.engine.locksteps import start_lockstep
from digits.errors import DigitsError
from digits.files import Json
from digits.training.lockstep import OPTIMISERS, Mode


@command
@click.option("--dataset", required=True)
@click.option("--optimizer", required=True, type=click.Choice(OPTIMISERS))
@click.option("--native", is_flag=True, help="Each framework's own optimiser with its own default ε.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float64", show_default=True)
@click.option("--steps", type=int, default=300, show_default=True)
@click.option("--scale", type=float, default=1.0, show_default=True, help="What full ink becomes; the notebook: 255.")
@click.option("--network", default=Mode.network, show_default=True, help="As a recipe names it.")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--threads", type=int, default=0, help="By default all cores.")
def lockstep(**values: Any) -> Json:
    """Step a network in both frameworks, batch 128 at a rate of 0.001, and print how far they part."""
    found = start_lockstep(Mode(**values), owner=settings.owner())
    if found.result() is None:
        watch_bar(found.job)
    result = found.result()
    if result is None:
        raise DigitsError(f"The lockstep {found.job.id} left no result", do="See its worker.log in the lab folder.")
    return {"lockstep": found.job.id, **{name: value for name, value in result.items() if name != "conditions"},
            "by_step": found.steps()}  # fmt: skip
