"""The network of the PyTorch adapter, built of torch.nn's own layers, and its weights on their way in and out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from digits.models import Array
from digits.training.architecture import Architecture, Layer

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
AXES = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}  # ours (height, width, in, out), PyTorch's (out, in, height, width)
BACK = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}


class Pictures(nn.Module):
    """(n, height · width) become pictures (n, 1, height, width), whose channels lie side by side in memory."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width

    def forward(self, values: Tensor) -> Tensor:
        """Return `values` as pictures."""
        return values.view(-1, self.height, self.width, 1).permute(0, 3, 1, 2)

    def extra_repr(self) -> str:
        """Return what PyTorch prints in the brackets."""
        return f"{self.height}, {self.width}"


class Rows(nn.Module):
    """Pictures (n, channels, height, width) become rows (n, height · width · channels), in this order."""

    def forward(self, values: Tensor) -> Tensor:
        """Return `values` as rows."""
        return in_rows(values)


def in_rows(values: Tensor) -> Tensor:
    """Return pictures as rows (n, height · width · channels), and what are rows as they are."""
    return values.permute(0, 2, 3, 1).flatten(1) if values.ndim == 4 else values


def build(architecture: Architecture, activation: str, dtype: torch.dtype) -> nn.Sequential:
    """Return the layers of `architecture`, with an activation after all but the last.

    It stands after the pools: maxima and rising functions change places, and a quarter of the numbers is left.
    """
    modules: list[nn.Module] = []
    if architecture.convolutional:
        modules.append(Pictures(*architecture.layers[0].received[:2]))
    for layer in architecture.layers:
        if len(layer.received) == 3 and not layer.convolutional:
            modules.append(Rows())
        modules += [*_weighted(layer, dtype), ACTIVATIONS[activation]()]
    # Numbers of one pixel side by side: at least as fast on a processor, and then `Rows` copies nothing.
    network: nn.Sequential = nn.Sequential(*modules[:-1]).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _weighted(layer: Layer, dtype: torch.dtype) -> list[nn.Module]:
    *field, channels, units = layer.kernel
    if not field:
        return [nn.Linear(channels, units, dtype=dtype)]
    side = field[0]
    convolution = nn.Conv2d(channels, units, side, padding=side // 2, dtype=dtype)
    return [convolution, *(nn.MaxPool2d(2) for _ in range(layer.pools))]


def words(network: nn.Sequential) -> str:
    """Return the layers of `network` as a recipe names them, the inputs of the dense ones first: `784-128-64-10`."""
    found: list[str] = []
    widths: list[int] = []
    for module in network:
        if isinstance(module, nn.Conv2d):
            found.append(f"conv{module.out_channels}x{module.kernel_size[0]}")
        elif isinstance(module, nn.MaxPool2d):
            found.append("pool")
        elif isinstance(module, nn.Linear):
            widths += [module.out_features] if widths else [module.in_features, module.out_features]
    return " ".join([*found, "-".join(map(str, widths))])


def is_hidden(module: nn.Module) -> bool:
    """Tell whether what `module` gives is what a hidden layer gives."""
    return isinstance(module, tuple(ACTIVATIONS.values()))


def to_numpy(tensor: Tensor) -> Array:
    """Return a copy of a weight or a slot, turned from PyTorch's axes to ours."""
    return tensor.detach().cpu().numpy().transpose(BACK[tensor.ndim]).copy(order="C")


def from_numpy(values: Array, like: Tensor) -> Tensor:
    """Return a copy of a weight or a slot, turned from our axes to PyTorch's and laid out in memory as `like`.

    Its fused optimisers take numbers in the order of memory, whatever the axes say.
    """
    turned = torch.tensor(np.ascontiguousarray(values.transpose(AXES[values.ndim])))
    return torch.empty_like(like, device="cpu", dtype=turned.dtype).copy_(turned)
