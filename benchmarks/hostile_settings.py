"""Settings with which nothing can be trained, given to the command line as a person gives them."""

from __future__ import annotations

import subprocess
import sys

from digits import settings
from digits.engine.local import environment
from digits.training.run import all_runs
from tests.bad_settings import BAD, TOO_LARGE_HERE, settings_of
from tests.starter import build_starter

COMMAND = "-m digits train --dataset starter --recipe notebook-adam --framework pytorch"


def bad_settings() -> str:
    """Give each to `python -m digits train`; count those that a line refuses which says what was wrong."""
    build_starter()
    lines = {bad: _refusal(bad) for bad in (*BAD, *TOO_LARGE_HERE)}
    refused = [bad for bad, line in lines.items() if line]
    others = [f"not refused: {bad}" for bad in lines if bad not in refused]
    said = f"{len(lines)} settings: {len(refused)} refused in a line that names them, {len(all_runs())} runs started"
    return "\n          ".join([said, *others])


def _refusal(bad: str) -> str:
    """Return the line by which `bad` is refused; nothing if it is not, or by a traceback."""
    given = [word for setting in settings_of(bad) for word in ("--set", setting)]
    told = subprocess.run([sys.executable, *COMMAND.split(), *given], env=environment(), cwd=settings.PROJECT,
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    line = told.stderr.strip()
    named = line.startswith("Error: ") and "\n" not in line and ("expected" in line or "received" in line)
    return line if told.returncode == 2 and named else ""
