from __future__ import annotations

import numpy as np
import pytest

from digits import inspection, settings
from digits.dataset.dataset import Dataset
from digits.errors import NotFoundError
from digits.models import weights
from digits.training.framed import framed_ink
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.training.run import all_runs
from tests.starter import small, wait_for_end


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_an_inspection_lists_the_network_and_asks_it_about_five_test_images(framework: str) -> None:
    recipe = small(framework)
    assert inspection.find(recipe, Dataset.open("starter")) is None
    job = inspection.start(recipe, owner="ann")
    assert wait_for_end(job) == "finished"
    assert inspection.find(recipe, Dataset.open("starter")) == job
    found = inspection.result(job)
    assert found["parameters"] == recipe.parameters
    assert settings.FRAMEWORK_NAMES[framework] in found["library"]
    run = next(run for run in all_runs() if run.recipe.framework == framework)
    assert found["rows"] == run.evaluation("rows")[found["places"]].tolist(), "where a trained run has its answers"
    assert found["labels"] == run.evaluation("labels")[found["places"]].tolist()
    inputs = full_inputs(framed_ink(np.asarray(run.dataset().images[found["rows"]]), recipe), recipe)
    expected = weights.forward(weights.initial(recipe), inputs, "relu")[-1]
    assert np.array(found["logits"]) == pytest.approx(expected, rel=1e-4, abs=1e-3)


def test_recipes_that_begin_with_the_same_network_share_an_inspection() -> None:
    recipe = small("pytorch")
    for values in ({"epochs": 99}, {"rate": 0.5}, {"optimiser": "native-sgd"}, {"dropout": 0.3}, {"threads": 2}):
        assert inspection.looked_at(recipe.changed(**values)) == inspection.looked_at(recipe)
    for values in ({"seed": 1}, {"network": "8"}, {"framework": "tensorflow"}, {"test_share": 0.5}, {"scale": 1.0}):
        assert inspection.looked_at(recipe.changed(**values)) != inspection.looked_at(recipe)


def test_nothing_is_inspected_on_a_data_set_that_is_not_there() -> None:
    with pytest.raises(NotFoundError, match="There is no data set called 'nothing'"):
        inspection.start(Recipe(framework="pytorch", dataset="nothing"), owner="ann")
