"""How PyTorch's threads wait for each other, and what that costs on a quiet machine and beside another program.

    python -m benchmarks.waiting [--images 10000] [--rounds 30] [--alone]

Between two operations OpenMP's threads look for more work at full speed, and sleep after `GOMP_SPINCOUNT` looks. A
process each, an epoch each in turn, first alone, then beside a process that computes all the time. On a machine that
others use too, `chrt -f 1 python -m benchmarks.waiting --alone` measures as if it were quiet.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

from digits import settings
from digits.machine import processor
from digits.models import create, weights
from digits.training.loop import order
from digits.training.presets import preset

RECIPES = ("notebook-sgd", "notebook-adam")
WAYS = {"as it comes": {}, "10,000 times": {"GOMP_SPINCOUNT": "10000"}, "1,000 times": {"GOMP_SPINCOUNT": "1000"},
        "never (passive)": {"OMP_WAIT_POLICY": "PASSIVE"}}  # fmt: skip
BUSY = "while True: pass"


def main() -> None:
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=settings.cores())
    parser.add_argument("--alone", action="store_true", help="not beside another program")
    parser.add_argument("--serve", choices=RECIPES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.images, options.threads)
        return
    print(
        f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    print(
        f"PyTorch, {options.images:,} images, {options.threads} threads: milliseconds an epoch, median (and longest)"
    )
    print(f"{'':<16}{'looks for work':<16}{'alone':>20}{'beside another':>22}")
    for recipe in RECIPES:
        for way, columns in measure(recipe, options).items():
            print(
                f"{recipe:<16}{way:<16}{cell(columns[0]):>20}" + "".join(f"{cell(each):>22}" for each in columns[1:])
            )


def cell(seconds: list[float]) -> str:
    """Return `38.2 (43.0)`: median and longest, in milliseconds."""
    return f"{1000 * statistics.median(seconds):.1f} ({1000 * max(seconds):.1f})"


def measure(recipe: str, options: argparse.Namespace) -> dict[str, list[list[float]]]:
    """Return the seconds of each way, alone and, unless that was not wanted, beside a process that computes."""
    command = [sys.executable, "-m", "benchmarks.waiting", "--serve", recipe]
    command += ["--images", str(options.images), "--threads", str(options.threads)]
    processes = {
        way: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**{k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}, **given})
        for way, given in WAYS.items()
    }  # fmt: skip
    found = [in_turn(processes, options.rounds)]
    if not options.alone:
        with subprocess.Popen([sys.executable, "-c", BUSY]) as busy:
            try:
                found.append(in_turn(processes, options.rounds))
            finally:
                busy.kill()
    for process in processes.values():
        process.communicate()
    return {way: [each[way] for each in found] for way in WAYS}


def in_turn(processes: dict[str, subprocess.Popen[str]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each process's epochs; who goes first changes with every round."""
    found: dict[str, list[float]] = {way: [] for way in processes}
    for number in range(rounds + 1):
        for way in list(processes)[:: 1 if number % 2 else -1]:
            process = processes[way]
            assert process.stdin
            assert process.stdout
            print(file=process.stdin, flush=True)
            seconds = float(process.stdout.readline())
            time.sleep(0.01)  # until the one that comes as it is has stopped looking
            if number:  # the first is not warm
                found[way].append(seconds)
    return found


def serve(name: str, images: int, threads: int) -> None:
    """Print the seconds of an epoch for each line of standard input."""
    recipe = preset(name, framework="pytorch", dataset="none", threads=threads)
    live, generator = np.arange(614), np.random.default_rng(0)
    classifier = create(recipe, inputs=len(live))
    classifier.load(weights.narrow(weights.initial(recipe), live))
    classifier.place(generator.uniform(0, 255, (images, len(live))).astype(np.float32), np.arange(images) % 10)
    batches = order(images, recipe, 1)
    rates = np.full(len(batches), 1e-6, np.float32)
    for _ in sys.stdin:
        start = time.perf_counter()
        classifier.steps(batches, rates)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
