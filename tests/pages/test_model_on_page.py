"""Which trained model stands beside an untrained one."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.job import Job
from digits.training.run import Run, all_runs
from tests.starter import small
from ui.training.network import trained


@pytest.mark.usefixtures("furnished")
def test_a_trained_model_stands_beside_an_untrained_one_only_if_it_was_tested_on_the_same_images() -> None:
    dataset, run = Dataset.open("starter"), next(run for run in all_runs() if run.recipe.framework == "pytorch")
    rows = run.evaluation("rows")
    recipe, places = small("pytorch", rate=0.5), [0, 1, 2]
    assert trained(recipe, dataset, {"places": places, "rows": rows[places].tolist()}) == run
    assert trained(recipe, dataset, {"places": places, "rows": (rows[places] + 1).tolist()}) is None
    assert trained(recipe, dataset, {"places": [0, len(rows)], "rows": rows[:2].tolist()}) is None


def test_of_trained_models_that_of_this_very_recipe_comes_before_newer_ones(furnished: Path) -> None:
    dataset, run = Dataset.open("starter"), next(run for run in all_runs() if run.recipe.framework == "pytorch")
    found = {"places": [0, 1, 2], "rows": run.evaluation("rows")[:3].tolist()}
    newer = Run(Job("runs", "newer"))
    shutil.copytree(run.folder, newer.folder)
    jobs.write_json(newer.folder / "job.json", {**run.spec, "recipe": {**run.spec["recipe"], "rate": 0.5}})
    jobs.write_json(newer.folder / "status.json", {**run.job.status(), "created": time.time()})
    assert all_runs()[0] == newer
    assert trained(run.recipe, dataset, found) == run
    assert trained(run.recipe.changed(epochs=7), dataset, found) == newer
