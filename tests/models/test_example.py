"""The adapter that `docs/add-a-framework.md` builds: it must stay true to the protocol as the protocol changes."""

from __future__ import annotations

import numpy as np
import pytest

from digits import settings
from digits.models import create, weights
from digits.training.recipe import Recipe
from docs.examples import numpy_adapter
from tests.models import ink


@pytest.mark.parametrize("network", ["32-16", "conv4x3 conv3x5 pool 16"])
@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize(("optimiser", "momentum"), [("adam", 0.0), ("sgd", 0.0), ("sgd", 0.9)])
def test_reference_optimisers_take_the_steps_that_are_written_out_in_numpy(
    framework: str, optimiser: str, momentum: float, network: str
) -> None:
    recipe = Recipe(framework=framework, dataset="none", network=network, pixels="ink", threads=1, dtype="float64",
                    optimiser=f"reference-{optimiser}", momentum=momentum, rate=1e-4, dropout=0.2)  # fmt: skip
    losses, ran, slopes = [], [], []
    for classifier in (create(recipe), numpy_adapter.create(recipe, recipe.architecture)):
        classifier.load(weights.initial(recipe))
        classifier.place(*ink(300))
        rows = np.random.default_rng(0).permutation(300).astype(np.int32).reshape(6, 50)
        losses.append(classifier.steps(rows, recipe.rate * np.linspace(1, 0.5, 6)))
        ran.append(classifier.conditions())
        slopes.append(classifier.gradient(ink(20)[0], np.arange(20) % 10))
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-9, abs=1e-12)
    for factor in ("network", "optimiser", "activation", "dropout", "epsilon", "dtype"):
        assert ran[0][factor] == ran[1][factor], "and both say so"
    assert ran[0]["rate"] == 0.5e-4, "of the last step, whatever was asked for"
