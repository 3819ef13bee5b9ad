"""The network of the TensorFlow adapter, built of Keras's own layers: its pictures are channels last, as ours are."""

from __future__ import annotations

from typing import Any

import keras

from digits.training.architecture import Architecture, Layer


def build(architecture: Architecture, activation: str, dtype: str) -> keras.Sequential:
    """Return the layers of `architecture`, with an activation in all but the last.

    A convolution's stands after its pools: maxima and rising functions change places, and a quarter of the numbers
    is left. The weights are loaded.
    """
    made = [keras.Input((architecture.inputs,), dtype=dtype)]
    if architecture.convolutional:
        made.append(keras.layers.Reshape(architecture.layers[0].received, dtype=dtype))
    for layer in architecture.layers:
        function = activation if layer is not architecture.layers[-1] else None
        if layer.convolutional:
            made += _convolution(layer, activation, dtype)
            continue
        if len(layer.received) == 3:
            made.append(keras.layers.Flatten(dtype=dtype))
        made.append(
            keras.layers.Dense(layer.units, function, kernel_initializer="zeros", dtype=dtype)
        )  # loaded later
    return keras.Sequential(made)


def _convolution(layer: Layer, activation: str, dtype: str) -> list[keras.layers.Layer]:
    side, _, _, channels = layer.kernel
    convolution = keras.layers.Conv2D(channels, side, padding="same", kernel_initializer="zeros", dtype=dtype)
    pools = [keras.layers.MaxPooling2D(dtype=dtype) for _ in range(layer.pools)]
    return [convolution, *pools, keras.layers.Activation(activation, dtype=dtype)]


def words(network: keras.Sequential) -> str:
    """Return the layers of `network` as a recipe names them, the inputs of the dense ones first: `784-128-64-10`."""
    found: list[str] = []
    widths: list[int] = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            found.append(f"conv{layer.filters}x{layer.kernel_size[0]}")
        elif isinstance(layer, keras.layers.MaxPooling2D):
            found.append("pool")
        elif isinstance(layer, keras.layers.Dense):
            widths += [layer.units] if widths else [*layer.kernel.shape]
    return " ".join([*found, "-".join(map(str, widths))])


def is_hidden(layer: keras.layers.Layer) -> bool:
    """Tell whether what `layer` gives is what a hidden layer gives; a convolution's activation is a layer itself."""
    if isinstance(layer, keras.layers.Dense):
        return layer.activation is not keras.activations.linear
    return isinstance(layer, keras.layers.Activation)


def outputs_of(network: keras.Sequential) -> list[Any]:
    """Return what each hidden layer of `network` gives, in rows, and then the logits."""
    hidden = [layer.output for layer in network.layers if is_hidden(layer)]
    return [*(keras.layers.Flatten(dtype=output.dtype)(output) for output in hidden), *network.outputs]
