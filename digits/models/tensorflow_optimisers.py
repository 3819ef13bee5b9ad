"""The optimisers of the TensorFlow adapter: Keras's own, and those that follow the reference formulas.

Each update is one of TensorFlow's fused kernels. Keras writes its Adam in a dozen operations a weight, each of which
reads and writes it whole: the same formula in one operation takes a third off a training at batch 128
(`benchmarks/training.py`).
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from digits.models import formulas
from digits.training.recipe import Recipe

Tensor = Any  # TensorFlow has no types of its own


class Decoupled:
    """Weight decay before an update (Loshchilov and Hutter 2019, arXiv:1711.05101) in one operation a weight.

    It is what Keras's own `weight_decay` does in three; a weight takes over the product's memory.
    """

    decay: float  # the share of a weight that is taken, at a rate of 1

    def shrink(self, variable: Tensor, learning_rate: Tensor) -> None:
        """Take the share of `variable`."""
        if self.decay:
            variable.assign(variable * (1 - tf.cast(learning_rate, variable.dtype) * self.decay))


class Adam(Decoupled, keras.optimizers.Adam):  # type: ignore[misc]  # Keras has no types
    """Keras's Adam, its formula in one operation a weight."""

    formula = staticmethod(formulas.keras_adam)

    def __init__(self, *settings: float, decay: float = 0.0, **more: float) -> None:
        super().__init__(*settings, **more)
        self.decay = decay

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        """Move `variable` by its `gradient`, and the two moments with it."""
        self.shrink(variable, learning_rate)
        place, dtype = self._get_variable_index(variable), gradient.dtype
        beta1, beta2 = tf.constant(self.beta_1, dtype), tf.constant(self.beta_2, dtype)
        updates = tf.cast(self.iterations + 1, dtype)
        beta2_power = tf.pow(beta2, updates)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle, m=self._momentums[place].value.handle, v=self._velocities[place].value.handle,
            beta1_power=tf.pow(beta1, updates), beta2_power=beta2_power, lr=tf.cast(learning_rate, dtype),
            beta1=beta1, beta2=beta2, epsilon=self.added(beta2_power), grad=gradient,
        )  # fmt: skip

    def added(self, beta2_power: Tensor) -> Tensor:
        """Return what is added to √v: ε, whatever `beta2_power` (β₂ᵗ) is."""
        return tf.constant(self.epsilon, beta2_power.dtype)


class ReferenceAdam(Adam):
    """Adam with ε after the bias correction: √v̂ + ε is (√v + ε·√(1-β₂ᵗ)) / √(1-β₂ᵗ)."""

    formula = staticmethod(formulas.adam)

    def added(self, beta2_power: Tensor) -> Tensor:
        """Return what is added to √v in update t: ε·√(1-β₂ᵗ)."""
        return self.epsilon * tf.sqrt(1 - beta2_power)


class ReferenceSGD(Decoupled, keras.optimizers.SGD):  # type: ignore[misc]
    """SGD whose momentum sums gradients; the rate stands outside it, so that a changing rate acts at once."""

    def __init__(self, *settings: float, decay: float = 0.0) -> None:
        super().__init__(*settings)
        self.decay = decay

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        """Move `variable` by its `gradient`, and the momentum with it."""
        self.shrink(variable, learning_rate)
        rate = tf.cast(learning_rate, gradient.dtype)
        if not self.momentum:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)
            return
        held = self.momentums[self._get_variable_index(variable)]
        tf.raw_ops.ResourceApplyMomentum(var=variable.handle, accum=held.value.handle, lr=rate, grad=gradient,
                                         momentum=tf.constant(self.momentum, gradient.dtype))  # fmt: skip


def build_optimizer(recipe: Recipe) -> tuple[keras.optimizers.Optimizer, tuple[str, ...]]:
    """Return the recipe's optimiser and the names of its slots."""
    rate, decay = recipe.rate, recipe.weight_decay
    if recipe.optimiser.endswith("adam"):
        kind = Adam if recipe.optimiser == "native-adam" else ReferenceAdam
        return kind(rate, recipe.beta1, recipe.beta2, recipe.epsilon, decay=decay), ("m", "v")
    if recipe.optimiser == "reference-sgd":
        return ReferenceSGD(rate, recipe.momentum, decay=decay), ("momentum",) if recipe.momentum else ()
    # minus the rate times the reference's momentum: not the same thing
    slots = ("velocity",) if recipe.momentum else ()
    return keras.optimizers.SGD(rate, recipe.momentum, weight_decay=decay or None), slots


def decay(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the share of a weight, at a rate of 1, that `optimizer` takes before an update."""
    return optimizer.decay if isinstance(optimizer, Decoupled) else float(optimizer.weight_decay or 0)


def formula(optimizer: keras.optimizers.Optimizer) -> str:
    """Return what `optimizer` computes, in the words of `digits.models.formulas`."""
    if isinstance(optimizer, Adam):
        update = str(type(optimizer).formula(optimizer.beta_1, optimizer.beta_2))
    elif isinstance(optimizer, ReferenceSGD):
        update = formulas.momentum(optimizer.momentum)
    else:
        update = formulas.keras_momentum(optimizer.momentum)
    return formulas.decayed(decay(optimizer), update)
