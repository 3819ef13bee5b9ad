"""Five minutes of files that hypothesis thinks of, for each reader: read, or refused in a sentence.

    python -m benchmarks.hostile_fuzz [--only png zip folder csv idx npz strokes] [--seconds 300]

Each reader works in a process of its own with 3 GB of address space, so that one that crashes, or takes memory that
a file promises, is seen. Examples are drawn by fixed seeds, one after the other, until the time is over. What fails
is printed, shrunk to the least that does.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.prediction import machine
from tests.fuzzed import READERS

BATCH = 200  # examples a seed
MOST_BYTES = 3 << 30


def main() -> None:
    """Fuzz each reader in turn; the exit code is how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        fuzz(options.only[0], options.seconds)
        return
    print(machine())
    sys.exit(sum(not watched(name, options.seconds) for name in options.only))


def watched(name: str, seconds: float) -> bool:
    """Fuzz a reader in a process of its own; print what came of it, and tell whether all held."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "benchmarks.hostile_fuzz", "--inside", "--only", name,
                   "--seconds", str(seconds)]  # fmt: skip
        lab = {**os.environ, "DIGITS_HOME": home}
        done = subprocess.run(command, env=lab, text=True, capture_output=True, check=False)
    print(f"{name:>8}  {done.stdout.strip() or f'ended with {done.returncode}'}", flush=True)
    if done.returncode:
        print(done.stderr[-4_000:])
    return done.returncode == 0


def fuzz(name: str, seconds: float) -> None:
    """Draw examples for one reader until the time is over."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    warnings.simplefilter("error")
    reader, examples, number, began = READERS[name], 0, 0, time.monotonic()

    def counted(example: object) -> None:
        nonlocal examples
        examples += 1
        reader.holds(example)

    quiet = settings(max_examples=BATCH, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
                     suppress_health_check=list(HealthCheck), print_blob=True)  # fmt: skip
    while time.monotonic() - began < seconds:
        seed(number)(quiet(given(reader.given())(counted)))()
        number += 1
    print(f"{examples:,} files in {time.monotonic() - began:.0f} s: 0 crashes, 0 wrong")


if __name__ == "__main__":
    main()
