"""Weights that belong to no framework: drawn, narrowed, stored and checked in NumPy.

Both frameworks start from the same numbers and end in the same kind of file, so that a difference between two runs is
the frameworks' and not their random generators'. Kernels are (in, out), and (height, width, in, out) in convolutions.
Stored weights carry a SHA-256, because the frameworks' own files do not notice a flipped bit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise

from digits import files
from digits.errors import IntegrityError, UsageError
from digits.models import Array, Floats, State
from digits.training.architecture import Architecture, Layer, dense
from digits.training.recipe import Recipe

FIRST = "layer.0.kernel"
STREAM = 0xD161_D161  # keeps these draws apart from the ones that shuffle the epochs, which are of (seed, epoch)
ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "relu": lambda values: np.maximum(values, 0),
    "tanh": np.tanh,
    "sigmoid": lambda values: (np.tanh(values / 2) + 1) / 2,  # no overflow, however small the value
}


def _pytorch(generator: np.random.Generator, layer: Layer) -> tuple[Floats, Floats]:
    limit = 1 / np.sqrt(layer.fans[0])
    return generator.uniform(-limit, limit, layer.kernel), generator.uniform(-limit, limit, layer.kernel[-1])


def _keras(generator: np.random.Generator, layer: Layer) -> tuple[Floats, Floats]:
    limit = np.sqrt(6 / sum(layer.fans))
    kernel = generator.uniform(-limit, limit, layer.kernel)
    return kernel, generator.uniform(-0.0, 0.0, layer.kernel[-1])  # draws too, as it always did: old weights stay


def _he_normal(generator: np.random.Generator, layer: Layer) -> tuple[Floats, Floats]:
    return generator.normal(0.0, np.sqrt(2 / layer.fans[0]), layer.kernel), np.zeros(layer.kernel[-1])


DRAWS = {"pytorch": _pytorch, "keras": _keras, "he-normal": _he_normal}


def shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight in the order in which both frameworks list them: kernel, bias, kernel, …"""
    result: dict[str, tuple[int, ...]] = {}
    for number, layer in enumerate(architecture.layers):
        result[f"layer.{number}.kernel"] = layer.kernel
        result[f"layer.{number}.bias"] = layer.kernel[-1:]
    return result


def initial(recipe: Recipe) -> State:
    """Return the full-width weights that a run of `recipe` starts from, in its dtype: the same for both frameworks.

    *keras*: Glorot uniform kernels, U(±√(6/(in+out))) (Glorot & Bengio 2010, eq. 16), and zero biases, as
    keras.layers.Dense. *pytorch*: kernels and biases U(±1/√in), as the documentation of torch.nn.Linear gives them.
    *he-normal*: kernels N(0, 2/in) (He et al. 2015, arXiv:1502.01852, eq. 10), never cut off, as
    torch.nn.init.kaiming_normal_ draws them, and zero biases. *in* and *out* of a convolution are those of one of its
    outputs and of one of its inputs (`Layer.fans`), as both frameworks count them.
    """
    generator = np.random.default_rng((recipe.seed, STREAM))
    state: State = {}
    for number, layer in enumerate(recipe.architecture.layers):
        kernel, bias = DRAWS[recipe.initialisation](generator, layer)
        state[f"layer.{number}.kernel"] = kernel.astype(recipe.dtype)
        state[f"layer.{number}.bias"] = bias.astype(recipe.dtype)
    return state


def narrow(state: State, live: NDArray[np.integer]) -> State:
    """Return `state` with only the rows `live` (indices into the full width) of the first kernel and of its slots.

    Of a convolution's, all are.
    """
    return {name: value[live] if _has_rows(name, value) else value for name, value in state.items()}


def widen(state: State, live: NDArray[np.integer], initial: State) -> State:
    """Return the narrow `state` with its rows `live` put back into the full-width first kernel of `initial`.

    The other rows met only zeros: they still have their initial values, and their optimiser's slots are zero.
    """
    zeros = np.zeros_like(initial[FIRST])
    wide = dict(state)
    for name in (name for name, value in state.items() if _has_rows(name, value)):
        wide[name] = initial.get(name, zeros).astype(state[name].dtype)
        wide[name][live] = state[name]
    return wide


def _has_rows(name: str, value: Array) -> bool:
    """Tell whether a weight, or a slot of one, has a row for each input of the network."""
    return name.endswith(FIRST) and value.ndim == 2


def check(state: State, architecture: Architecture, slots: Sequence[str]) -> bool:
    """Tell whether `state` carries its optimiser on (True) or starts a fresh one (False).

    An optimiser without slots always goes on. Raises `UsageError` if a weight does not fit the `architecture`,
    or if the optimiser's part is there and is not `optimizer.<slot>.<weight>` for each of `slots`.
    """
    fitting = shapes(architecture)
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


def forward(state: State, inputs: Floats, activation: str, architecture: Architecture | None = None) -> list[Floats]:
    """Return what each layer gives for (n, width) inputs: every hidden layer (n, units), then the logits (n, 10).

    A third opinion beside the two frameworks', in the dtype of the weights and the inputs. Without an `architecture`
    the layers are the dense ones that `state` has. Pictures come in one row: height, width, channels.
    """
    layers = (architecture or _dense_layers(state)).layers
    outputs: list[Floats] = []
    for number, layer in enumerate(layers):
        kernel, bias = (state[f"layer.{number}.{part}"] for part in ("kernel", "bias"))
        if layer.convolutional:
            inputs = convolved(inputs.reshape(-1, *layer.received), kernel) + bias
        else:
            inputs = inputs @ kernel + bias
        if number < len(layers) - 1:
            inputs = ACTIVATIONS[activation](inputs)
        for _ in range(layer.pools):
            inputs = pooled(inputs)
        inputs = inputs.reshape(len(inputs), -1)
        outputs.append(inputs)
    return outputs


def _dense_layers(state: State) -> Architecture:
    layers = sum(name.startswith("layer.") and name.endswith(".kernel") for name in state)
    kernels = [state[f"layer.{number}.kernel"] for number in range(layers)]
    return dense(len(kernels[0]), *(kernel.shape[1] for kernel in kernels))


def convolved(pictures: Floats, kernel: Floats) -> Floats:
    """Return the sums (n, h, w, out) under `kernel` (k, k, in, out) around each pixel of `pictures` (n, h, w, in)."""
    margin = len(kernel) // 2
    padded = np.pad(pictures, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    fields = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(1, 2))
    return np.asarray(np.tensordot(fields, kernel.transpose(2, 0, 1, 3), axes=3))


def pooled(pictures: Floats) -> Floats:
    """Return the largest of each 2×2 pixels of `pictures` (n, h, w, channels); an odd row or column is left out."""
    images, height, width, channels = pictures.shape
    even = pictures[:, : height // 2 * 2, : width // 2 * 2]
    return np.asarray(even.reshape(images, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4)))


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
