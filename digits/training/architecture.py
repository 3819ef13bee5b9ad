"""What a recipe's `network` means, read once: layers with the shapes that they receive and give.

`784-128-64` lists the widths of dense layers. `conv16x3 pool conv32x3 pool 128` begins with pictures: a convolution
of 16 channels by a 3×3 kernel that keeps the picture's size (zeros beyond its edge), 2×2 maxima that halve it (an odd
row is left out) and belong to the convolution before them, and dense layers at the end, or none. An activation
follows every convolution and every dense layer but the last, whose ten logits are never listed. Pictures are (height,
width, channels), and are laid out in that order before a dense layer: `docs/decisions/0014-convolutions.md`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import prod

from digits.errors import UsageError

INPUTS = {"rgba": 3136, "ink": 784}
SIDE, LOGITS = 28, 10
MAX_LAYERS, MAX_WIDTH, MAX_CHANNELS, MAX_KERNEL, MAX_PARAMETERS = 16, 8192, 512, 15, 2**30
FORM = "widths like 784-128-64, or conv16x3 pool conv32x3 pool 128"
CONVOLUTION = re.compile(r"conv(\d{1,9})x(\d{1,9})", re.ASCII)
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A convolution with its `pools`, or a dense layer: the shapes of an image before and after it and of its kernel.

    They are (units,), or a picture's (height, width, channels); a kernel is (in, out), or (height, width, in, out).
    """

    received: Shape
    given: Shape
    kernel: Shape
    pools: int = 0

    @property
    def convolutional(self) -> bool:
        """Tell whether it looks at pictures."""
        return len(self.kernel) == 4

    @property
    def units(self) -> int:
        """How many numbers it gives for an image."""
        return prod(self.given)

    @property
    def fans(self) -> tuple[int, int]:
        """How many inputs one of its outputs sees, and how many outputs one of its inputs reaches."""
        *field, rows, units = self.kernel
        return prod(field) * rows, prod(field) * units

    @property
    def parameters(self) -> int:
        """How many numbers are trained: the kernel, and a bias for each of its outputs."""
        return prod(self.kernel) + self.kernel[-1]

    @property
    def products(self) -> int:
        """How many products of an input and a weight it makes for an image, those with zeros beyond the edge too."""
        return prod(self.kernel) * (prod(self.received[:2]) if self.convolutional else 1)


@dataclass(frozen=True)
class Architecture:
    """A network: its layers from the first to the ten logits, as `layer.N.kernel` counts them."""

    layers: tuple[Layer, ...]

    @property
    def inputs(self) -> int:
        """How many numbers an image is when it comes in, in one row."""
        return prod(self.layers[0].received)

    @property
    def convolutional(self) -> bool:
        """Tell whether its first layer looks at pictures."""
        return self.layers[0].convolutional

    @property
    def widths(self) -> tuple[int, ...]:
        """How many numbers an image is at the input and after each layer: (3136, 784, 128, 64, 10)."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(layer.parameters for layer in self.layers)

    def narrowed(self, inputs: int) -> Architecture:
        """Return it with so many `inputs` to its first layer. Raises `UsageError` where that looks at pictures."""
        if inputs == self.inputs:
            return self
        if self.convolutional:
            raise UsageError("A convolution needs whole pictures", expected=f"{self.inputs} inputs", received=inputs)
        first, *others = self.layers
        return Architecture((replace(first, received=(inputs,), kernel=(inputs, first.units)), *others))


def dense(*widths: int) -> Architecture:
    """Return dense layers from each of `widths` to the next: inputs first, logits last."""
    return Architecture(tuple(Layer((rows,), (units,), (rows, units)) for rows, units in pairwise(widths)))


def architecture(network: str, pixels: str) -> Architecture:
    """Return what `network` means for pictures of `pixels`. Raises `UsageError`, which names what cannot be."""
    if not isinstance(network, str):
        raise UsageError("The network cannot be read", expected=FORM, received=repr(network))
    return _read(network, pixels)


@cache
def _read(network: str, pixels: str) -> Architecture:
    words = network.split(" ")
    pictures = [word for word in words if word == "pool" or CONVOLUTION.fullmatch(word)]
    ends = words[len(pictures) :]
    if pictures != words[: len(pictures)] or len(ends) > 1 or words[0] == "pool":
        raise UsageError("The network cannot be read", expected=FORM, received=repr(network))
    layers = _pictures(pictures, pixels)
    for width in [*(_widths(ends[0], network) if ends else []), LOGITS]:
        received = layers[-1].given if layers else (INPUTS[pixels],)
        layers.append(Layer(received, (width,), (prod(received), width)))
    return _checked(Architecture(tuple(layers)), network)


def _checked(found: Architecture, network: str) -> Architecture:
    if len(found.layers) > MAX_LAYERS + 1:
        raise UsageError("The network has too many layers", expected=f"at most {MAX_LAYERS}", received=network)
    if found.parameters > MAX_PARAMETERS:
        raise UsageError("The network is too large", expected=f"at most {MAX_PARAMETERS:,} parameters",
                         received=f"{found.parameters:,}")  # fmt: skip
    return found


def _pictures(words: list[str], pixels: str) -> list[Layer]:
    """Return the layers of `words` that look at pictures."""
    if words and pixels != "ink":
        raise UsageError("A convolution looks at ink alone", expected="the pixels ink",
                         received=f"the pixels {pixels}")  # fmt: skip
    layers: list[Layer] = []
    for word in words:
        if word == "pool":
            layers[-1] = _pooled(layers[-1])
        else:
            layers.append(_convolution(word, layers[-1].given if layers else (SIDE, SIDE, 1)))
    return layers


def _pooled(layer: Layer) -> Layer:
    height, width, channels = layer.given
    if height < 2:
        raise UsageError("There is nothing left to pool", expected="a picture of at least 2×2",
                         received=f"{height}×{width}")  # fmt: skip
    return replace(layer, given=(height // 2, width // 2, channels), pools=layer.pools + 1)


def _convolution(word: str, shape: Shape) -> Layer:
    channels, side = (int(number) for number in word.removeprefix("conv").split("x"))
    if not 1 <= channels <= MAX_CHANNELS:
        raise UsageError("A convolution is out of bounds", expected=f"1 to {MAX_CHANNELS} channels", received=word)
    if not (1 <= side <= MAX_KERNEL and side % 2):
        raise UsageError("A kernel is out of bounds", expected=f"an odd side from 1 to {MAX_KERNEL}", received=word)
    return Layer(shape, (*shape[:2], channels), (side, side, shape[2], channels))


def _widths(word: str, network: str) -> list[int]:
    """Return the widths of `128-64`."""
    words = word.split("-")
    if not all(word.isascii() and word.isdigit() for word in words):
        raise UsageError("The network cannot be read", expected=FORM, received=repr(network))
    widths = [int(word[:9]) for word in words]
    if not all(1 <= width <= MAX_WIDTH for width in widths):
        raise UsageError("A layer is out of bounds", expected=f"1 to {MAX_WIDTH} units", received=network)
    return widths
