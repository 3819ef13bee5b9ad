"""How long one image takes through the notebook's network: ours against a bare NumPy pass and the frameworks' ways.

    python -m benchmarks.prediction [--rounds 20]

All ways hold the same trained weights and take turns in one run, so that the ratios hold on a busy machine too. The
limit is the arithmetic in this process, in NumPy on one thread. The frameworks' own ways are timed inside a child
process each, as in an app that imports them; ours is timed from here, through the warm worker's pipe.
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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.build import processor
from digits import settings
from digits.dataset.dataset import Dataset
from digits.models import State, weights
from digits.prediction import Predictor
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.architecture import Architecture
from digits.training.framed import framed_ink
from digits.training.inputs import columns, full_inputs
from digits.training.run import Run, find_run

Way = Callable[[], object]
LIMIT = "NumPy, in this process: the limit"
CALLS = 15  # a way and round
SLOW, SLOW_CALLS = "model.predict", 3


def main() -> None:
    """Print the machine and the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help=f"of {CALLS} calls a way")
    parser.add_argument("--worker", choices=FRAMEWORKS, help=argparse.SUPPRESS)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve(ways_of(options.worker, find_run(options.run)))
        return
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        print_table(*measure(train(), options.rounds))


def machine() -> str:
    """Return the machine's line, with its load: seconds are those of an idle machine only where that is small."""
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    return f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, load {load}"


def train() -> Run:
    """Build the starter set and train the notebook's network for an epoch; both frameworks read its weights."""
    digits("build", "starter", "--name", "starter")
    recipe = ["--dataset", "starter", "--recipe", "notebook-adam", "--framework", "pytorch", "--epochs", "1"]
    return find_run(digits("train", *recipe)["run"])


def digits(*arguments: str) -> Any:
    """Return what a command of the lab prints with `--json`."""
    command = [sys.executable, "-m", "digits", arguments[0], "--json", *arguments[1:]]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def trained_run(run: Run) -> tuple[State, np.ndarray]:
    """Return the weights of `run`, in the order of the layers, and one image as (1, 3136) float32."""
    state, _ = weights.read(run.folder / "weights.safetensors")
    names = weights.shapes(run.recipe.architecture)
    return {name: state[name] for name in names}, full_inputs(image(run), run.recipe)


def image(run: Run) -> np.ndarray:
    """Return the first image that `run` was tested on: (1, 784) uint8."""
    rows = run.evaluation("rows")[:1]
    return framed_ink(Dataset.open(run.recipe.dataset).images[rows], run.recipe)


def measure(run: Run, rounds: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the milliseconds of every call of each way, and those that ours spent in the forward pass."""
    state, inputs = trained_run(run)
    threadpool_limits(1)  # as in our workers; on a busy machine a second thread only waits
    predictors = {framework: Predictor(framework) for framework in FRAMEWORKS}
    workers = [Worker(framework, run) for framework in FRAMEWORKS]
    passes: dict[str, list[float]] = {framework: [] for framework in FRAMEWORKS}
    check(predictors, run, forward(state, inputs))
    turns = here(run, state, inputs) | ours(run, predictors, passes)
    times: dict[str, list[float]] = {}
    for number in range(rounds + 1):  # the first one warms up
        seconds = {way: clock(call, CALLS) for way, call in turns.items()}
        seconds |= {way: worker.time(way) for worker in workers for way in worker.ways}
        for way, more in seconds.items() if number else ():
            times[way] = times.get(way, []) + more
    for each in (*predictors.values(), *workers):
        each.close()
    return ({way: np.array(one) * 1000 for way, one in times.items()},
            {framework: np.array(one[CALLS:]) for framework, one in passes.items()})  # fmt: skip


def here(run: Run, state: State, inputs: np.ndarray) -> dict[str, Way]:
    """Return the limit, with all inputs and with those alone that can carry ink."""
    ink = columns(run.recipe)
    narrow = weights.narrow(state, ink)
    fewer = np.ascontiguousarray(inputs[:, ink])
    return {LIMIT: lambda: forward(state, inputs), "NumPy, the 784 inks alone": lambda: forward(narrow, fewer)}


def ours(run: Run, predictors: dict[str, Predictor], passes: dict[str, list[float]]) -> dict[str, Way]:
    """Return the lab's way in each framework, and in both at once, as the page Draw asks them."""
    ink = image(run).reshape(28, 28)
    pool = ThreadPoolExecutor()

    def one(framework: str) -> Way:
        return lambda: passes[framework].append(predictors[framework].predict(run.id, ink).milliseconds)

    def both() -> object:
        return list(pool.map(lambda predictor: predictor.predict(run.id, ink), predictors.values()))

    alone = {f"ours, {FRAMEWORK_NAMES[framework]}, through the pipe": one(framework) for framework in predictors}
    return {**alone, "ours, both at once": both}


def forward(state: State, inputs: np.ndarray) -> np.ndarray:
    """Return the (n, 10) logits of (n, width) inputs: products, sums and ReLUs, nothing else."""
    *hidden, last = range(len(state) // 2)
    for layer in hidden:
        inputs = np.maximum(inputs @ state[f"layer.{layer}.kernel"] + state[f"layer.{layer}.bias"], 0)
    return np.asarray(inputs @ state[f"layer.{last}.kernel"] + state[f"layer.{last}.bias"])


def check(predictors: dict[str, Predictor], run: Run, logits: np.ndarray) -> None:
    """Assert that both workers say what NumPy says."""
    powers = np.exp(logits[0] - logits.max())
    for predictor in predictors.values():
        said = predictor.predict(run.id, image(run).reshape(28, 28)).probabilities
        np.testing.assert_allclose(said, powers / powers.sum(), atol=1e-4)


class Worker:
    """A process that holds one framework and times one of its ways when it is told to."""

    def __init__(self, framework: str, run: Run) -> None:
        command = [sys.executable, "-m", "benchmarks.prediction", "--worker", framework, "--run", run.id]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})  # fmt: skip
        self.ways: list[str] = self._answer()

    def time(self, way: str) -> list[float]:
        """Return the seconds of each call of `way`."""
        assert self.process.stdin
        print(way, file=self.process.stdin, flush=True)
        return list(self._answer())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()

    def _answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def serve(ways: dict[str, Way]) -> None:
    """Print the names of the ways, then the seconds of each call of the one that standard input names."""
    print(json.dumps(list(ways)), flush=True)
    for line in sys.stdin:
        way = line.strip()
        print(json.dumps(clock(ways[way], SLOW_CALLS if SLOW in way else CALLS)), flush=True)


def clock(act: Way, calls: int) -> list[float]:
    """Return the seconds of each of `calls`."""
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return seconds


def ways_of(framework: str, run: Run) -> dict[str, Way]:
    """Return what an app that imports `framework` would call."""
    ways = {"pytorch": torch_ways, "tensorflow": keras_ways}[framework]
    return ways(run.recipe.architecture, *trained_run(run))


def torch_ways(architecture: Architecture, state: State, inputs: np.ndarray) -> dict[str, Way]:
    """The network called eagerly, on all of torch's threads and on one."""
    import torch

    from digits.models import pytorch_network

    network = pytorch_network.build(architecture, "relu", torch.float32)
    threads = torch.get_num_threads()
    with torch.no_grad():
        for parameter, values in zip(network.parameters(), state.values(), strict=True):
            parameter.copy_(pytorch_network.from_numpy(values, parameter))

    @torch.inference_mode()
    def call(number: int) -> object:
        if torch.get_num_threads() != number:
            torch.set_num_threads(number)
        return network(torch.from_numpy(inputs)).numpy()

    return {f"torch, eager, {number} thread{'s'[: number > 1]}": lambda number=number: call(number)
            for number in sorted({threads, 1})}  # fmt: skip


def keras_ways(architecture: Architecture, state: State, inputs: np.ndarray) -> dict[str, Way]:
    """The network called as a function, and the notebook's `predict`."""
    from digits.models import tensorflow_network

    network = tensorflow_network.build(architecture, "relu", "float32")
    network.set_weights(list(state.values()))
    return {
        "keras, model(x)": lambda: network(inputs).numpy(),
        f"the notebook's way, {SLOW}": lambda: network.predict(inputs, verbose=0),
    }


def print_table(times: dict[str, np.ndarray], passes: dict[str, np.ndarray]) -> None:
    """Print each way's milliseconds (p10 is nearly those of an idle machine), and ratios of the medians."""
    limit, notebook = median(times[LIMIT]), median(times[f"the notebook's way, {SLOW}"])
    numbers = f"{'p10':>8}{'median':>9}{'p95':>9}{'calls':>7}{'× limit':>9}{'notebook ÷ it':>15}"
    print(f"{'one image, milliseconds':<40}{numbers}")
    for way, one in times.items():
        low, middle, high = np.percentile(one, [10, 50, 95])
        ratios = f"{middle / limit:>9.1f}{notebook / middle:>15.1f}"
        print(f"{way:<40}{low:>8.3f}{middle:>9.3f}{high:>9.3f}{len(one):>7}{ratios}")
    inside = ", ".join(f"{FRAMEWORK_NAMES[name]} {median(one):.3f} ms" for name, one in passes.items())
    print(f"ours, the forward pass in the worker alone: {inside}; both say what NumPy says within 1e-4")


if __name__ == "__main__":
    main()
