"""The command line: `python -m digits COMMAND`. Each command takes `--json` and then ends in one JSON object."""

from __future__ import annotations

import click

from digits.commands import (
    comparison,
    datasets,
    doctor,
    drawings,
    duel,
    evaluation,
    folds,
    listing,
    lockstep,
    runs,
    tune,
)


@click.group(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Hold the commands together."""


for module in (datasets, doctor, drawings, runs, tune, folds, duel, lockstep, comparison, evaluation, listing):
    for found in vars(module).values():
        if isinstance(found, click.Command):
            cli.add_command(found)

if __name__ == "__main__":
    cli(prog_name="python -m digits")
