"""What all commands share: JSON as the last line, errors in one line, a job followed to its end."""

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
from digits.errors import DigitsError, UsageError
from digits.files import Json, unwritable
from digits.job import Job


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
        except OSError as error:
            if (refusal := unwritable(error)) is None:
                raise
            click.echo(f"Error: {refusal}", err=True)
            sys.exit(1)
        click.echo(json.dumps(answer) if as_json else _readable(answer))

    with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")(run)
    return click.command(function.__name__.rstrip("_"))(with_json)


def path_of(text: str | Path) -> Path:
    """Return the absolute path that somebody typed. Raises `UsageError` where it can be none."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:  # nobody is called so
        raise UsageError("This is no path", expected="a folder or a file", received=repr(str(text)[:80])) from error


def _readable(answer: Json) -> str:
    rows = answer.get("datasets", answer.get("runs", answer.get("duels")))
    if isinstance(rows, list):
        return "\n".join("  ".join(str(value) for value in row.values()) for row in rows) or "none yet"
    return "\n".join(f"{key:>16}  {_text(value)}" for key, value in answer.items())


def _text(value: Any) -> str:
    """Return a value as text; a list of objects or sentences as a line each."""
    if not isinstance(value, list) or not any(isinstance(each, dict | str) for each in value):
        return str(value)
    lines = ["  ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in value]
    return f"\n{'':18}".join(lines)


def watch(job: Job, describe: Callable[[Json], str]) -> Json:
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


def watch_bar(job: Job) -> Json:
    """Follow a job that counts what is done, as `watch`."""
    return watch(job, lambda s: f"{s['phase']} {bar(s.get('done', 0), s.get('total', 0), s.get('seconds_left'))}")


def bar(done: float, total: float, seconds_left: float | None) -> str:
    """Return `[#####     ]  50%  12 s left`."""
    share = done / total if total else 0.0
    left = "" if seconds_left is None else f"  {seconds_left:.0f} s left"
    return f"[{'#' * round(30 * share):30}] {share:4.0%}{left}"
