"""The PyTorch adapter: torch.nn layers, torch.optim optimisers, a plain loop over the batches."""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digits.errors import UsageError
from digits.files import Json
from digits.models import Array, Description, Floats, State, dropout, formulas, weights
from digits.models.pytorch_network import build, from_numpy, in_rows, is_hidden, to_numpy, words
from digits.models.pytorch_optimisers import build_optimizer, decay, formula
from digits.training.architecture import Architecture
from digits.training.recipe import Recipe

CHUNK = 2048  # rows a pass: beyond it the activations leave the cache, and a full batch takes a third longer
MASK_SIZE = 32_767  # numbers of a mask at a time: PyTorch does as many on one thread, and they stay in the cache
SLOTS = {"m": "exp_avg", "v": "exp_avg_sq", "momentum": "momentum_buffer"}  # ours: PyTorch's


def create(recipe: Recipe, architecture: Architecture) -> PyTorchClassifier:
    """Return a classifier with the layers of `architecture`. Sets the process's threads.

    Raises `UsageError` if the recipe's device or compiler is not there.
    """
    check_device(recipe)
    check_compiler(recipe)
    torch.set_num_threads(recipe.threads)
    return PyTorchClassifier(recipe, architecture)


class PyTorchClassifier:
    """A `Classifier` in PyTorch."""

    def __init__(self, recipe: Recipe, architecture: Architecture) -> None:
        self.architecture = architecture
        self.dtype = recipe.dtype
        self.device = torch.device(recipe.device)
        self.dropout, self.seed = recipe.dropout, recipe.seed
        self.network = build(architecture, recipe.activation, getattr(torch, recipe.dtype)).to(self.device)
        self.parameters = dict(zip(weights.shapes(architecture), self.network.parameters(), strict=True))
        self.optimizer, self.slots = build_optimizer(recipe, self.network)
        self.compiled = recipe.compilation == "compiler"
        self.loss = torch.compile(self._loss) if self.compiled else self._loss
        self.step = 0

    def place(self, inputs: Floats, labels: Array) -> None:
        """Keep (n, width) inputs and (n,) labels; it may share the inputs' memory, so leave them as they are."""
        self.inputs = self._tensor(inputs)
        self.labels = torch.tensor(labels, dtype=torch.int64, device=self.device)

    def steps(self, rows: NDArray[np.int32], rates: Floats) -> Floats:
        """Make one update for each of the (k, batch) rows at its rate of (k,); return the (k,) mean losses."""
        losses = torch.empty(len(rows), dtype=getattr(torch, self.dtype))
        for index, (batch, rate) in enumerate(zip(rows, rates, strict=True)):
            self.optimizer.param_groups[0]["lr"] = float(rate)
            self.optimizer.zero_grad()
            losses[index] = self._accumulate(torch.from_numpy(batch[batch >= 0]).to(self.device))
            self.optimizer.step()
            self.step += 1
        return losses.numpy()

    def _accumulate(self, rows: Tensor) -> Tensor:
        """Add the gradients of the mean loss over `rows` (n,) to the parameters', in chunks; return that loss."""
        total = torch.zeros((), dtype=getattr(torch, self.dtype), device=self.device)
        step = torch.tensor(self.step) if self.compiled else self.step  # a number would be compiled in
        for number, chunk in enumerate(torch.split(rows, CHUNK)):
            loss = self.loss(self.inputs[chunk], self.labels[chunk], number * CHUNK, step) / len(rows)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _loss(self, inputs: Tensor, labels: Tensor, first: int, step: int | Tensor) -> Tensor:
        """Return the sum of the losses of inputs (n, width), rows `first` … of the batch of update `step`."""
        return nn.functional.cross_entropy(self._thinned(inputs, first, step), labels, reduction="sum")

    def _thinned(self, values: Tensor, first: int, step: int | Tensor) -> Tensor:
        """Return the logits of inputs (n, width), rows `first` … of a batch, with this update's units left out."""
        layer = 0
        for module in self.network:
            values = module(values)
            if self.dropout and is_hidden(module):
                values = values * self._scales(dropout.layer_key(self.seed, step, layer), first, values)
                layer += 1
        return values

    def _scales(self, key: int | Tensor, first: int, values: Tensor) -> Tensor:
        """Return 0 for the units of `values` that are left out, else by how much they are enlarged.

        Both are (n, units), or pictures (n, channels, height, width).
        """
        low, shape = dropout.threshold(self.dropout), values.shape
        places = torch.arange(first, first + len(values), device=self.device)[:, None]
        units = torch.arange(shape[1:].numel(), device=self.device)[None]
        at_once = max(1, MASK_SIZE // units.shape[1])
        parts = [dropout.bits(key, part, units) >= low for part in torch.split(places, at_once)]
        scales = torch.cat(parts).to(values.dtype) * dropout.factor(self.dropout)
        return scales.view(-1, *shape[2:], shape[1]).permute(0, 3, 1, 2) if values.ndim == 4 else scales

    @torch.inference_mode()
    def outputs(self, inputs: Floats) -> list[Floats]:
        """Return every hidden layer (n, units) after its activation, then the logits (n, 10)."""
        values, hidden = self._tensor(inputs), []
        for module in self.network:
            values = module(values)
            if is_hidden(module):
                hidden.append(in_rows(values).cpu().numpy())
        return [*hidden, values.cpu().numpy()]

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        """Return d logit[digit] / d input, (n, width), for (n, width) inputs and (n,) digits."""
        values = self._tensor(inputs).requires_grad_()
        columns = torch.tensor(digits, dtype=torch.int64, device=self.device)[:, None]
        chosen = self.network(values).gather(1, columns)
        (gradient,) = torch.autograd.grad(chosen.sum(), values)
        return gradient.cpu().numpy()

    def describe(self) -> Description:
        """Return the network as PyTorch prints it, and each module with its output's shape and its parameters."""
        layers, blank = [], (1, self.architecture.inputs)
        values = torch.zeros(blank, dtype=getattr(torch, self.dtype), device=self.device)
        for module in self.network:
            values = module(values)
            count = sum(parameter.numel() for parameter in module.parameters())
            layers.append({"layer": type(module).__name__, "shape": [None, *values.shape[1:]], "parameters": count})
        return {
            "library": f"PyTorch {torch.__version__}", "printed": str(self.network), "layers": layers,
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "parameter_bytes": sum(parameter.nbytes for parameter in self.network.parameters()),
        }  # fmt: skip

    def conditions(self) -> Json:
        """Return what computes, as the objects at work tell it: see `digits.training.conditions`."""
        group, kernel = self.optimizer.param_groups[0], next(self.network.parameters())
        return {
            "version": f"PyTorch {torch.__version__}", "network": words(self.network),
            "loss": formulas.LOSS, "optimiser": formula(self.optimizer),
            "epsilon": group.get("eps"), "rate": formulas.rate(group["lr"]),
            "weight decay": decay(self.optimizer), "dropout": self.dropout,
            "activation": next(type(module).__name__.lower() for module in self.network if is_hidden(module)),
            "dtype": str(kernel.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(), "device": kernel.device.type,
            "compilation": "torch.compile" if self.compiled else "eager",
        }  # fmt: skip

    def state(self) -> State:
        """Return copies: weights, `optimizer.<slot>.<weight>` (m and v, or momentum, or none) and `step` () int64."""
        state = {name: to_numpy(parameter) for name, parameter in self.parameters.items()}
        for slot in self.slots:
            for name, parameter in self.parameters.items():
                held = self.optimizer.state[parameter]  # empty before the first step, which means zeros
                state[f"optimizer.{slot}.{name}"] = to_numpy(held.get(SLOTS[slot], torch.zeros_like(parameter)))
        return {**state, "step": np.array(self.step, np.int64)}

    def load(self, state: State) -> None:
        """Take weights, slots and step over; without `optimizer.…` slots the optimiser starts afresh.

        Raises `UsageError` if the state does not fit the network or the optimiser.
        """
        resumes = weights.check(state, self.architecture, self.slots)
        self.step = int(state.get("step", 0)) if resumes else 0
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(from_numpy(state[name], parameter))
        slots: dict[int, dict[str, Tensor]] = {}
        if resumes and self.slots:
            for index, (name, parameter) in enumerate(self.parameters.items()):  # PyTorch moves them to their device
                slots[index] = {SLOTS[slot]: from_numpy(state[f"optimizer.{slot}.{name}"], parameter)
                                for slot in self.slots}  # fmt: skip
                slots[index]["step"] = torch.tensor(float(self.step))
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})

    def _tensor(self, values: Floats) -> Tensor:
        # PyTorch warns about arrays that are not writable, such as memory-mapped ones: those are copied.
        return torch.from_numpy(np.require(values, self.dtype, ["C", "W"])).to(self.device)


def check_device(recipe: Recipe) -> None:
    """Raise `UsageError` if this machine's PyTorch has no such device, or the device no such numbers."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[recipe.device]:
        found = " or ".join(name for name, available in there.items() if available)
        raise UsageError("PyTorch has no such device here", expected=found, received=recipe.device)
    if recipe.device == "mps" and recipe.dtype == "float64":
        raise UsageError("The device mps has no float64", expected="float32", received=recipe.dtype)


def check_compiler(recipe: Recipe) -> None:
    """Raise `UsageError` if the recipe asks for torch.compile where the C++ compiler that it needs is missing."""
    if recipe.compilation != "compiler" or recipe.device != "cpu":
        return
    names = [os.environ.get("CXX", ""), "g++", "clang++"]
    if not any(name and shutil.which(name) for name in names):
        raise UsageError("torch.compile needs a C++ compiler", expected="g++ or clang++ on the PATH, or CXX",
                         received="none", do="Install one, or leave compilation at usual.")  # fmt: skip


def product_seconds(size: int, dtype: str) -> float:
    """Return the seconds of one product of two (size, size) matrices, at the process's threads."""
    square = torch.full((size, size), 0.5, dtype=getattr(torch, dtype))
    torch.matmul(square, square)
    start = time.perf_counter()
    torch.matmul(square, square)
    return time.perf_counter() - start
