"""The network of the TensorFlow adapter, built of Keras's own layers: its pictures are channels last, as ours are."""

from __future__ import annotations

from typing import Any

import keras

from digits.training.architecture import Architecture, Layer


class Pooling(keras.layers.MaxPooling2D):  # type: ignore[misc]  # Keras has no types
    """Keras's pool with its maxima written out, for XLA, which has no repeatable gradient of TensorFlow's own.

    Of equal numbers the first one counts, row by row, as everywhere else.
    """

    def call(self, inputs: Any) -> Any:
        """Return the largest of each 2×2 pixels of (n, height, width, channels) `inputs`."""
        height, width = (size // 2 * 2 for size in inputs.shape[1:3])
        upper, lower = inputs[:, 0:height:2], inputs[:, 1:height:2]
        return keras.ops.maximum(
            keras.ops.maximum(upper[:, :, 0:width:2], upper[:, :, 1:width:2]),
            keras.ops.maximum(lower[:, :, 0:width:2], lower[:, :, 1:width:2]),
        )


def build(architecture: Architecture, activation: str, dtype: str, *, xla: bool = False) -> keras.Sequential:
    """Return the layers of `architecture`, with an activation in all but the last.

    A convolution's stands after its pools: maxima and rising functions change places, and a quarter of the numbers
    is left. The weights are loaded.
    """
    pool = Pooling if xla else keras.layers.MaxPooling2D
    made = [keras.Input((architecture.inputs,), dtype=dtype)]
    if architecture.convolutional:
        made.append(keras.layers.Reshape(architecture.layers[0].received, dtype=dtype))
    for layer in architecture.layers:
        function = activation if layer is not architecture.layers[-1] else None
        if layer.convolutional:
            made += [_convolution(layer, dtype), *(pool(dtype=dtype) for _ in range(layer.pools))]
            made.append(keras.layers.Activation(activation, dtype=dtype))
            continue
        if len(layer.received) == 3:
            made.append(keras.layers.Flatten(dtype=dtype))
        made.append(
            keras.layers.Dense(layer.units, function, kernel_initializer="zeros", dtype=dtype)
        )  # loaded later
    return keras.Sequential(made)


def _convolution(layer: Layer, dtype: str) -> keras.layers.Layer:
    side, _, _, channels = layer.kernel
    return keras.layers.Conv2D(channels, side, padding="same", kernel_initializer="zeros", dtype=dtype)


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
