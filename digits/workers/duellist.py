"""One of the four processes of a duel: trains one framework, an epoch whenever it is told to, and sleeps in between.

`python -m digits.workers.duellist DUEL FRAMEWORK`: requests on standard input, answers on standard output. Each names
what to `do`; the clock runs only around the call that makes an epoch's updates. With augmentation each of the four
draws an epoch's variants itself before the clock runs: to the same bits, and without a fifth process.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from digits import machine
from digits.child import Reply, serve
from digits.errors import TrainingError
from digits.evaluation import metrics
from digits.files import Json, sha256
from digits.models import Classifier, State, create, product_seconds, weights
from digits.training import conditions, inputs
from digits.training.duel import Duel, find_duel
from digits.training.loop import order
from digits.training.schedule import rates
from digits.training.variants import draw

PRODUCT_SIZE, PRODUCTS = 2048, 3


class Duellist:
    """One framework's side, or one half of it; what it was given and what it did is told at the end."""

    def __init__(self, duel: Duel, framework: str) -> None:
        self.duel, self.framework = duel, framework
        self.recipe = duel.recipe(framework)
        self.data: inputs.Data
        self.classifier: Classifier
        self.told: Json = {}  # the conditions, but for what is known only in the end
        self.initial: list[str] = []  # the hash of each seed's weights
        self.orders: list[conditions.Orders] = []  # of each seed's batches
        self.shown: list[conditions.Shown] = []  # of each seed's variants
        self.seeds: list[int] = []  # of which a training was begun
        self.acts: dict[str, Callable[[Json], Reply]] = {
            "import": self.load_framework, "read": self.read, "begin": self.begin, "product": self.product,
            "epoch": self.epoch, "conditions": self.conditions,
        }  # fmt: skip

    def answer(self, request: Json) -> Reply:
        """Do what `request` names, and return what came out."""
        return self.acts[request["do"]](request)

    def load_framework(self, _: Json) -> Reply:
        """Import the framework's adapter, and with it the framework."""
        start = time.perf_counter()
        import_module(f"digits.models.{self.framework}")
        return {"import_seconds": time.perf_counter() - start}, None

    def read(self, _: Json) -> Reply:
        """Read the data, before each seed; all seeds of all four processes train and test on the same rows."""
        vars(self).pop("classifier", None)
        gc.collect()  # the last seed's network refers to itself, and holds its inputs
        self.data = inputs.load(self.recipe, self.duel.spec["fingerprint"], parts=self.duel.split())
        return {"images": self.rows, "inputs": len(self.data.live)}, None

    @property
    def rows(self) -> int:
        """How many images an epoch shows."""
        return len(self.data.train.rows) * self.recipe.variants

    def begin(self, request: Json) -> Reply:
        """Make the network of a seed, and let it compile; return the seconds, and the logits before any training."""
        self.recipe = self.duel.recipe(self.framework, request["seed"])
        start = time.perf_counter()
        self.classifier = create(self.recipe, inputs=len(self.data.live))
        create_seconds = time.perf_counter() - start
        initial = weights.narrow(weights.initial(self.recipe), self.data.live)
        self.shown.append(conditions.Shown(self.data.train.labels))
        if self.recipe.augmented:
            self._place(1)
        else:
            self.classifier.place(self.data.train.inputs, self.data.train.labels)
        self.classifier.load(initial)
        compile_seconds = self._compile(initial)
        self._keep_conditions()
        described = {"parameters_bytes": self.classifier.describe()["parameter_bytes"]}
        return self._tested({"create_seconds": create_seconds, "compile_seconds": compile_seconds, **described})

    def _place(self, epoch: int) -> None:
        """Draw the variants of an epoch and place them; those of the last one go first."""
        train = self.data.train
        self.classifier.place(train.inputs[:0], train.labels[:0])
        ink = draw(self.data.ink, self.recipe, epoch)
        found = inputs.live_inputs(ink, self.recipe, self.data.live)
        self.shown[-1].place(ink, found.nbytes)
        self.classifier.place(found, np.tile(train.labels, self.recipe.variants))

    def _keep_conditions(self) -> None:
        """Note under which conditions a seed is trained, and let go of the placed inputs.

        PyTorch goes on using their memory, TensorFlow has a copy of its own: neither should be charged for ours too.
        """
        dataset = {"dataset": self.duel.spec["fingerprint"]}
        self.told = conditions.conditions(self.duel.recipe(self.framework), self.data, self.classifier, dataset)
        self.initial.append(conditions.loaded(self.classifier))
        self.orders.append(conditions.Orders())
        self.seeds.append(self.recipe.seed)
        self.data = replace(self.data, train=replace(self.data.train, inputs=self.data.train.inputs[:0].copy()))

    def _compile(self, initial: State) -> float:
        """Return how much longer the first updates take than the same once more; then begin anew from `initial`.

        A compiler makes code for the sizes that it meets, so it meets all of an epoch; without one, a whole batch and
        the last, which may be short, are enough.
        """
        batches, rates = self._epoch(1)
        if self.recipe.compilation == "usual":
            batches = batches[sorted({0, len(batches) - 1})]
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            self.classifier.steps(batches, rates[: len(batches)])
            seconds.append(time.perf_counter() - start)
        self.classifier.load(initial)
        return max(0.0, seconds[0] - seconds[1])

    def product(self, _: Json) -> Reply:
        """Measure at which rate the framework multiplies large matrices now: 2 n³ operations a product."""
        seconds = min(product_seconds(self.framework, PRODUCT_SIZE, self.recipe.dtype) for _ in range(PRODUCTS))
        return {"gflops": 2 * PRODUCT_SIZE**3 / seconds / 1e9}, None

    def epoch(self, request: Json) -> Reply:
        """Make the updates of an epoch, from 1, in one call; return its seconds, and the logits after it."""
        batches, rates = self._epoch(request["epoch"])
        if self.recipe.augmented:
            self._place(request["epoch"])
        machine.reset_peak()
        cpu, start = time.process_time(), time.perf_counter()
        losses = self.classifier.steps(batches, rates)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        peak_bytes = machine.peak_bytes()
        if not np.isfinite(losses).all():
            raise TrainingError(f"The loss is not finite in epoch {request['epoch']}", expected="a number",
                                received=losses[~np.isfinite(losses)][0], do="Lower the rate.")  # fmt: skip
        self.orders[-1].add(batches)
        self.shown[-1].end_epoch()
        return self._tested({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_bytes": peak_bytes,
                             "loss": float(losses.mean()), "steps": len(batches)})  # fmt: skip

    def conditions(self, request: Json) -> Reply:
        """Return the conditions of all seeds."""
        known = {
            "initial weights": self.initial, **conditions.made(self.orders, self.rows),
            **(conditions.Shown.told(self.shown) if self.recipe.augmented else {}),
            "seeds": self.seeds, "leak": request["leak"],
        }  # fmt: skip
        told = {**self.told, **self.classifier.conditions(), **conditions.pace(self.recipe)}
        return {"conditions": {**told, **known}}, None

    def _epoch(self, epoch: int) -> tuple[NDArray[np.int32], NDArray[np.floating]]:
        """Return the (steps, batch) rows of an epoch and their (steps,) rates."""
        batches = order(self.rows, self.recipe, epoch)
        steps = len(batches)
        return batches, rates(self.recipe, self.recipe.epochs * steps, (epoch - 1) * steps, steps)

    def _tested(self, found: Json) -> Reply:
        """Add the hash of the test logits (n, 10) to `found`, and return them as float32 beside it."""
        _, logits = metrics.outputs(self.classifier, self.data.test.inputs)
        found["logits"] = sha256(np.ascontiguousarray(logits).data)[:16]
        return found, logits.astype(np.float32, copy=False)


if __name__ == "__main__":
    serve(Duellist(find_duel(sys.argv[1]), sys.argv[2]).answer)
