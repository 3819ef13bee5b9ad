from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.errors import ConflictError, IntegrityError, UsageError
from digits.evaluation.judgement import judge
from digits.files import Json, read_json, write_json
from digits.training.run import Run
from tests.evaluation import made_run
from tests.evaluation.test_ledger import RAN
from tests.starter import build_starter, four_drawings

LABELS = np.arange(40) % 10
NOT_TIMED = "Which is faster is not known: they were not timed in turn. Run a duel."


def finished(id: str, *, wrong: Sequence[int] = (), first_row: int = 0, ran: Json | None = RAN, **values: Any) -> Run:
    """A run that tested 40 images from `first_row` on, and misread those at the positions `wrong`."""
    run = made_run(id, **values)
    logits = np.eye(10, dtype=np.float32)[LABELS] * 5
    logits[list(wrong)] = np.roll(logits[list(wrong)], 1, axis=1)
    np.savez(run.folder / "evaluation.npz", rows=np.arange(40) + first_row, labels=LABELS, logits=logits)
    write_json(run.folder / "result.json", {"run": id, **({} if ran is None else {"conditions": ran})})
    return run


def on(dataset: Dataset, run: Run) -> Run:
    """The same run, trained on `dataset`."""
    write_json(run.folder / "job.json", {**read_json(run.folder / "job.json"), "fingerprint": dataset.fingerprint})
    return Run(run.job)


def test_equal_trainings_of_both_frameworks_are_judged_on_their_accuracy() -> None:
    first = finished("a", wrong=(0,))
    second = finished("b", wrong=(1, 2, 3), framework="tensorflow", ran={**RAN, "version": "TensorFlow 2.21.0"})
    found = judge(first, second)
    assert found["accuracy_difference"] == pytest.approx(0.05)
    assert found["low"] < 0.05 < found["high"]
    assert found["mcnemar_p"] == pytest.approx(10 / 16)
    assert (found["images"], found["families"], found["sides"]) == (40, None, ["pytorch", "tensorflow"])
    assert found["accuracy"] == {"pytorch": 0.975, "tensorflow": 0.925}
    assert found["verdict"].startswith(
        "No difference in accuracy beyond chance: PyTorch reads 97.50 % and TensorFlow"
    )
    assert [row["factor"] for row in found["ledger"] if not row["equal"]] == ["version"]
    assert NOT_TIMED in found["refused"]
    turned = judge(second, first)
    assert (turned["accuracy_difference"], turned["mcnemar_p"]) == (-found["accuracy_difference"], found["mcnemar_p"])


def test_the_notebooks_own_comparison_is_refused_with_both_values_of_what_differs() -> None:
    full = {**RAN, "optimiser": "w -= rate·g", "epsilon": None, "rate": 0.01, "batch": 86184, "updates": 100,
            "epochs": 100, "initial weights": "9" * 16, "order": "8" * 16}  # fmt: skip
    first = finished("a", wrong=(0,), ran=full, optimiser="native-sgd", rate=0.01, batch=0, epochs=100)
    second = finished("b", framework="tensorflow")
    found = judge(first, second)
    assert found["verdict"] is None
    said = [
        "Initial weights: 99999999 (PyTorch) against 1a2b3c4d (TensorFlow). ",
        "Order: 88888888 (PyTorch) against 2b3c4d5e (TensorFlow). ",
        "Optimiser: w -= rate·g (PyTorch) against w -= rate·m̂/(√v̂ + ε), β₁ 0.9, β₂ 0.999 (TensorFlow). ",
        "Epsilon: none (PyTorch) against 1e-07 (TensorFlow). ",
        "Rate: 0.01 (PyTorch) against 0.001 (TensorFlow). ",
        "Batch: 86,184 (PyTorch) against 128 (TensorFlow). ",
        "Updates: 100 (PyTorch) against 6,740 (TensorFlow). ",
        "Epochs: 100 (PyTorch) against 10 (TensorFlow). ",
        NOT_TIMED,
    ]
    assert all(reason.startswith(begins) for reason, begins in zip(found["refused"], said, strict=False))
    assert len(found["refused"]) == len(said) + 2, "and what takes several seeds, and what nobody measured"
    assert found["low"] is not None, "the figures stand all the same"


def test_runs_that_recorded_no_conditions_are_to_be_trained_again() -> None:
    old = judge(finished("a", ran=None), finished("b", framework="tensorflow", ran=None))
    assert old["verdict"] is None
    assert old["refused"][0] == "What ran was not recorded for PyTorch and TensorFlow. Train them again."
    half = judge(Run(finished("c").job), Run(finished("d", framework="tensorflow", ran=None).job))
    assert half["refused"][0] == "What ran was not recorded for TensorFlow. Train it again."


def test_copies_are_counted_by_the_families_of_now_and_the_leak_too() -> None:
    build_starter()
    dataset = Dataset.open("starter")
    runs = [on(dataset, finished("a", wrong=(0, 10, 20), dataset="starter")),
            on(dataset, finished("b", dataset="starter", framework="tensorflow"))]  # fmt: skip
    alone = judge(*runs)
    assert alone["families"] is None
    assert "each image its own family" in alone["verdict"]
    assert next(row for row in alone["ledger"] if row["factor"] == "leak")["first"] is None, "unknown by now"
    families = np.arange(len(dataset.labels)) % 10
    store.keep(dataset, families, {"by": "search"})
    found = judge(*runs)
    assert found["families"] == len(set(families[:40]))
    assert found["low"] != alone["low"]
    assert next(row for row in found["ledger"] if row["factor"] == "leak")["first"] == 1.0
    assert "All of these images have a copy or another relative in training" in found["verdict"]


def test_two_recipes_of_one_framework_whose_leaks_differ_have_each_its_own() -> None:
    build_starter()
    dataset = Dataset.open("starter")
    runs = [on(dataset, finished("a", wrong=(0, 10, 20), dataset="starter")),
            on(dataset, finished("b", dataset="starter", rate=0.1, seed=1, ran={**RAN, "rate": 0.1}))]  # fmt: skip
    parts, families = runs[1].split(), np.arange(len(dataset.labels))
    families[parts.test[:9]] = families[parts.train[0]]
    store.keep(dataset, families, {"by": "search"})
    found = judge(*runs)["verdict"]
    assert "Of Run a's test images " in found
    assert "what is new to one is not as new to the other." in found


def test_one_family_gives_figures_and_no_interval() -> None:
    build_starter()
    dataset = Dataset.open("starter")
    four_drawings(dataset)
    runs = []
    for id, framework in (("a", "pytorch"), ("b", "tensorflow")):
        run = on(dataset, finished(id, dataset="starter", framework=framework))
        rows = np.flatnonzero(dataset.families == 0)[:5]
        logits = np.eye(10)[np.zeros(5, int)]
        np.savez(run.folder / "evaluation.npz", rows=rows, labels=dataset.labels[rows], logits=logits)
        runs.append(run)
    found = judge(*runs)
    assert (found["accuracy_difference"], found["low"], found["high"], found["families"]) == (0, None, None, 1)
    assert found["verdict"] is None
    assert any("expected at least 2 families, received 1 in 5 images" in reason for reason in found["refused"])


def test_only_images_that_both_were_tested_on_count() -> None:
    first = finished("a", wrong=(35, 36), seed=1)
    second = finished("b", wrong=(0,), first_row=30, seed=2, framework="tensorflow")
    found = judge(first, second)
    assert found["images"] == 10
    assert "of 10 test images that both were tested on; " in found["verdict"]
    assert found["accuracy"] == {"pytorch": 0.8, "tensorflow": 0.9}
    assert found["accuracy_difference"] == pytest.approx(-0.1)


def test_two_recipes_of_one_framework_are_named_by_their_ids() -> None:
    found = judge(finished("aaaa", wrong=(3,)), finished("bbbb", rate=0.1, ran={**RAN, "rate": 0.1}))
    assert found["sides"] == found["runs"] == ["aaaa", "bbbb"]
    assert "Run aaaa reads 97.50 % and Run bbbb 100.00 % of 40 test images" in found["verdict"]
    assert "The two differ in rate; " in found["verdict"]
    assert not any(reason.startswith("Rate") for reason in found["refused"])


def test_what_cannot_be_compared_is_refused_by_name() -> None:
    first = finished("a", framework="tensorflow")
    with pytest.raises(UsageError, match="expected two different runs, received a"):
        judge(first, first)
    with pytest.raises(ConflictError, match="b is not finished"):
        judge(first, made_run("b", finished=False))
    other = finished("c", dataset="mine")
    write_json(other.folder / "job.json", {**other.job.spec(), "fingerprint": "1" * 64})
    with pytest.raises(UsageError, match=r"a and c were tested on different data sets: .* received none and mine"):
        judge(first, Run(other.job))
    with pytest.raises(
        UsageError, match=r"no image in common: .* 40 and 40 others. They .* because their seed differs"
    ):
        judge(first, finished("d", first_row=40, seed=7))
    (first.folder / "evaluation.npz").write_bytes(b"no arrays")
    with pytest.raises(IntegrityError, match="The run a is damaged"):
        judge(first, finished("e"))
