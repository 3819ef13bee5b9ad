"""A benchmark in parts, each tried in a lab of its own and named by `--only`."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping

from benchmarks.prediction import machine

Part = Callable[[], str]


def try_parts(parts: Mapping[str, Part], description: str | None, tools: Mapping[str, str] | None = None) -> None:
    """Print the machine, and what each of the `parts` that are asked for says and how long it took.

    `tools` names the program without which a part is skipped.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    print(machine())
    for name in parser.parse_args().only:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["DIGITS_HOME"] = home
            print(f"{name:>8}  {_tried(parts[name], (tools or {}).get(name))}", flush=True)


def _tried(part: Part, tool: str | None) -> str:
    if tool and not shutil.which(tool):
        return f"skipped: {tool} is not installed"
    began = time.monotonic()
    return f"{part()} ({(time.monotonic() - began) / 60:.1f} min)"
