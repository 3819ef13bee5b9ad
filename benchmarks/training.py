"""How long an epoch takes, for the notebook's three recipes: one table, all ways in turn in one run.

    python -m benchmarks.training [--rounds 3] [--compilers]

On the notebook's own images, its random split: 86,184 to train on. Each framework has a process of its own, and so
have the notebook's `fit`, which keeps TensorFlow's own threads, and scikit-learn; they never work at the same time.
The limit is the arithmetic: the multiplications and additions of an epoch's matrix products (forward, and both
gradients, none of the inputs') at the rate at which the framework multiplies two large matrices in the same round, so
that the ratios hold on a busy machine too; scikit-learn is held against the faster of the two. All ways begin with
the same weights (scikit-learn draws its own) and print the mean loss of their first epoch: `fit` shuffles in an order
of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.build import processor
from benchmarks.ways import BARE, MLP, NOTEBOOK, OURS, RECIPES, RECORDED, RECORDING, WORKERS, ways_of
from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.settings import FRAMEWORK_NAMES
from digits.training.inputs import load
from digits.training.presets import preset

GOALS = {("full batch", "PyTorch"): 1 / 4, ("Adam 128", "TensorFlow"): 1 / 4, ("SGD 512", "TensorFlow"): 2 / 5}
Round = dict[str, float]


def main() -> None:
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="the table shows medians over them")
    parser.add_argument("--threads", type=int, default=settings.cores())
    parser.add_argument("--compilers", action="store_true", help="torch.compile and XLA too")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        fingerprint = Dataset.open("digits").fingerprint
        serve(options.worker, fingerprint, options.threads, options.compilers)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        source = open_source(str(settings.test_data() / "kaggle-digits.zip"))
        build(source, "digits", staging=Path(folder) / "staging")
        report(options.rounds, options.threads, options.compilers)


def report(rounds: int, threads: int, compilers: bool) -> None:
    """Measure and print."""
    load_before = os.getloadavg()[0]
    print(f"{settings.cores()} cores, {processor()}, {threads} threads, Python {platform.python_version()}, "
          f"load {load_before:.1f} before", flush=True)  # fmt: skip
    found, losses = measure(rounds, threads, compilers)
    data = load(preset("notebook-sgd", framework="pytorch", dataset="digits"), Dataset.open("digits").fingerprint)
    flops = epoch_flops(len(data.train.rows), (len(data.live), 784, 128, 64, 10))
    rates = ", ".join(
        f"{name} {median(s[f'rate {key}'] for s in found):.0f}" for key, name in FRAMEWORK_NAMES.items()
    )
    print(f"product of two 2048 × 2048 matrices, GFLOP/s in float32: {rates}; {flops / 1e9:.0f} GFLOP an epoch")
    print_table(found, losses, flops)
    print_goals(found)


def measure(rounds: int, threads: int, compilers: bool) -> tuple[list[Round], dict[str, float | None]]:
    """Return, for each round, the seconds of every way and the `rate` in GFLOP/s; and each way's first loss."""
    options = ["--threads", str(threads), *(["--compilers"] if compilers else [])]
    workers = [Worker(name, options) for name in WORKERS]
    turns = [(worker, way) for worker in workers for way in worker.ways]
    losses = {way: worker.time(way)[1] for worker, way in turns}  # the first epoch compiles and warms up
    results = []
    for number in range(rounds):
        found = {way: worker.time(way) for worker, way in (turns if number % 2 == 0 else turns[::-1])}
        results.append(
            {way: told or 0.0 if way.startswith("rate") else seconds for way, (seconds, told) in found.items()}
        )
    for worker in workers:
        worker.process.communicate()
    return results, losses


class Worker:
    """A process that runs one of its ways when it is told to."""

    def __init__(self, name: str, options: Sequence[str]) -> None:
        command = [sys.executable, "-m", "benchmarks.training", "--worker", name, *options]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": options[1]}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)  # fmt: skip
        self.ways: list[str] = self._answer()

    def time(self, way: str) -> tuple[float, float | None]:
        """Return the seconds that `way` takes, and the loss that it tells."""
        assert self.process.stdin
        print(way, file=self.process.stdin, flush=True)
        seconds, loss = self._answer()
        return seconds, loss

    def _answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def serve(worker: str, fingerprint: str, threads: int, compilers: bool) -> None:
    """Print the names of the ways, then seconds and loss of each one that standard input names."""
    ways = ways_of(worker, fingerprint, threads, compilers)
    print(json.dumps(list(ways)), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        told = ways[line.strip()]()
        print(json.dumps([time.perf_counter() - start, told if isinstance(told, float) else None]), flush=True)


def epoch_flops(images: int, widths: Sequence[int]) -> float:
    """Return the operations of an epoch's matrix products: forward, both gradients, no gradient of the inputs."""
    sizes = [rows * units for rows, units in pairwise(widths)]
    return 2 * images * (3 * sum(sizes) - sizes[0])


def print_table(rounds: list[Round], losses: dict[str, float | None], flops: float) -> None:
    """Print medians over the rounds: seconds an epoch, times the limit of the same round, and the first loss."""
    ways = dict.fromkeys(name.split("|")[1] for name in rounds[0] if "|" in name)
    print("\nseconds an epoch (times the limit), first loss".ljust(52) + "".join(f"{title:>22}" for title in RECIPES))
    for way in ways:
        cells = [cell(rounds, losses, f"{title}|{way}", flops) for title in RECIPES]
        print(way.ljust(51) + "".join(f"{text:>22}" for text in cells))


def rate_of(name: str, seconds: Round) -> float:
    """Return the GFLOP/s of the framework that works in the way `name`; the full batch is the notebook's PyTorch."""
    rates = {key: seconds[f"rate {key}"] for key in FRAMEWORK_NAMES}
    if name.endswith(MLP):
        return max(rates.values())
    return rates["pytorch" if "PyTorch" in name or name == f"full batch|{NOTEBOOK}" else "tensorflow"]


def cell(rounds: list[Round], losses: dict[str, float | None], name: str, flops: float) -> str:
    """Return `2.31 ( 1.9) 0.412`: the median seconds of a way, the median of its ratios to the limits, its loss."""
    if name not in rounds[0]:
        return "–"
    ratios = [seconds[name] * rate_of(name, seconds) * 1e9 / flops for seconds in rounds]
    loss = losses[name]
    told = "" if loss is None else f"{loss:.3f}"
    return f"{median(seconds[name] for seconds in rounds):.2f} ({median(ratios):4.1f}) {told:>6}"


def print_goals(rounds: list[Round]) -> None:
    """Print each share of the notebook's way beside its goal, and what recording costs."""
    print()
    for (title, framework), goal in GOALS.items():
        share = median(s[f"{title}|{OURS.format(framework)}"] / s[f"{title}|{NOTEBOOK}"] for s in rounds)
        print(f"{title}, {framework}: {share:.3f} of the notebook's way (goal: at most {goal:.3g})")
    for framework in FRAMEWORK_NAMES.values():
        on, off = (f"{RECORDED}|{way.format(framework)}" for way in (RECORDING, BARE))
        print(
            f"records and live curves, {framework}: {median(s[on] / s[off] for s in rounds):.3f} of the loop without"
        )


if __name__ == "__main__":
    main()
