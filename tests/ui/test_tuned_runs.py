"""A tuned run is not taken for the plain one, wherever the app looks for a run by itself."""

from __future__ import annotations

import pytest

from digits.dataset.dataset import Dataset
from digits.evaluation.honest import trials_of
from digits.files import read_json, write_json
from digits.training.run import Run
from tests.evaluation import made_run
from tests.starter import build_starter
from tests.ui.test_tune import tuned
from ui.comparison.choice import default_ids
from ui.duels.begin import fair
from ui.overview import judged
from ui.readers import best_runs
from ui.table import table_rows
from ui.training.begin import newest, recalled


@pytest.fixture
def pair() -> tuple[Run, Run]:
    """A run on the starter set that reads half of its test images, and its tuning, which reads more."""
    build_starter()
    made = made_run(dataset="starter")
    path = made.folder / "job.json"
    write_json(path, {**read_json(path), "fingerprint": Dataset.open("starter").fingerprint})
    parent = Run(made.job)
    write_json(parent.folder / "result.json", {"run": parent.id, "test_accuracy": 0.5, "leak": None})
    after = tuned(parent)[0]
    write_json(after.folder / "result.json", {**after.result(), "test_accuracy": 0.9, "leak": None})
    return parent, after


def test_the_best_of_a_framework_is_a_plain_one_as_long_as_there_is_one(pair: tuple[Run, Run]) -> None:
    parent, after = pair
    assert best_runs([after, parent]) == [parent]
    assert best_runs([after]) == [after]
    assert default_ids(table_rows([after, parent])) == [parent.id]
    assert default_ids(table_rows([after])) == [after.id]
    assert judged([after, parent]) == []


def test_what_a_recipe_reads_is_not_said_by_a_tuned_run(pair: tuple[Run, Run]) -> None:
    parent, after = pair
    assert [trial.run for trial in trials_of([after, parent])] == [parent.id]


def test_training_the_recipe_of_a_tuning_starts_a_run_and_does_not_open_the_tuning(pair: tuple[Run, Run]) -> None:
    parent, after = pair
    assert newest(parent.recipe) == parent
    assert newest(after.recipe) is None


def test_the_duel_and_the_form_of_a_tuned_run_are_those_of_the_recipe_that_it_came_from(
    pair: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, after = pair
    assert fair(after) == fair(parent)
    monkeypatch.setattr("ui.training.begin.st.query_params", {"runs": after.id})
    monkeypatch.setattr("ui.training.begin.st.session_state", {})
    assert recalled(["starter"]) == parent.recipe


def test_its_title_names_what_it_came_from_and_a_name_of_its_own_stays(pair: tuple[Run, Run]) -> None:
    parent, after = pair
    assert after.title == f"{parent.title} · tuned on 20 drawings"
    after.describe(name="My hand", note="")
    assert Run(after.job).title == "PyTorch · My hand"
