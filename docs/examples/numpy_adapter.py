"""The NumPy adapter: the arithmetic written out, as an example of `docs/add-a-framework.md`."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from digits.errors import UsageError
from digits.files import Json
from digits.models import Array, Description, Floats, State, dropout, formulas, weights
from digits.training.architecture import Architecture
from digits.training.recipe import Recipe

CHUNK = 2048  # rows a pass: the contract suite sets it to see that a full batch in chunks is one update
SLOPES = {"relu": lambda y: y > 0, "tanh": lambda y: 1 - y * y, "sigmoid": lambda y: y * (1 - y)}  # by the output


def create(recipe: Recipe, architecture: Architecture) -> NumPyClassifier:
    """Return a classifier with the layers of `architecture`. Sets the process's threads.

    Raises `UsageError` if the recipe's device is not there, and for a compiler: NumPy has none.
    """
    if recipe.device != "cpu":
        raise UsageError("NumPy has no such device here", expected="cpu", received=recipe.device)
    if recipe.compilation != "usual":
        raise UsageError("NumPy has no compiler", expected="compilation usual", received=recipe.compilation)
    threadpool_limits(recipe.threads)
    return NumPyClassifier(recipe, architecture)


def product_seconds(size: int, dtype: str) -> float:
    """Return the seconds of one product of two (size, size) matrices, at the process's threads."""
    square = np.full((size, size), 0.5, dtype)
    square @ square
    start = time.perf_counter()
    square @ square
    return time.perf_counter() - start


class Pass(NamedTuple):
    """A batch in a layer: what that was fed, what it had after its activation and after each pool, what it gave."""

    fed: Array
    stages: list[Array]
    given: Array


class NumPyClassifier:
    """A `Classifier` in NumPy."""

    def __init__(self, recipe: Recipe, architecture: Architecture) -> None:
        self.recipe, self.architecture, self.step = recipe, architecture, 0
        adam = recipe.optimiser.endswith("adam")
        self.slots = ("m", "v") if adam else ("momentum",) if recipe.momentum else ()
        self.weights = {name: np.zeros(shape, recipe.dtype) for name, shape in weights.shapes(architecture).items()}
        self.moments = self._fresh()

    def place(self, inputs: Floats, labels: Array) -> None:
        """Keep (n, width) inputs and (n,) labels."""
        self.inputs, self.labels = np.asarray(inputs, self.recipe.dtype), np.asarray(labels)

    def steps(self, rows: NDArray[np.int32], rates: Floats) -> Floats:
        """Make one update for each of the (k, batch) rows at its rate of (k,); return the (k,) mean losses."""
        losses = np.empty(len(rows), self.recipe.dtype)
        for index, (batch, rate) in enumerate(zip(rows, rates, strict=True)):
            losses[index], gradients = self._accumulate(batch[batch >= 0])
            self.step += 1
            for name, gradient in gradients.items():
                self.weights[name] *= 1 - rate * self.recipe.weight_decay
                self.weights[name] -= self._move(name, gradient) * self.weights[name].dtype.type(rate)
        return losses

    def outputs(self, inputs: Floats) -> list[Floats]:
        """Return every hidden layer (n, units) after its activation, then the logits (n, 10)."""
        values = np.asarray(inputs, self.recipe.dtype)
        return weights.forward(self.weights, values, self.recipe.activation, self.architecture)

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        """Return d logit[digit] / d input, (n, width), for (n, width) inputs and (n,) digits."""
        values, passes = np.asarray(inputs, self.recipe.dtype), []
        for number in range(len(self.architecture.layers)):
            passes.append(self._layer(number, values))
            values = passes[-1].given
        slope = np.eye(10, dtype=values.dtype)[digits]
        for number in reversed(range(len(passes))):
            slope, _, _ = self._back(number, passes[number], slope)
        return np.asarray(slope)

    def describe(self) -> Description:
        """Return each layer with its output's shape and its parameters."""
        layers = [{"layer": "Convolution" if layer.convolutional else "Dense", "shape": [None, *layer.given],
                   "parameters": layer.parameters} for layer in self.architecture.layers]  # fmt: skip
        lines = [f"{name} {value.shape}" for name, value in self.weights.items()]
        parameters, size = (sum(getattr(v, kind) for v in self.weights.values()) for kind in ("size", "nbytes"))
        printed = "\n".join([*lines, f"{parameters:,} ({size / 2**20:.2f} MB)"])
        return {"library": f"NumPy {np.__version__}", "printed": printed, "layers": layers,
                "parameters": parameters, "parameter_bytes": size}  # fmt: skip

    def conditions(self) -> Json:
        """Return what computes: see `digits.training.conditions`."""
        adam, recipe = "m" in self.slots, self.recipe
        formula = formulas.adam(recipe.beta1, recipe.beta2) if adam else formulas.momentum(recipe.momentum)
        return {"version": f"NumPy {np.__version__}", "loss": formulas.LOSS,
                "network": words(self.architecture),
                "optimiser": formulas.decayed(recipe.weight_decay, formula), "weight decay": recipe.weight_decay,
                "epsilon": recipe.epsilon if adam else None, "rate": recipe.rate, "dropout": recipe.dropout,
                "activation": recipe.activation, "dtype": self._kernel(0).dtype.name,
                "threads": max((pool["num_threads"] for pool in threadpool_info()), default=1),
                "device": "cpu", "compilation": "none"}  # fmt: skip

    def state(self) -> State:
        """Return copies: weights, `optimizer.<slot>.<weight>` and `step` () int64."""
        held = {**self.weights, **self.moments, "step": np.array(self.step, np.int64)}
        return {name: value.copy() for name, value in held.items()}

    def load(self, state: State) -> None:
        """Take weights, slots and step over; without `optimizer.…` slots the optimiser starts afresh.

        Raises `UsageError` if the state does not fit the network or the optimiser.
        """
        resumes = weights.check(state, self.architecture, self.slots)
        self.step = int(state.get("step", 0)) if resumes else 0
        self.weights = {name: np.array(state[name], self.recipe.dtype) for name in self.weights}
        fresh = self._fresh()
        self.moments = {name: state[name].copy() for name in fresh} if resumes else fresh

    def _fresh(self) -> State:
        return {f"optimizer.{slot}.{name}": np.zeros_like(value)
                for slot in self.slots for name, value in self.weights.items()}  # fmt: skip

    def _kernel(self, layer: int) -> Array:
        return self.weights[f"layer.{layer}.kernel"]

    def _bias(self, layer: int) -> Array:
        return self.weights[f"layer.{layer}.bias"]

    def _accumulate(self, rows: NDArray[np.int32]) -> tuple[float, State]:
        """Return the mean loss over `rows` (n,) and its gradients, added up chunk by chunk."""
        loss, gradients = 0.0, {name: np.zeros_like(value) for name, value in self.weights.items()}
        for start in range(0, len(rows), CHUNK):
            loss += self._part(rows[start : start + CHUNK], start, gradients, 1 / len(rows))
        return loss, gradients

    def _part(self, rows: NDArray[np.int32], start: int, gradients: State, share: float) -> float:
        """Add to `gradients` what `rows`, a batch from place `start` on, give; return their part of the loss."""
        passes, scales = self._forward(rows, start)
        logits, labels = passes[-1].given, self.labels[rows]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = powers / powers.sum(axis=1, keepdims=True)
        loss = -np.log(np.maximum(slope[np.arange(len(rows)), labels], np.finfo(slope.dtype).tiny)).sum() * share
        slope[np.arange(len(rows)), labels] -= 1
        slope *= slope.dtype.type(share)
        for number in reversed(range(len(passes))):
            slope, kernel, bias = self._back(number, passes[number], slope * scales[number])
            gradients[f"layer.{number}.kernel"] += kernel
            gradients[f"layer.{number}.bias"] += bias
        return float(loss)

    def _forward(self, rows: NDArray[np.int32], start: int) -> tuple[list[Pass], list[Array]]:
        """Return what became of `rows` in each layer, and what dropout multiplied each layer's units by."""
        values, passes, scales = self.inputs[rows], [], []
        for number in range(len(self.architecture.layers)):
            passes.append(self._layer(number, values))
            thinned = self.recipe.dropout and not self._is_last(number)
            scales.append(self._scales(number, start, passes[-1].given) if thinned else np.ones((), values.dtype))
            values = passes[-1].given * scales[-1]
        return passes, scales

    def _is_last(self, number: int) -> bool:
        return number == len(self.architecture.layers) - 1

    def _layer(self, number: int, fed: Array) -> Pass:
        """Return what layer `number` makes of (n, width) numbers."""
        layer, kernel = self.architecture.layers[number], self._kernel(number)
        pictures = fed.reshape(-1, *layer.received) if layer.convolutional else fed
        sums = (weights.convolved(pictures, kernel) if layer.convolutional else fed @ kernel) + self._bias(number)
        stages = [sums if self._is_last(number) else weights.ACTIVATIONS[self.recipe.activation](sums)]
        for _ in range(layer.pools):
            stages.append(weights.pooled(stages[-1]))
        return Pass(pictures, stages, stages[-1].reshape(len(fed), -1))

    def _back(self, number: int, done: Pass, slope: Array) -> tuple[Array, Array, Array]:
        """Return the slopes by what layer `number` was fed, by its kernel and its bias, of that by what it gave."""
        layer, kernel = self.architecture.layers[number], self._kernel(number)
        slope = slope.reshape(done.stages[-1].shape)
        for before in reversed(done.stages[:-1]):
            slope = unpooled(slope, before)
        if not self._is_last(number):
            slope = slope * SLOPES[self.recipe.activation](done.stages[0])
        if not layer.convolutional:
            return slope @ kernel.T, done.fed.T @ slope, slope.sum(axis=0)
        turned = weights.convolved(slope, kernel[::-1, ::-1].transpose(0, 1, 3, 2))
        return turned.reshape(len(slope), -1), kernel_slope(done.fed, slope, len(kernel)), slope.sum(axis=(0, 1, 2))

    def _scales(self, layer: int, start: int, values: Array) -> Array:
        """Return 0 for the units of (n, m) `values` that are left out, else by how much they are enlarged."""
        key = dropout.layer_key(self.recipe.seed, self.step, layer)
        rows = np.arange(start, start + len(values), dtype=np.int64)[:, None]
        kept = dropout.bits(key, rows, np.arange(values.shape[1], dtype=np.int64)[None])
        stays = np.asarray(kept >= dropout.threshold(self.recipe.dropout))
        return np.where(stays, dropout.factor(self.recipe.dropout), 0).astype(values.dtype)

    def _move(self, name: str, gradient: Array) -> Array:
        """Return by how much a weight falls at a rate of 1; its slots learn of the gradient."""
        if "m" in self.slots:
            return self._adam(name, gradient)
        if "momentum" in self.slots:
            held = self.moments[f"optimizer.momentum.{name}"]
            held[...] = self.recipe.momentum * held + gradient
            return held
        return gradient

    def _adam(self, name: str, gradient: Array) -> Array:
        """Return Adam's step (Kingma, Ba 2015, algorithm 1), ε added after the bias is corrected, as in PyTorch."""
        m, v = (self.moments[f"optimizer.{slot}.{name}"] for slot in ("m", "v"))
        beta1, beta2 = self.recipe.beta1, self.recipe.beta2
        m += (1 - beta1) * (gradient - m)
        v += (1 - beta2) * (gradient * gradient - v)
        return (m / (1 - beta1**self.step)) / (np.sqrt(v / (1 - beta2**self.step)) + self.recipe.epsilon)


def unpooled(slope: Array, before: Array) -> Array:
    """Return the slope by (n, h, w, c) pictures `before` a pool; the first of the largest has that after it."""
    images, height, width, channels = slope.shape
    even = before[:, : 2 * height, : 2 * width].reshape(images, height, 2, width, 2, channels)
    largest = even.transpose(0, 1, 3, 5, 2, 4).reshape(*slope.shape, 4).argmax(axis=-1)
    shares = (slope[..., None] * np.eye(4, dtype=slope.dtype)[largest]).reshape(*slope.shape, 2, 2)
    found = np.zeros_like(before)
    found[:, : 2 * height, : 2 * width] = shares.transpose(0, 1, 4, 2, 5, 3).reshape(
        images, 2 * height, 2 * width, channels
    )
    return found


def kernel_slope(pictures: Array, slope: Array, side: int) -> Array:
    """Return the slope by a kernel (side, side, in, out) of that by its sums (n, h, w, out) over `pictures`."""
    margin = side // 2
    padded = np.pad(pictures, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    fields = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    return np.asarray(np.tensordot(fields, slope, axes=([0, 1, 2], [0, 1, 2]))).transpose(1, 2, 0, 3)


def words(architecture: Architecture) -> str:
    """Return the layers as a recipe names them, the inputs of the dense ones first: `784-128-64-10`."""
    dense = [layer for layer in architecture.layers if not layer.convolutional]
    found = [f"conv{layer.kernel[-1]}x{layer.kernel[0]}{' pool' * layer.pools}"
             for layer in architecture.layers if layer.convolutional]  # fmt: skip
    return " ".join([*found, "-".join(map(str, (dense[0].kernel[0], *(layer.units for layer in dense))))])
