"""Weights to take away: how plain PyTorch and plain Keras read a run's `weights.safetensors`, as text to copy."""

from __future__ import annotations

from digits.training.architecture import Layer
from digits.training.recipe import Recipe

MODULES = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}
FRAMED = {
    "as-drawn": "", "centred": ", each digit centred first",
    "even": ", each digit centred and all its strokes made equally wide first",
}  # fmt: skip
PYTORCH = """\
import torch
from safetensors.torch import load_file

state = load_file("weights.safetensors")  # kernels are (in, out); PyTorch keeps them (out, in)
model = torch.nn.Sequential(
{layers}
)
for layer, linear in enumerate(model[::2]):
    linear.weight.data, linear.bias.data = state[f"layer.{{layer}}.kernel"].T, state[f"layer.{{layer}}.bias"]
# logits = model(inputs); {inputs}
"""
PYTORCH_PICTURES = """\
import torch
from safetensors.torch import load_file

state = load_file("weights.safetensors")  # kernels are (height, width, in, out) and (in, out)
model = torch.nn.Sequential(
{layers}
)
weighted = [module for module in model if hasattr(module, "weight")]
for layer, module in enumerate(weighted):
    kernel, module.bias.data = state[f"layer.{{layer}}.kernel"], state[f"layer.{{layer}}.bias"]
    if layer == {flat}:  # its rows are pixel by pixel, all channels of each; PyTorch flattens channel by channel
        kernel = kernel.unflatten(0, {picture}).permute(2, 0, 1, 3).flatten(0, 2)
    module.weight.data = kernel.permute(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
# logits = model(inputs); {inputs}
"""
KERAS = """\
import keras
from safetensors.numpy import load_file

state = load_file("weights.safetensors")
model = keras.Sequential([
    keras.Input(({width},){dtype}),
{layers}
])
model.set_weights([state[f"layer.{{layer}}.{{part}}"] for layer in range({count}) for part in ("kernel", "bias")])
# logits = model(inputs); {inputs}
"""


def pytorch_loader(recipe: Recipe) -> str:
    """Return Python that makes `model`, a plain torch.nn.Sequential, of a run's weights."""
    layers = recipe.architecture.layers
    lines = ["    torch.nn.Unflatten(1, (1, 28, 28)),"] if recipe.architecture.convolutional else []
    for layer in layers:
        flat = "torch.nn.Flatten(), " if _flattens(layer) else ""
        activation = f", torch.nn.{MODULES[recipe.activation]}()" if layer is not layers[-1] else ""
        lines.append(f"    {flat}{_module(layer, recipe)}{activation}{', torch.nn.MaxPool2d(2)' * layer.pools},")
    text, told = "\n".join(lines), inputs(recipe)
    if not recipe.architecture.convolutional:
        return PYTORCH.format(layers=text, inputs=told)
    first = next(number for number, layer in enumerate(layers) if _flattens(layer))
    return PYTORCH_PICTURES.format(layers=text, inputs=told, flat=first, picture=layers[first].received)


def _module(layer: Layer, recipe: Recipe) -> str:
    dtype = f", dtype=torch.{recipe.dtype}" if recipe.dtype != "float32" else ""
    if not layer.convolutional:
        return f"torch.nn.Linear({layer.kernel[0]}, {layer.kernel[1]}{dtype})"
    side, _, channels, units = layer.kernel
    return f'torch.nn.Conv2d({channels}, {units}, {side}, padding="same"{dtype})'


def keras_loader(recipe: Recipe) -> str:
    """Return Python that makes `model`, a plain keras.Sequential, of a run's weights."""
    dtype = f', dtype="{recipe.dtype}"' if recipe.dtype != "float32" else ""
    layers = recipe.architecture.layers
    lines = [f"    keras.layers.Reshape({layers[0].received}{dtype}),"] if recipe.architecture.convolutional else []
    for layer in layers:
        if _flattens(layer):
            lines.append(f"    keras.layers.Flatten({dtype.removeprefix(', ')}),")
        activation = f'activation="{recipe.activation}"' if layer is not layers[-1] else ""
        if layer.convolutional:
            side, _, _, units = layer.kernel
            pools = f" keras.layers.MaxPooling2D({dtype.removeprefix(', ')})," * layer.pools
            lines.append(f'    keras.layers.Conv2D({units}, {side}, padding="same", {activation}{dtype}),{pools}')
        else:
            lines.append(f"    keras.layers.Dense({', '.join(filter(None, [str(layer.units), activation]))}{dtype}),")
    return KERAS.format(width=recipe.architecture.inputs, dtype=dtype, layers="\n".join(lines), count=len(layers),
                        inputs=inputs(recipe))  # fmt: skip


def _flattens(layer: Layer) -> bool:
    """Tell whether a dense layer receives pictures."""
    return len(layer.received) == 3 and not layer.convolutional


def inputs(recipe: Recipe) -> str:
    """Return in one line what the model takes."""
    if recipe.pixels == "rgba":
        pixels = "RGBA pixel by pixel, red, green and blue 0, the ink in alpha"
    else:
        pixels = "ink row by row"
    numbers = f"(n, {recipe.architecture.inputs}) {recipe.dtype}"
    return f"{numbers}, {pixels}, from 0 (paper) to {recipe.scale:g} (ink){FRAMED[recipe.frame]}"
