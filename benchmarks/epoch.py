"""How long an epoch takes, for the notebook's three recipes: one table, all ways in turn in one run.

    python -m benchmarks.epoch [--images 86176] [--rounds 3]

Each framework has a process of its own, and so has the notebook's `fit`, which keeps TensorFlow's own threads; they
never work at the same time. The arithmetic limit is the
multiplications of an epoch at the rate of a large matrix product measured in the same round, so that the ratios hold
on a busy machine too. The images are synthetic: 3,136 inputs, of which 614 are ever non-zero, as in the notebook's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from benchmarks.build import processor
from digits import settings
from digits.models import Array, Floats, create, weights
from digits.settings import FRAMEWORK_NAMES
from digits.training.recipe import Recipe, preset

RECIPES = {"full batch": "notebook-full-batch-sgd", "Adam 128": "notebook-adam", "SGD 512": "notebook-sgd"}
LIVE = 4 * np.linspace(0, 783, 614).astype(int) + 3  # in the alpha channel
WORKERS = ("pytorch", "tensorflow", "fit")
Ways = dict[str, Callable[[], object]]


def main() -> None:
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=86_176)
    parser.add_argument("--rounds", type=int, default=3, help="the table shows medians over them")
    parser.add_argument("--threads", type=int, default=settings.cores())
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(ways_of(options.worker, options.images, options.threads))
        return
    print(f"{settings.cores()} cores, {processor()}, {options.threads} threads, Python {platform.python_version()}")
    rounds = measure(options.images, options.rounds, options.threads)
    print(f"matrix product {median(seconds['rate'] for seconds in rounds):.0f} GFLOP/s (float32)")
    print_table(rounds, options.images)


def measure(images: int, rounds: int, threads: int) -> list[dict[str, float]]:
    """Return, for each round, the seconds of every way, named `recipe|way`, and the `rate` in GFLOP/s."""
    workers = {name: Worker(name, images, threads) for name in WORKERS}
    turns = [(worker, way) for worker in workers.values() for way in worker.ways]
    for worker, way in turns:
        worker.time(way)  # the first epoch compiles and warms up
    results = []
    for number in range(rounds):
        seconds = {}
        for worker, way in turns if number % 2 == 0 else turns[::-1]:
            seconds[way] = worker.time(way)
        flops = 10 * 2 * 2048**3
        results.append({**seconds, "rate": flops / seconds.pop("rate") / 1e9})
    for worker in workers.values():
        worker.process.communicate()
    return results


class Worker:
    """A process that runs one of its ways when it is told to."""

    def __init__(self, name: str, images: int, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.epoch", "--worker", name]
        self.process = subprocess.Popen(
            [*command, "--images", str(images), "--threads", str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        self.ways: list[str] = self._answer()

    def time(self, way: str) -> float:
        """Return the seconds that `way` takes."""
        assert self.process.stdin
        print(way, file=self.process.stdin, flush=True)
        return float(self._answer())

    def _answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def serve(ways: Ways) -> None:
    """Print the names of the ways, then the seconds of each one that standard input names."""
    print(json.dumps(list(ways)), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        ways[line.strip()]()
        print(time.perf_counter() - start, flush=True)


def ways_of(worker: str, images: int, threads: int) -> Ways:
    """Return what to time in the process `worker`: each call is an epoch."""
    inputs, labels = data(images)
    ways: Ways = {}
    for title, name in RECIPES.items():
        framework = "pytorch" if worker == "pytorch" else "tensorflow"
        recipe = preset(name, framework=framework, dataset="none", threads=threads)
        if worker != "fit":
            ways[f"{title}|ours, {FRAMEWORK_NAMES[framework]}"] = ours(recipe, inputs, labels)
        others = {"pytorch": torch_ways, "tensorflow": lambda *_: {}, "fit": keras_ways}[worker]
        ways |= {f"{title}|{way}": call for way, call in others(recipe, inputs, labels).items()}
    return {**ways, "rate": products()} if worker == "pytorch" else ways


def data(images: int) -> tuple[Floats, Array]:
    """Return (images, 3136) float32 inputs from 0 to 255, a fifth of the live ones ink, and their labels."""
    generator = np.random.default_rng(0)
    drawings = generator.uniform(0, 255, (100, 614)) * (generator.random((100, 614)) < 0.2)
    which = generator.integers(0, 100, images)
    inputs = np.zeros((images, 3136), np.float32)
    inputs[:, LIVE] = drawings[which] * generator.uniform(0.8, 1, (images, 1))
    return inputs, which % 10


def ours(recipe: Recipe, inputs: Floats, labels: Array) -> Callable[[], object]:
    """An epoch of the adapter on the live inputs."""
    classifier = create(recipe, inputs=len(LIVE))
    classifier.load(weights.narrow(weights.initial(recipe), LIVE))
    classifier.place(inputs[:, LIVE], labels)
    batch = recipe.batch or len(labels)
    steps = -(-len(labels) // batch)
    rows = np.full(steps * batch, -1, np.int32)

    def epoch() -> object:
        rows[: len(labels)] = np.random.default_rng(0).permutation(len(labels))
        return classifier.steps(rows.reshape(steps, batch), np.full(steps, recipe.rate))

    return epoch


def torch_ways(recipe: Recipe, inputs: Floats, labels: Array) -> Ways:
    """The loop that a PyTorch user writes, and for the full batch the notebook's: all inputs, and a test pass."""
    import torch

    from digits.models import pytorch

    digits = torch.from_numpy(labels)

    def loop(images: torch.Tensor, test: torch.Tensor | None) -> Callable[[], object]:
        network = pytorch.build((images.shape[1], *recipe.widths[1:]), recipe.activation, torch.float32)
        optimizer, _ = pytorch.build_optimizer(recipe, network)

        def epoch() -> None:
            for rows in torch.randperm(len(images)).split(recipe.batch or len(images)):
                whole = len(rows) == len(images)
                optimizer.zero_grad()
                logits = network(images if whole else images[rows])
                torch.nn.functional.cross_entropy(logits, digits if whole else digits[rows]).backward()
                optimizer.step()
            if test is not None:
                with torch.inference_mode():
                    network(test)

        return epoch

    ways: Ways = {"a plain PyTorch loop, live inputs": loop(torch.from_numpy(inputs[:, LIVE]), None)}
    if not recipe.batch:
        every = torch.from_numpy(inputs)
        ways["the notebook's way"] = loop(every, every[: len(every) // 4])
    return ways


def keras_ways(recipe: Recipe, inputs: Floats, labels: Array) -> Ways:
    """The notebook's `fit` on all inputs; it has none for the full batch."""
    import keras

    from digits.models import tensorflow

    if not recipe.batch:
        return {}
    network = tensorflow.build(recipe.widths, recipe.activation, recipe.dtype)
    network.set_weights(list(weights.initial(recipe).values()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(tensorflow.build_optimizer(recipe)[0], loss, metrics=["accuracy"])
    return {"the notebook's way": lambda: network.fit(inputs, labels, recipe.batch, epochs=1, verbose=0)}


def products() -> Callable[[], object]:
    """Ten products of 2048 × 2048 matrices."""
    import torch

    square = torch.rand(2048, 2048)
    return lambda: [square @ square for _ in range(10)]


def epoch_flops(images: int, widths: Sequence[int]) -> float:
    """Return the operations of an epoch's matrix products: forward, both gradients, no gradient of the inputs."""
    sizes = [rows * units for rows, units in pairwise(widths)]
    return 2 * images * (3 * sum(sizes) - sizes[0])


def print_table(rounds: list[dict[str, float]], images: int) -> None:
    """Print the medians over the rounds: seconds an epoch, and in brackets times the limit of the same round."""
    flops = epoch_flops(images, (len(LIVE), 784, 128, 64, 10))
    limits = [flops / seconds["rate"] / 1e9 for seconds in rounds]
    ways = dict.fromkeys(name.split("|")[1] for name in rounds[0] if "|" in name)
    print(f"\n{images:,} images, seconds an epoch (times the limit)".ljust(45) + "".join(f"{t:>16}" for t in RECIPES))
    for way in ways:
        cells = [f"{title}|{way}" for title in RECIPES]
        print(way.ljust(44) + "".join(f"{cell(rounds, limits, name):>16}" for name in cells))
    print("the arithmetic limit, live inputs".ljust(44) + f"{median(limits):>9.2f} ( 1.0)" * len(RECIPES))


def cell(rounds: list[dict[str, float]], limits: list[float], name: str) -> str:
    """Return `2.31 ( 1.9)`: the median seconds of a way, and the median of its ratios to the limits."""
    if name not in rounds[0]:
        return "–"
    ratios = [seconds[name] / limit for seconds, limit in zip(rounds, limits, strict=True)]
    return f"{median(seconds[name] for seconds in rounds):.2f} ({median(ratios):4.1f})"


if __name__ == "__main__":
    main()
