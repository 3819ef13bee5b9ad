"""What the words that a setting may have mean, for the form that asks for them and for tables that show them."""

from __future__ import annotations

from typing import Any

VALUES: dict[str, dict[str, str]] = {
    "activation": {
        "relu": "cuts off what is negative",
        "tanh": "squashes its sum between -1 and 1",
        "sigmoid": "squashes its sum between 0 and 1",
    },
    "initialisation": {
        "pytorch": "uniform, within one over the root of the inputs",
        "keras": "Glorot uniform, biases zero",
        "he-normal": "normal, variance two over the inputs, made for relu (He et al. 2015)",
    },
    "optimiser": {
        "native-sgd": "each framework's own SGD",
        "native-adam": "each framework's own Adam",
        "reference-sgd": "SGD by one formula in both frameworks",
        "reference-adam": "Adam by one formula in both frameworks",
    },
    "schedule": {
        "constant": "the same rate throughout",
        "one-cycle": "up for the first 30 % of the updates, from a 25th of the rate, then down to nothing",
    },
    "split": {
        "random": "image by image, as the notebook did",
        "family": "copies of a drawing all to one side, so that the test is on drawings that were never seen",
    },
    "pixels": {
        "rgba": "3,136 inputs, the red, green, blue and opacity of each pixel: the notebook's way",
        "ink": "the 784 opacities alone, the only ones that can differ from zero",
    },
    "frame": {
        "as-drawn": "the picture as it is",
        "centred": "the digit scaled to 20 pixels and moved to the middle",
        "even": "centred, and all strokes made equally wide",
    },
    "device": {"cpu": "the processor", "cuda": "an NVIDIA card", "mps": "Apple's graphics"},
    "compilation": {
        "usual": "PyTorch runs its operations one by one, TensorFlow as one graph (tf.function)",
        "compiler": "both translate the training step to machine code first (torch.compile, XLA), "
        "which takes time once",
    },
    "dtype": {"float32": "7 digits", "float64": "16 digits"},
}


def meanings(name: str) -> str:
    """Return all that the setting `name` may be, each with what it means, as sentences."""
    return " ".join(f"{value}: {meaning}." for value, meaning in VALUES[name].items())


def meaning(name: str, value: Any) -> str:
    """Return what `value` of the setting `name` means; nothing where it speaks for itself."""
    if name == "batch" and value == 0:
        return "the whole training part, one update an epoch"
    return VALUES.get(name, {}).get(str(value), "")
