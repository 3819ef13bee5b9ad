"""The NumPy adapter: the arithmetic written out, as an example of `docs/add-a-framework.md`."""

from __future__ import annotations

import time

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

    Raises `UsageError` if the recipe's device is not there, for a compiler, which NumPy has not, and for pictures.
    """
    if architecture.convolutional:
        raise UsageError("This example has no convolutions", expected="dense layers", received=recipe.network)
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
        return weights.forward(self.weights, np.asarray(inputs, self.recipe.dtype), self.recipe.activation)

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        """Return d logit[digit] / d input, (n, width), for (n, width) inputs and (n,) digits."""
        *hidden, logits = self.outputs(inputs)
        slope = np.eye(10, dtype=logits.dtype)[digits] @ self._kernel(len(hidden)).T
        for layer in reversed(range(len(hidden))):
            slope = (slope * SLOPES[self.recipe.activation](hidden[layer])) @ self._kernel(layer).T
        return np.asarray(slope)

    def describe(self) -> Description:
        """Return each layer with its output's shape and its parameters."""
        layers = [{"layer": "Dense", "shape": [None, layer.units], "parameters": layer.parameters}
                  for layer in self.architecture.layers]  # fmt: skip
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
                "network": "-".join(map(str, self.architecture.widths)),
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

    def _accumulate(self, rows: NDArray[np.int32]) -> tuple[float, State]:
        """Return the mean loss over `rows` (n,) and its gradients, added up chunk by chunk."""
        loss, gradients = 0.0, {name: np.zeros_like(value) for name, value in self.weights.items()}
        for start in range(0, len(rows), CHUNK):
            loss += self._part(rows[start : start + CHUNK], start, gradients, 1 / len(rows))
        return loss, gradients

    def _part(self, rows: NDArray[np.int32], start: int, gradients: State, share: float) -> float:
        """Add to `gradients` what `rows`, a batch from place `start` on, give; return their part of the loss."""
        values, scales = self._forward(rows, start)
        logits, labels = values.pop(), self.labels[rows]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        slope = powers / powers.sum(axis=1, keepdims=True)
        loss = -np.log(np.maximum(slope[np.arange(len(rows)), labels], np.finfo(slope.dtype).tiny)).sum() * share
        slope[np.arange(len(rows)), labels] -= 1
        slope *= slope.dtype.type(share)
        for layer in reversed(range(len(values))):
            gradients[f"layer.{layer}.kernel"] += (values[layer] * scales[layer]).T @ slope
            gradients[f"layer.{layer}.bias"] += slope.sum(axis=0)
            if layer:
                slope = (slope @ self._kernel(layer).T) * scales[layer]
                slope *= SLOPES[self.recipe.activation](values[layer])
        return float(loss)

    def _forward(self, rows: NDArray[np.int32], start: int) -> tuple[list[Array], list[Array]]:
        """Return what enters each layer, before dropout, and then the logits; and what dropout multiplies each by."""
        one, last = np.ones((), self.recipe.dtype), len(self.architecture.layers) - 1
        values, scales = [self.inputs[rows]], [one]
        for layer in range(last + 1):
            fed = (values[-1] * scales[-1]) @ self._kernel(layer) + self.weights[f"layer.{layer}.bias"]
            values.append(fed if layer == last else weights.ACTIVATIONS[self.recipe.activation](fed))
            scales.append(self._scales(layer, start, values[-1]) if self.recipe.dropout and layer < last else one)
        return values, scales

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
