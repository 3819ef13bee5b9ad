"""The TensorFlow adapter: Keras layers and optimisers, and one compiled function around the loop over the batches."""

from __future__ import annotations

import math
import platform
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digits.errors import UsageError
from digits.files import Json
from digits.models import Array, Description, Floats, State, dropout, formulas, weights
from digits.models.tensorflow_network import build, is_hidden, outputs_of, words
from digits.models.tensorflow_optimisers import build_optimizer, decay, formula
from digits.training.architecture import Architecture
from digits.training.recipe import Recipe

ALIGNED_BYTES = 64  # where TensorFlow's own memory begins: elsewhere it cannot compute
CHUNK = 2048  # rows a pass: beyond it the activations leave the cache, and a full batch takes a third longer
Tensor = Any  # TensorFlow has no types of its own
SHIFT = tf.bitwise.right_shift


def create(recipe: Recipe, architecture: Architecture) -> TensorFlowClassifier:
    """Return a classifier with the layers of `architecture`.

    Sets the process's threads and device, which TensorFlow takes only once: raises `UsageError` if it runs with
    others, or if the device or the compiler is not there.
    """
    set_threads(recipe.threads)
    set_device(recipe)
    check_compiler(recipe)
    tf.config.experimental.enable_op_determinism()  # costs nothing here
    keras.config.set_floatx(recipe.dtype)  # or the optimiser would round a float64 recipe's rates to float32
    return TensorFlowClassifier(recipe, architecture)


class TensorFlowClassifier:
    """A `Classifier` in TensorFlow and Keras."""

    def __init__(self, recipe: Recipe, architecture: Architecture) -> None:
        self.architecture = architecture
        self.dtype = recipe.dtype
        self.xla = recipe.compilation == "compiler"
        self.dropout, self.seed = recipe.dropout, recipe.seed
        self.network = build(architecture, recipe.activation, recipe.dtype, xla=self.xla)
        self.optimizer, self.slots = build_optimizer(recipe)
        self.optimizer.build(self.network.trainable_variables)
        self.parameters = dict(zip(weights.shapes(architecture), self.network.trainable_variables, strict=True))
        # After its step count and its rate, an optimiser lists weight by weight the slots of each.
        slots = [f"optimizer.{slot}.{name}" for name in self.parameters for slot in self.slots]
        self.moments = dict(zip(slots, self.optimizer.variables[2:], strict=True))
        self.layers = keras.Model(self.network.inputs, outputs_of(self.network))
        self._compile(tf.TensorSpec((None, architecture.inputs), recipe.dtype), tf.TensorSpec((None,), tf.int32))

    def _compile(self, inputs: tf.TensorSpec, digits: tf.TensorSpec) -> None:
        """Fix the signatures, so that each function is traced once, whatever the number of images or batches."""
        rows, rates = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), self.dtype)
        self._steps = tf.function(self._loop, input_signature=[inputs, digits, rows, rates])
        self._compiled = tf.function(self._part, jit_compile=True) if self.xla else self._part
        self._outputs = tf.function(self.layers, input_signature=[inputs])
        self._gradient = tf.function(self._slope, input_signature=[inputs, digits])

    def place(self, inputs: Floats, labels: Array) -> None:
        """Keep (n, width) inputs and (n,) labels; it may share the inputs' memory, so leave them as they are."""
        self.inputs = tensor(inputs, self.dtype)
        self.labels = tf.convert_to_tensor(labels.astype(np.int32))

    def steps(self, rows: NDArray[np.int32], rates: Floats) -> Floats:
        """Make one update for each of the (k, batch) rows at its rate of (k,); return the (k,) mean losses."""
        losses: Floats = self._steps(self.inputs, self.labels, rows, rates.astype(self.dtype)).numpy()
        return losses

    def _loop(self, inputs: Tensor, labels: Tensor, rows: Tensor, rates: Tensor) -> Tensor:
        losses = tf.TensorArray(self.dtype, size=tf.shape(rows)[0])
        for index in tf.range(tf.shape(rows)[0]):
            # XLA compiles for each number of rows, so there a short batch keeps its -1
            batch = rows[index] if self.xla else tf.boolean_mask(rows[index], rows[index] >= 0)
            loss, gradients = self._accumulate(inputs, labels, batch)
            self.optimizer.learning_rate.assign(rates[index])
            self.optimizer.apply(gradients)
            losses = losses.write(index, loss)
        return losses.stack()

    def _accumulate(self, inputs: Tensor, labels: Tensor, rows: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the mean loss over the real among `rows` (n,) and its gradients, added up chunk by chunk."""
        share = 1 / tf.cast(tf.math.count_nonzero(rows >= 0), self.dtype)
        loss, gradients = self._chunk(inputs, labels, rows, tf.constant(0), share)
        for start in tf.range(CHUNK, tf.size(rows), CHUNK):
            more, steeper = self._chunk(inputs, labels, rows, start, share)
            loss += more
            gradients = [a + b for a, b in zip(gradients, steeper, strict=True)]
        return loss, gradients

    def _chunk(
        self, inputs: Tensor, labels: Tensor, rows: Tensor, start: Tensor, share: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Return what the chunk of `rows` from `start` on adds to the loss and its gradients."""
        chunk = rows[start : start + CHUNK]
        safe = tf.maximum(chunk, 0)
        shares = tf.where(chunk >= 0, share, tf.zeros_like(share))
        loss, gradients = self._compiled(tf.gather(inputs, safe), tf.gather(labels, safe), shares, start)
        return loss, gradients

    def _part(self, inputs: Tensor, labels: Tensor, shares: Tensor, first: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the sum of the losses of inputs (n, width), each times its share (n,), and its gradients."""
        with tf.GradientTape() as tape:
            logits = self._thinned(inputs, first)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_sum(losses * shares)
        return loss, tape.gradient(loss, self.network.trainable_variables)

    def _thinned(self, values: Tensor, first: Tensor) -> Tensor:
        """Return the logits of inputs (n, width), rows `first` … of a batch, with this update's units left out."""
        number = 0
        for layer in self.network.layers:
            values = layer(values, training=True)
            if self.dropout and is_hidden(layer):
                scales = self._scales(number, first, tf.reshape(values, (-1, math.prod(values.shape[1:]))))
                values *= tf.reshape(scales, (-1, *values.shape[1:]))
                number += 1
        return values

    def _scales(self, layer: int, first: Tensor, values: Tensor) -> Tensor:
        """Return 0 for the units of (n, m) `values` that are left out, else by how much they are enlarged."""
        step = tf.cast(self.optimizer.iterations, tf.int64)
        key, low = dropout.layer_key(self.seed, step, layer, SHIFT), dropout.threshold(self.dropout)
        rows = tf.cast(first + tf.range(tf.shape(values)[0]), tf.int64)[:, None]
        kept = dropout.bits(key, rows, tf.range(values.shape[1], dtype=tf.int64)[None], SHIFT) >= low
        return tf.cast(kept, self.dtype) * dropout.factor(self.dropout)

    def outputs(self, inputs: Floats) -> list[Floats]:
        """Return every hidden layer (n, units) after its activation, then the logits (n, 10)."""
        return [values.numpy() for values in self._outputs(inputs.astype(self.dtype, copy=False))]

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        """Return d logit[digit] / d input, (n, width), for (n, width) inputs and (n,) digits."""
        values, chosen = inputs.astype(self.dtype, copy=False), digits.astype(np.int32)
        gradient: Floats = self._gradient(values, chosen).numpy()
        return gradient

    def _slope(self, inputs: Tensor, digits: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            chosen = tf.gather(self.network(inputs), digits, batch_dims=1)
        return tape.gradient(chosen, inputs)

    def describe(self) -> Description:
        """Return Keras's own summary, and each layer with its output's shape and its parameters."""
        printed: list[str] = []
        self.network.summary(line_length=58, print_fn=lambda text, line_break=True: printed.append(text))
        layers = [
            {"layer": type(layer).__name__, "shape": list(layer.output.shape), "parameters": layer.count_params()}
            for layer in self.network.layers
        ]
        return {
            "library": f"TensorFlow {tf.__version__}, Keras {keras.__version__}", "printed": "\n".join(printed),
            "layers": layers, "parameters": self.network.count_params(),
            "parameter_bytes": sum(variable.numpy().nbytes for variable in self.network.trainable_variables),
        }  # fmt: skip

    def conditions(self) -> Json:
        """Return what computes, as the objects at work tell it: see `digits.training.conditions`."""
        kernel = self.network.trainable_variables[0].value
        return {
            "version": f"TensorFlow {tf.__version__}, Keras {keras.__version__}", "network": words(self.network),
            "loss": formulas.LOSS,
            "optimiser": formula(self.optimizer), "epsilon": getattr(self.optimizer, "epsilon", None),
            "rate": formulas.rate(float(self.optimizer.learning_rate.numpy())),
            "weight decay": decay(self.optimizer), "dropout": self.dropout,
            "activation": next(layer.activation.__name__ for layer in self.network.layers if is_hidden(layer)),
            "dtype": kernel.dtype.name, "threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "device": tf.DeviceSpec.from_string(kernel.device).device_type.lower(),
            "compilation": "tf.function, XLA" if self.xla else "tf.function",
        }  # fmt: skip

    def state(self) -> State:
        """Return copies: weights, `optimizer.<slot>.<weight>` (m and v, or velocity, or none) and `step` () int64."""
        variables = {**self.parameters, **self.moments, "step": self.optimizer.iterations}
        return {name: np.array(variable.value.numpy()) for name, variable in variables.items()}

    def load(self, state: State) -> None:
        """Take weights, slots and step over; without `optimizer.…` slots the optimiser starts afresh.

        Raises `UsageError` if the state does not fit the network or the optimiser.
        """
        resumes = weights.check(state, self.architecture, self.slots)
        self.optimizer.iterations.assign(state.get("step", 0) if resumes else 0)
        for name, parameter in self.parameters.items():
            parameter.assign(state[name])
        for name, moment in self.moments.items():
            moment.assign(state[name] if resumes else np.zeros(moment.shape))


def tensor(values: Floats, dtype: str) -> Tensor:
    """Return `values` as a tensor: where they lie, if TensorFlow can work there, else a copy."""
    there = values.flags.c_contiguous and values.flags.writeable and values.dtype == dtype
    if there and values.size and values.ctypes.data % ALIGNED_BYTES == 0 and not tf.config.get_visible_devices("GPU"):
        return tf.experimental.dlpack.from_dlpack(values.__dlpack__())
    return tf.convert_to_tensor(values, dtype)


def set_threads(threads: int) -> None:
    """Let each operation use `threads`, and run one operation at a time so that there are never more of them."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        running = tf.config.threading.get_intra_op_parallelism_threads() or "its default"
        raise UsageError(
            "TensorFlow runs already", expected=f"{threads} threads", received=running, do="Start another process."
        ) from error


def set_device(recipe: Recipe) -> None:
    """Let TensorFlow see the recipe's device only: where it sees a graphics card, it takes it unasked.

    Raises `UsageError` if the device is not there, or if TensorFlow runs already with another.
    """
    cards = tf.config.list_physical_devices("GPU")
    kind = "mps" if platform.system() == "Darwin" else "cuda"  # Apple's plug-in calls its device GPU, too
    if recipe.device != "cpu" and (not cards or recipe.device != kind):
        found = f"cpu or {kind}" if cards else "cpu"
        raise UsageError("TensorFlow has no such device here", expected=found, received=recipe.device)
    wanted = [] if recipe.device == "cpu" else cards[:1]
    try:
        tf.config.set_visible_devices(wanted, "GPU")
    except RuntimeError as error:
        if tf.config.get_visible_devices("GPU") != wanted:
            running = "a graphics card" if recipe.device == "cpu" else "cpu"
            raise UsageError("TensorFlow runs already", expected=recipe.device, received=running,
                             do="Start another process.") from error  # fmt: skip


def check_compiler(recipe: Recipe) -> None:
    """Raise `UsageError` if the recipe asks for XLA and this TensorFlow was built without it."""
    if recipe.compilation != "compiler":
        return
    try:
        tf.function(lambda: tf.constant(1.0) + 1.0, jit_compile=True)()
    except tf.errors.OpError as error:
        raise UsageError("This TensorFlow has no XLA", received=error.message,
                         do="Leave compilation at usual.") from error  # fmt: skip


def product_seconds(size: int, dtype: str) -> float:
    """Return the seconds of one product of two (size, size) matrices, at the process's threads."""
    square = tf.fill((size, size), tf.constant(0.5, dtype))
    tf.matmul(square, square).numpy()
    start = time.perf_counter()
    tf.matmul(square, square).numpy()
    return time.perf_counter() - start
