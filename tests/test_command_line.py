"""The fixed interface: what scripts of others rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import settings
from digits.dataset.dataset import Dataset
from tests.dataset.sources.made import idx_pair, strokes
from tests.evaluation.test_judgement import finished
from tests.factory import digit_files, folder, saved
from tests.starter import build_starter, four_drawings


def digits(*words: str | Path, status: int = 0) -> dict:
    """Run a command with `--json`; return its object, or its error under `error`."""
    command = [sys.executable, "-m", "digits", *map(str, words), "--json"]
    done = subprocess.run(command, cwd=settings.PROJECT, text=True, capture_output=True, timeout=240, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if status == 0 else {"error": done.stderr}


TRAIN = ("train", "--dataset", "starter", "--recipe", "notebook-adam", "--set", "network=32-16", "--threads", "1")


def test_a_folder_is_built_and_listed(tmp_path: Path) -> None:
    source = folder(tmp_path / "source", digit_files(nested=False))
    (source / "3" / "broken.png").write_bytes(b"no picture")
    (source / "3" / "large.png").write_bytes(saved(Image.new("L", (40, 30))))
    built = digits("build", source, "--name", "mine", "--fit")
    assert set(built) == {"dataset", "images", "rejected", "seconds", "fitted"}
    assert built["rejected"] == 1
    assert built["fitted"]["sizes"] == {"40×30": 1}
    assert digits("list", "datasets")["datasets"] == [{"dataset": "mine", "images": built["images"]}]
    assert "There is a data set mine already" in digits("build", source, "--name", "mine", status=1)["error"]


def test_files_are_built_under_a_licence_and_combined(tmp_path: Path) -> None:
    images = idx_pair(tmp_path, packed=True)
    labels = (tmp_path / "train-labels-idx1-ubyte.gz").rename(tmp_path / "answers.gz")
    assert "The labels of train-images" in digits("build", images, "--name", "mnist", status=1)["error"]
    built = digits("build", images, "--labels", labels, "--licence", "CC0", "--name", "mnist")
    assert (built["images"], Dataset.open("mnist").report["licence"]) == (30, "CC0")
    digits("build", strokes(tmp_path / "pen.json.gz"), "--name", "pen")
    combined = digits("combine", "mnist", "pen", "--name", "both", "--take", "10", "--seed", "7")
    assert combined["parts"] == ["mnist", "pen"]
    assert Dataset.open("both").report["per_digit"] == [2] * 10
    assert "nothing to combine" in digits("combine", "mnist", "--name", "one", status=2)["error"]


def test_a_run_is_trained_shown_evaluated_in_the_other_framework_and_deleted(tmp_path: Path) -> None:
    build_starter()
    trained = digits(*TRAIN, "--framework", "pytorch", "--epochs", "3")
    assert set(trained) == {"run", "framework", "epochs", "train_accuracy", "test_accuracy", "test_loss",
                            "train_seconds", "epoch_seconds", "split", "leak"}  # fmt: skip
    assert (trained["split"], trained["leak"]) == ("random", None), "nobody has looked for families"
    assert len(trained["epoch_seconds"]) == 3
    run = trained["run"]
    assert digits(*TRAIN, "--framework", "pytorch", "--epochs", "3")["run"] == run
    assert digits("show", run)["status"]["owner"] == settings.owner()

    images = np.zeros((20, 28, 28), np.uint8)
    images[:, 6:22, 12:16] = 255
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(20) % 10)
    answers = [
        digits("evaluate", run, "--images", tmp_path / "images.npz", "--framework", framework)
        for framework in settings.FRAMEWORKS
    ]
    assert answers[0] == answers[1]
    assert np.sum(answers[0]["confusion"]) == answers[0]["images"] == 20

    np.savez(tmp_path / "bars.npz", images=images, labels=np.arange(20) % 10)
    digits("build", tmp_path / "bars.npz", "--name", "bars")
    other = digits("evaluate", run, "--dataset", "bars")
    assert {name: other[name] for name in answers[0]} == answers[0], "the same images, the same answers"
    assert (other["run"], other["dataset"], other["part"]) == (run, "bars", "all")
    own = digits("evaluate", run, "--dataset", "starter")
    assert set(own) == {"run", "dataset", "images", "part", "accuracy", "confusion"}
    assert (own["part"], own["images"], own["accuracy"]) == ("test", 360, trained["test_accuracy"])

    assert digits("list", "runs")["runs"][0]["run"] == run
    digits("delete", run)
    assert digits("list", "runs")["runs"] == []
    assert f"There is no run '{run}'" in digits("show", run, status=1)["error"]


def test_a_run_is_trained_by_family_and_all_folds_are_with_what_is_trained_opened() -> None:
    build_starter()
    words = (*TRAIN, "--framework", "pytorch", "--epochs", "2", "--split", "family", "--folds", "3", "--fold", "1")
    four_drawings(Dataset.open("starter"))
    assert "expected at most 4 folds, received 5 folds" in digits(*words[:-3], "5", status=2)["error"]
    trained = digits(*words)
    assert (trained["split"], trained["leak"]) == ("family", 0)

    folds = digits("folds", *TRAIN[1:], "--framework", "pytorch", "--epochs", "2", "--folds", "3")
    assert [fold["fold"] for fold in folds["folds"]] == [0, 1, 2]
    assert folds["folds"][1]["run"] == trained["run"]
    assert sum(fold["test_share"] for fold in folds["folds"]) == pytest.approx(1)
    accuracies = [fold["test_accuracy"] for fold in folds["folds"]]
    assert accuracies[1] == trained["test_accuracy"]
    assert (folds["mean"], folds["worst"]) == (pytest.approx(np.mean(accuracies)), min(accuracies))
    assert folds["spread"] == pytest.approx(np.std(accuracies, ddof=1))

    listed = digits("list", "runs")["runs"]
    assert [(run["split"], run["leak"]) for run in listed] == [("family", 0)] * 3
    shown = digits("show", trained["run"])
    assert (shown["split"], shown["leak"], shown["test_share"]) == ("family", 0, folds["folds"][1]["test_share"])


def test_two_runs_are_compared_with_interval_ledger_and_verdict() -> None:
    first, second = finished("a", wrong=(0, 1)), finished("b", framework="tensorflow")
    found = digits("compare", first.id, second.id)
    assert set(found) == {"accuracy_difference", "low", "high", "mcnemar_p", "images", "families", "ledger",
                          "verdict", "refused"}  # fmt: skip
    assert found["accuracy_difference"] == pytest.approx(-0.05)
    assert found["low"] <= -0.05 <= found["high"]
    assert (found["mcnemar_p"], found["images"], found["families"]) == (0.5, 40, None)
    assert {"factor", "first", "second", "equal", "matters", "why"} == set(found["ledger"][0])
    assert found["verdict"].startswith("No difference in accuracy beyond chance: PyTorch reads 95.00 %")
    assert any("were not timed in turn. Run a duel." in reason for reason in found["refused"])
    assert "expected two different runs" in digits("compare", first.id, first.id, status=2)["error"]


def test_pen_strokes_are_read_by_writer(pen_strokes: Path) -> None:
    build_starter()
    whole = ("--set", "network=784-128-64", "--set", "frame=centred")
    run = digits(*TRAIN, *whole, "--framework", "pytorch", "--epochs", "5")["run"]
    read = digits("draw", run, "--strokes", pen_strokes)
    assert read["digits"] == 999
    assert set(read["by_writer"]) == {"1", "2", "3", "4"}
    assert np.sum(read["confusion"]) == 999
    assert read["accuracy"] == pytest.approx(np.trace(read["confusion"]) / 999)
    assert read["accuracy"] > 0.5, "centred ink is read far better than by chance"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("train", "--dataset", "starter", "--recipe", "x", "--framework", "pytorch"), 2, "Unknown recipe"),
        ((*TRAIN, "--framework", "pytorch"), 1, "There is no data set"),
        ((*TRAIN, "--framework", "pytorch", "--epochs", "0"), 2, "epochs is out of bounds"),
        ((*TRAIN, "--framework", "pytorch", "--set", "rate"), 2, "expected --set key=value"),
        ((*TRAIN, "--framework", "pytorch", "--epochs", "1", "--set", "epochs=3"), 2, "'epochs' is given twice"),
        ((*TRAIN, "--framework", "pytorch", "--set", "dropout=1.5"), 2, "dropout is out of bounds"),
        ((*TRAIN, "--framework", "pytorch", "--set", "dropout=some"), 2, "dropout cannot be read"),
        ((*TRAIN, "--framework", "pytorch", "--set", "device=tpu"), 2, "Unknown device"),
        ((*TRAIN, "--framework", "jax"), 2, "jax"),
        ((*TRAIN, "--framework", "pytorch", "--fold", "1"), 2, "fold plays no part in a random split"),
        ((*TRAIN, "--framework", "pytorch", "--split", "family", "--fold", "4"), 2, "expected 0 to 3, of 4 folds"),
        (("folds", *TRAIN[1:], "--framework", "pytorch", "--set", "fold=1"), 2, "All folds of a split by family"),
        (("evaluate", "nobody"), 2, "expected --images or --dataset, received neither"),
        (("evaluate", "nobody", "--images", "x.npz", "--dataset", "x"), 2, "received both"),
        (("evaluate", "nobody", "--dataset", "x"), 1, "There is no run 'nobody'"),
        (("build", "/nowhere", "--name", "x"), 1, "nowhere"),
        (("build", "starter", "--name", "x", "--fit"), 2, "Only the pictures of a folder or a ZIP can be fitted"),
        (("build", "starter", "--name", "../x"), 2, "A data set cannot be called that"),
        (("compare", "nobody", "anybody"), 1, "There is no run 'nobody'"),
        (("stop", "nobody"), 1, "There is no run 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_or_two_lines(words: tuple, status: int, message: str) -> None:
    error = digits(*words, status=status)["error"]
    assert message in error
