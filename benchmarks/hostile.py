"""What the lab makes of input that means harm: names, paths, settings, checkpoints.

    python -m benchmarks.hostile [--only names paths settings room flips]

Each part works in a lab of its own, in a temporary folder, and prints what it saw.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable

from benchmarks.hostile_flips import flips
from benchmarks.hostile_names import names
from benchmarks.hostile_paths import paths
from benchmarks.hostile_room import estimates
from benchmarks.hostile_settings import bad_settings
from benchmarks.prediction import machine

PARTS: dict[str, Callable[[], str]] = {
    "names": names, "paths": paths, "settings": bad_settings, "room": estimates, "flips": flips,
}  # fmt: skip


def main() -> None:
    """Try each part in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    print(machine())
    for name in parser.parse_args().only:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["DIGITS_HOME"], began = home, time.monotonic()
            print(f"{name:>8}  {PARTS[name]()} ({(time.monotonic() - began) / 60:.1f} min)", flush=True)


if __name__ == "__main__":
    main()
