"""What many ask for at once, beside what one asks of an idle server.

    python -m benchmarks.load [--only drawing watching sessions long runs queue] [--lab FOLDER]

Each part works on a copy of one lab with a finished run of each framework; by default one is trained first. Sessions
in numbers speak Streamlit's protocol themselves (`client`); where pages are drawn, a real Chromium draws them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable

from benchmarks.draw import train_both
from benchmarks.load.drawing import drawing
from benchmarks.load.figures import head
from benchmarks.load.long import long
from benchmarks.load.pages import runs
from benchmarks.load.queue import queue
from benchmarks.load.sessions import sessions
from benchmarks.load.watching import watching
from benchmarks.prediction import machine

PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "drawing": drawing, "watching": watching, "sessions": sessions, "long": long, "runs": runs, "queue": queue,
}  # fmt: skip
NUMBERS = {"sessions": 30, "drawings": 10, "watchers": 60, "visits": 500, "epochs": 1_000, "runs": 1_000, "rounds": 5}


def main() -> None:
    """Print the machine, then what each part found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--lab", help="a lab folder with a finished run of each framework; it stays as it is")
    for name, number in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    options = parser.parse_args()
    print(machine(), head(), sep="\n", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        pattern = options.lab or f"{folder}/pattern"
        if not options.lab:
            os.environ["DIGITS_HOME"] = pattern
            train_both()
        for name in options.only:
            home = os.environ["DIGITS_HOME"] = f"{folder}/{name}"
            shutil.copytree(pattern, home)
            PARTS[name](options)


if __name__ == "__main__":
    main()
