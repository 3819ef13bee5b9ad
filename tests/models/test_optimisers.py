"""TensorFlow's optimisers in one kernel a weight: Keras's own Adam must stay Keras's own."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.mark.parametrize("epsilon", [1e-7, 1e-2])
def test_the_native_adam_takes_the_steps_of_keras_adam(epsilon: float) -> None:
    import keras

    from digits.models.tensorflow_optimisers import Adam

    generator = np.random.default_rng(3)
    start, gradients = generator.normal(size=(5, 4)), generator.normal(size=(20, 5, 4)) * 1e-3
    ends = []
    for kind in (keras.optimizers.Adam, Adam):
        optimizer, weight = kind(0.01, epsilon=epsilon), keras.Variable(start, dtype="float64")
        optimizer.build([weight])
        for gradient in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient)])
        ends.append(weight.numpy())
    moved = np.abs(ends[0] - start).max()
    assert moved > 0.001
    assert np.abs(ends[0] - ends[1]).max() < 1e-5 * moved  # Keras keeps its rate and its betas in float32


def test_the_two_adams_differ_where_epsilon_counts() -> None:
    import keras

    from digits.models.tensorflow_optimisers import Adam, ReferenceAdam

    steps = []
    for kind in (Adam, ReferenceAdam):
        optimizer, weight = kind(0.01, epsilon=1e-3), keras.Variable(np.zeros(3), dtype="float64")
        optimizer.build([weight])
        optimizer.apply([keras.ops.full((3,), 1e-3, dtype="float64")])
        steps.append(float(-weight.numpy()[0]))
    # at the first step √v̂ is |g|: the reference adds ε to it, Keras adds ε/√(1-β₂)
    assert steps == pytest.approx([0.01 / (1 + 1 / np.sqrt(0.001)), 0.01 / 2], rel=1e-5)
