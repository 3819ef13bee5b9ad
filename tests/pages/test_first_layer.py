"""The first layer of a network that looks at pictures: its kernels are shown."""

from __future__ import annotations

import numpy as np
import pytest

from digits.models import weights
from digits.training.recipe import Recipe
from ui.comparison.first_layer import _pictures, _seen, _what_else, use

CONV = Recipe(framework="pytorch", dataset="none", network="conv3x5 pool conv4x3 8", pixels="ink")


def test_a_kernel_is_shown_as_a_picture_of_its_weights() -> None:
    state = weights.initial(CONV)
    pictures = _pictures(_seen(state, CONV))
    assert pictures.shape == (3, 28, 28)
    for corner, weight in (((0, 0), (0, 0)), ((0, 27), (0, 4)), ((27, 13), (4, 2))):
        assert np.array_equal(pictures[(slice(None), *corner)], state[weights.FIRST][(*weight, 0)])
    assert len(np.unique(pictures[0])) == 25


def test_the_pictures_of_dense_units_are_their_weights_as_they_lie() -> None:
    dense = CONV.changed(network="12-8")
    state = weights.initial(dense)
    assert np.array_equal(_pictures(_seen(state, dense))[3].ravel(), state[weights.FIRST][:, 3])


@pytest.mark.parametrize("network", ["conv3x5 pool conv4x3 8", "conv3x5 pool 8", "conv3x5"])
def test_the_most_used_kernel_is_active_often_and_passes_much_on(network: str) -> None:
    recipe = CONV.changed(network=network)
    state = {name: np.zeros_like(value) for name, value in weights.initial(recipe).items()}
    state["layer.0.bias"] = np.array([1.0, 2.0, 3.0], np.float32)  # what each gives everywhere
    following = state["layer.1.kernel"].reshape(-1, 3, state["layer.1.kernel"].shape[-1])
    following[0, :, 0] = [5.0, 0.0, 1.0]
    assert use(state, np.zeros((2, 784), np.uint8), recipe).tolist() == pytest.approx([5.0, 0.0, 3.0])


def test_what_the_pictures_show_is_said() -> None:
    assert (
        _what_else(CONV) == "Each looks for its 5×5 pixels everywhere in the picture; all have one scale of colours."
    )
    assert "left white" in _what_else(CONV.changed(network="12"))
    assert "shrink towards white" in _what_else(CONV.changed(network="12", weight_decay=0.01))
