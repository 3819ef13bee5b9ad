from __future__ import annotations

import pytest

from digits.training import notebook
from digits.training.presets import PRESETS, preset
from ui.training.log import log_text, table

LINES = [
    {"epoch": epoch, "loss": 2.0 / (epoch + 1), "accuracy": 0.5, "test_loss": 3.0, "test_accuracy": 0.25}
    for epoch in range(101)
]


def test_each_preset_is_told_and_has_its_printed_figures() -> None:
    assert set(notebook.TOLD) == set(notebook.PRINTED) == {name for name in PRESETS if name.startswith("notebook-")}
    assert [notebook.PRINTED[name].test_accuracy for name in notebook.PRINTED] == [0.9791, 0.9924, 0.9860]


@pytest.mark.parametrize("name", notebook.PRINTED)
def test_a_recipe_stays_the_presets_on_another_machine_and_data_set(name: str) -> None:
    recipe = preset(name, framework="tensorflow", dataset="mine", threads=7, seed=1)
    assert notebook.preset_of(recipe) == name
    assert notebook.preset_of(recipe.changed(dropout=0.1)) is None


def test_the_notebooks_images_are_told_by_their_number_of_each_digit() -> None:
    assert notebook.are_its_images({"per_digit": [10_773] * 10})
    assert notebook.are_its_images({"per_digit": [10_772] * 10})
    assert not notebook.are_its_images({"per_digit": [10_773] * 9 + [180]})


def test_the_log_has_a_line_every_ten_epochs_and_of_short_trainings_every_one() -> None:
    long = log_text(LINES, 100).splitlines()
    assert len(long) == 11
    expected = "Epoch: 10 | Loss 0.1818 | Acc 50.00 % | Test loss 3.0000 | Test acc 25.00 %"
    assert long[1] == expected
    assert len(log_text(LINES[:11], 10).splitlines()) == 11
    assert log_text(LINES[:96], 95).splitlines()[-1].startswith("Epoch: 95 |")


class Trained:
    """What the table asks of a run."""

    recipe = preset("notebook-full-batch-sgd", framework="pytorch", dataset="kaggle")

    def epochs(self) -> list[dict]:
        return LINES[:31]


def test_the_notebooks_figures_stand_beside_ours_at_matching_epochs() -> None:
    rows = table(notebook.PRINTED["notebook-full-batch-sgd"], [Trained()], "loss").splitlines()
    assert rows[0] == "| Epoch | Notebook (PyTorch) | PyTorch |"
    assert rows[3] == "| 10 | 1.8657 | 0.1818 |"
    assert rows[6] == "| 40 | 0.4573 | – |", "not there yet"
    assert len(rows) == 12
    only_the_last = table(notebook.PRINTED["notebook-sgd"], [Trained()], "test_accuracy").splitlines()
    assert only_the_last[2:] == ["| 10 | 98.60 % | 25.00 % |"]
