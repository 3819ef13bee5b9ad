"""Weights to take away: how plain PyTorch and plain Keras read a run's `weights.safetensors`, as text to copy."""

from __future__ import annotations

from itertools import pairwise

from digits.training.recipe import Recipe

MODULES = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}
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
    dtype = f", dtype=torch.{recipe.dtype}" if recipe.dtype != "float32" else ""
    linear = [f"torch.nn.Linear({rows}, {units}{dtype})" for rows, units in pairwise(recipe.widths)]
    lines = [f"    {line}, torch.nn.{MODULES[recipe.activation]}()," for line in linear[:-1]]
    return PYTORCH.format(layers="\n".join([*lines, f"    {linear[-1]},"]), inputs=inputs(recipe))


def keras_loader(recipe: Recipe) -> str:
    """Return Python that makes `model`, a plain keras.Sequential, of a run's weights."""
    dtype = f', dtype="{recipe.dtype}"' if recipe.dtype != "float32" else ""
    *hidden, last = recipe.widths[1:]
    lines = [f'    keras.layers.Dense({units}, "{recipe.activation}"{dtype}),' for units in hidden]
    lines.append(f"    keras.layers.Dense({last}{dtype}),")
    return KERAS.format(width=recipe.widths[0], dtype=dtype, layers="\n".join(lines), count=len(lines),
                        inputs=inputs(recipe))  # fmt: skip


def inputs(recipe: Recipe) -> str:
    """Return in one line what the model takes."""
    if recipe.pixels == "rgba":
        pixels = "RGBA pixel by pixel, red, green and blue 0, the ink in alpha"
    else:
        pixels = "ink row by row"
    framed = ", each digit centred first" if recipe.frame == "centred" else ""
    return f"(n, {recipe.widths[0]}) {recipe.dtype}, {pixels}, from 0 (paper) to {recipe.scale:g} (ink){framed}"
