"""Weights that belong to no framework: drawn, narrowed, stored and checked in NumPy.

Both frameworks start from the same numbers and end in the same kind of file, so that a difference between two runs is
the frameworks' and not their random generators'. Kernels are (in, out). Stored weights carry a SHA-256, because the
frameworks' own files do not notice a flipped bit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from digits import files
from digits.errors import IntegrityError, UsageError
from digits.models import Floats, State
from digits.training.recipe import Recipe

FIRST = "layer.0.kernel"
STREAM = 0xD161_D161  # keeps these draws apart from the ones that shuffle the epochs, which are of (seed, epoch)
ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda values: np.maximum(values, 0),
    "tanh": np.tanh,
    "sigmoid": lambda values: (np.tanh(values / 2) + 1) / 2,  # no overflow, however small the value
}


def _pytorch(generator: np.random.Generator, rows: int, units: int) -> tuple[Floats, Floats]:
    limit = 1 / np.sqrt(rows)
    return generator.uniform(-limit, limit, (rows, units)), generator.uniform(-limit, limit, units)


def _keras(generator: np.random.Generator, rows: int, units: int) -> tuple[Floats, Floats]:
    limit = np.sqrt(6 / (rows + units))
    kernel = generator.uniform(-limit, limit, (rows, units))
    return kernel, generator.uniform(-0.0, 0.0, units)  # draws too, as it always did: old weights stay as they are


def _he_normal(generator: np.random.Generator, rows: int, units: int) -> tuple[Floats, Floats]:
    return generator.normal(0.0, np.sqrt(2 / rows), (rows, units)), np.zeros(units)


DRAWS = {"pytorch": _pytorch, "keras": _keras, "he-normal": _he_normal}


def shapes(widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight in the order in which both frameworks list them: kernel, bias, kernel, …"""
    result: dict[str, tuple[int, ...]] = {}
    for layer, (rows, units) in enumerate(pairwise(widths)):
        result[f"layer.{layer}.kernel"] = (rows, units)
        result[f"layer.{layer}.bias"] = (units,)
    return result


def initial(recipe: Recipe) -> State:
    """Return the full-width weights that a run of `recipe` starts from, in its dtype: the same for both frameworks.

    *keras*: Glorot uniform kernels, U(±√(6/(in+out))) (Glorot & Bengio 2010, eq. 16), and zero biases, as
    keras.layers.Dense. *pytorch*: kernels and biases U(±1/√in), as the documentation of torch.nn.Linear gives them.
    *he-normal*: kernels N(0, 2/in) (He et al. 2015, arXiv:1502.01852, eq. 10), never cut off, as
    torch.nn.init.kaiming_normal_ draws them, and zero biases.
    """
    generator = np.random.default_rng((recipe.seed, STREAM))
    state: State = {}
    for layer, (rows, units) in enumerate(pairwise(recipe.widths)):
        kernel, bias = DRAWS[recipe.initialisation](generator, rows, units)
        state[f"layer.{layer}.kernel"] = kernel.astype(recipe.dtype)
        state[f"layer.{layer}.bias"] = bias.astype(recipe.dtype)
    return state


def narrow(state: State, live: NDArray[np.integer]) -> State:
    """Return `state` with only the rows `live` (indices into the full width) of the first kernel and of its slots."""
    return {name: value[live] if name.endswith(FIRST) else value for name, value in state.items()}


def widen(state: State, live: NDArray[np.integer], initial: State) -> State:
    """Return the narrow `state` with its rows `live` put back into the full-width first kernel of `initial`.

    The other rows met only zeros: they still have their initial values, and their optimiser's slots are zero.
    """
    zeros = np.zeros_like(initial[FIRST])
    wide = dict(state)
    for name in (name for name in state if name.endswith(FIRST)):
        wide[name] = initial.get(name, zeros).astype(state[name].dtype)
        wide[name][live] = state[name]
    return wide


def check(state: State, widths: Sequence[int], slots: Sequence[str]) -> bool:
    """Tell whether `state` carries its optimiser on (True) or starts a fresh one (False).

    An optimiser without slots always goes on. Raises `UsageError` if a weight does not fit the network of `widths`,
    or if the optimiser's part is there and is not `optimizer.<slot>.<weight>` for each of `slots`.
    """
    fitting = shapes(widths)
    found = {name for name in state if name.startswith("optimizer.")}
    if found:
        fitting |= {f"optimizer.{slot}.{name}": shape for slot in slots for name, shape in fitting.items()}
    if found - set(fitting):
        raise UsageError(
            "The state is of another optimiser", expected=", ".join(slots) or "no slots", received=min(found)
        )
    for name, shape in fitting.items():
        received = state[name].shape if name in state else "nothing"
        if received != shape:
            raise UsageError(f"{name} does not fit the network", expected=shape, received=received)
    return bool(found) or not slots


def forward(state: State, inputs: Floats, activation: str) -> list[Floats]:
    """Return what each layer gives for (n, width) inputs: every hidden layer (n, units), then the logits (n, 10).

    A third opinion beside the two frameworks', in the dtype of the weights and the inputs.
    """
    layers = sum(name.startswith("layer.") and name.endswith(".kernel") for name in state)
    outputs: list[Floats] = []
    for layer in range(layers):
        inputs = inputs @ state[f"layer.{layer}.kernel"] + state[f"layer.{layer}.bias"]
        if layer < layers - 1:
            inputs = ACTIVATIONS[activation](inputs)
        outputs.append(inputs)
    return outputs


def digest(state: State, metadata: dict[str, str]) -> str:
    """Return the SHA-256 over the names, dtypes, shapes and bytes of `state` and over `metadata`, in sorted order."""
    names = sorted(state)
    kinds = [[name, state[name].dtype.str, list(state[name].shape)] for name in names]
    total = hashlib.sha256(files.canonical([metadata, kinds]))
    for name in names:
        total.update(state[name].tobytes())
    return total.hexdigest()


def save(path: Path, state: State, metadata: dict[str, str]) -> None:
    """Replace `path` by a safetensors file of `state` whose metadata also carry their `digest` as `sha256`."""
    in_order = {name: np.asarray(value, order="C") for name, value in state.items()}  # it would mix up views
    files.replace(path, serialise(in_order, {**metadata, "sha256": digest(state, metadata)}))


def read(path: Path) -> tuple[State, dict[str, str]]:
    """Return the state and the metadata that were saved at `path`, without their `sha256`.

    Raises `IntegrityError` if anything is not what was written, `FileNotFoundError`.
    """
    data = path.read_bytes()
    try:
        state: State = parse(data)
        # The parser gives no metadata: https://github.com/huggingface/safetensors#format says where they are.
        metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        expected = metadata.pop("sha256")
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            f"{path.name} is damaged", expected="a safetensors file with its SHA-256", received=error
        ) from error
    received = digest(state, metadata)
    if received != expected:
        raise IntegrityError(f"{path.name} is damaged", expected=f"SHA-256 {expected}", received=received)
    return state, metadata
