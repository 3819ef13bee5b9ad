"""The command that puts two finished runs before the judge."""

from __future__ import annotations

import click

from digits.commands.terminal import command
from digits.evaluation.judgement import judge
from digits.files import Json
from digits.training.run import find_run

ANSWER = ("accuracy_difference", "low", "high", "mcnemar_p", "images", "families", "ledger", "verdict", "refused")


@command
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
def compare(first: str, second: str) -> Json:
    """Compare two finished runs on the images that both were tested on: is the difference chance, was it fair?

    The difference is the accuracy of the first minus that of the second, a fraction, with its 95 % interval.
    """
    found = judge(find_run(first), find_run(second))
    return {name: found[name] for name in ANSWER}
