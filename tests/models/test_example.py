"""The adapter that `docs/add-a-framework.md` builds: it must stay true to the protocol as the protocol changes."""

from __future__ import annotations

import numpy as np
import pytest

from digits.models import create, weights
from digits.training.recipe import Recipe
from docs.examples import numpy_adapter
from tests.models import ink


@pytest.mark.parametrize("optimiser", ["native-adam", "native-sgd"])
def test_the_numpy_adapter_takes_the_steps_that_pytorch_takes(optimiser: str) -> None:
    recipe = Recipe(framework="pytorch", dataset="none", network="32-16", pixels="ink", threads=1, dtype="float64",
                    optimiser=optimiser, rate=1e-4, dropout=0.2)  # fmt: skip
    losses = []
    for classifier in (create(recipe), numpy_adapter.create(recipe, recipe.widths)):
        classifier.load(weights.initial(recipe))
        classifier.place(*ink(300))
        rows = np.random.default_rng(0).permutation(300).astype(np.int32).reshape(6, 50)
        losses.append(classifier.steps(rows, np.full(6, recipe.rate)))
    # PyTorch's Adam adds epsilon after the bias correction, Keras's and this one's before it (docs/decisions/0003)
    assert np.allclose(*losses, rtol=1e-9 if optimiser == "native-sgd" else 1e-3)
