"""The command `tune`: what scripts of others rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from digits.training.run import all_runs
from tests.dataset.sources.made import strokes
from tests.test_command_line import digits


@pytest.mark.usefixtures("furnished")
def test_a_run_is_tuned_on_strokes_shown_and_opened_again(tmp_path: Path) -> None:
    parent = next(run for run in all_runs() if run.recipe.framework == "pytorch")
    file = strokes(tmp_path / "pen.json.gz")
    tuned = digits("tune", parent.id, "--strokes", file)
    assert {"run", "before", "after", "seconds"} <= set(tuned)
    assert (tuned["parent"], tuned["drawings"], tuned["held_out"]) == (parent.id, 20, 4)
    for when in ("before", "after"):
        assert 0 <= tuned[when]["test_accuracy"] <= 1
        assert 0 <= tuned[when]["drawings_accuracy"] <= 1
    assert tuned["seconds"] > 0
    assert digits("tune", parent.id, "--strokes", file) == tuned
    assert digits("draw", tuned["run"], "--strokes", file)["digits"] == 20
    listed = {row["run"]: row for row in digits("list", "runs")["runs"]}
    assert listed[tuned["run"]]["parent"] == parent.id
    assert "parent" not in listed[parent.id]
    told = digits("show", tuned["run"])
    assert told["name"] == f"{parent.label['name']} · tuned on 20 drawings"
    assert told["tuning"]["by_writer"] == {"w0": 10, "w1": 10}
    assert "is finished" in digits("resume", tuned["run"], status=1)["error"]


@pytest.mark.usefixtures("furnished")
def test_what_cannot_be_learnt_is_refused(tmp_path: Path) -> None:
    parent = next(run for run in all_runs() if run.recipe.framework == "pytorch")
    assert "holds no strokes" in digits("tune", parent.id, "--strokes", tmp_path / "none.json.gz", status=1)["error"]
    assert "no run 'none'" in digits("tune", "none", "--strokes", strokes(tmp_path / "a.json.gz"), status=1)["error"]
