"""How far PyTorch and TensorFlow part from the same start: a table of all modes, and what one reads of the other's.

    python -m benchmarks.lockstep [--dataset FILE] [--steps 300]

The notebook's network on its own data, batch 128 at a rate of 0.001; float32 is looked at over its first 20 steps,
since rounding grows. Below it: the notebook's Adam recipe, trained for an epoch in each framework, and the test
images read by both with the same weights. Last, the inputs that no image ever uses: with and without them.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.build import processor
from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.models import State, create, weights
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.inputs import Data, load
from digits.training.lockstep import OPTIMISERS, Mode, batches, differences, largest, starters
from digits.training.loop import order
from digits.training.presets import preset
from digits.training.recipe import Recipe

SHORT = 20


def main() -> None:
    """Print the machine and the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        build(open_source(str(options.dataset)), "digits", staging=Path(folder) / "staging")
        fingerprint = Dataset.open("digits").fingerprint
        modes(fingerprint, options.steps)
        cross_read(fingerprint)
        dead(fingerprint)


def modes(fingerprint: str, steps: int) -> None:
    """Print the largest differences of every mode, on inputs from 0 to 1 and from 0 to 255."""
    print(f"\n{'largest difference of':60}{'loss':>10}{'weight':>10}{'logit':>10}")
    for scale in (1.0, 255.0):
        for dtype, count in (("float64", steps), ("float32", SHORT)):
            for optimizer in OPTIMISERS:
                for native in (False, True):
                    mode = Mode(dataset="digits", optimizer=optimizer, native=native, dtype=dtype, steps=count,
                                scale=scale)  # fmt: skip
                    print_mode(mode, load(mode.recipe("pytorch"), fingerprint))


def print_mode(mode: Mode, data: Data) -> None:
    """Step through `mode` and print its line."""
    gc.collect()  # the networks of the last mode, which refer to themselves
    found = largest(list(differences(mode, data, list(starters(mode, data).values()))))
    cells = "".join(f"{found[f'largest_{name}_difference']:10.1e}" for name in ("loss", "weight", "logit"))
    print(f"{f'{mode.title}, 0 to {mode.scale:g}, {mode.steps} steps':60}{cells}", flush=True)


def cross_read(fingerprint: str) -> None:
    """Print how the frameworks differ on the test images with the weights that one of them trained."""
    print()
    for framework in FRAMEWORKS:
        recipe = preset("notebook-adam", framework=framework, dataset="digits", threads=settings.cores(), epochs=1)
        data = load(recipe, fingerprint)
        logits = read_by_all(recipe, data, learnt(recipe, data))
        apart, others = np.abs(logits[0] - logits[1]).max(), int((logits[0].argmax(1) != logits[1].argmax(1)).sum())
        print(f"trained in {FRAMEWORK_NAMES[framework]}, {len(data.test.rows):,} test images read by both: logits of "
              f"up to {np.abs(logits[0]).max():.0f} differ by at most {apart:.1e}, {others} answers")  # fmt: skip


def learnt(recipe: Recipe, data: Data) -> State:
    """Return the weights after an epoch of `recipe`."""
    classifier = create(recipe, inputs=len(data.live))
    classifier.load(weights.narrow(weights.initial(recipe), data.live))
    classifier.place(data.train.inputs, data.train.labels)
    rows = order(len(data.train.rows), recipe, 1)
    classifier.steps(rows, np.full(len(rows), recipe.rate))
    return {name: value for name, value in classifier.state().items() if name.startswith("layer.")}


def read_by_all(recipe: Recipe, data: Data, state: State) -> list[np.ndarray]:
    """Return the test logits (n, 10) of each framework with the weights `state`."""
    answers = []
    for framework in FRAMEWORKS:
        reader = create(recipe.changed(framework=framework), inputs=len(data.live))
        reader.load(state)
        answers.append(reader.outputs(data.test.inputs)[-1])
    return answers


def dead(fingerprint: str) -> None:
    """Print what leaving the dead inputs out changes: losses and weights, after so many steps."""
    print()
    for framework in FRAMEWORKS:
        for dtype, steps, scale in (("float64", 100, 255.0), ("float32", SHORT, 255.0), ("float32", SHORT, 1.0)):
            for optimiser in ("reference-sgd", "reference-adam"):
                recipe = preset("notebook-adam", framework=framework, dataset="digits", threads=settings.cores(),
                                dtype=dtype, optimiser=optimiser, scale=scale)  # fmt: skip
                print_dead(recipe, load(recipe, fingerprint), steps)


def print_dead(recipe: Recipe, data: Data, steps: int) -> None:
    """Step the network with and without its dead inputs and print the largest differences."""
    rows, rates = batches(recipe, len(data.train.rows), steps), np.full(steps, recipe.rate)
    used = np.unique(rows[rows >= 0])
    place = np.searchsorted(used, rows).astype(np.int32)
    wide = np.zeros((len(used), recipe.widths[0]), recipe.dtype)
    wide[:, data.live] = data.train.inputs[used]
    losses, states, initial = [], [], weights.initial(recipe)
    for inputs, start in ((wide, initial), (data.train.inputs[used], weights.narrow(initial, data.live))):
        classifier = create(recipe, inputs=inputs.shape[1])
        classifier.load(start)
        classifier.place(inputs, data.train.labels[used])
        losses.append(classifier.steps(place, rates))
        states.append(classifier.state())
    states[1] = weights.widen(states[1], data.live, initial)
    apart = max(np.abs(states[0][name] - states[1][name]).max() for name in initial)
    what = f"{FRAMEWORK_NAMES[recipe.framework]}, {recipe.dtype}, {recipe.optimiser}, 0 to {recipe.scale:g}"
    print(f"{what}, {steps} steps, 3,136 inputs against {len(data.live)}: losses differ by "
          f"{np.ptp(losses, axis=0).max():.1e}, weights by {apart:.1e}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
