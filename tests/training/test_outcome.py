from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from digits import settings
from digits.evaluation.ledger import FACTORS
from digits.files import Json
from digits.training.architecture import dense
from digits.training.outcome import Answers, Said, epoch_operations, result
from digits.training.recipe import Recipe
from digits.training.turns import FRAMEWORK, NAMES
from tests.starter import small

SECONDS = {"p1": 2.0, "p2": 2.2, "t1": 1.0, "t2": 1.1}  # a round's wobble is added
RISING = (0.1, 0.5, 0.85, 0.92, 0.95, 0.94, 0.96, 0.97)  # accuracy by epoch


def turn(name: str, seed: int, epoch: int, **values: Any) -> Json:
    """A turn that is 5 % slower in every second round, and in which PyTorch reads 1 % more."""
    wobble = 1.05 if epoch % 2 else 1.0
    told = {
        "seconds": SECONDS[name] * wobble, "cpu_seconds": 1.5, "peak_bytes": 1000 + epoch, "steps": 12, "loss": 0.5,
        "turn_seconds": 3.0, "sleepers_share": 0.001, "others_seconds": 0.0, "logits": f"{name[0]}{seed}{epoch}",
        "accuracy": RISING[epoch] + (0.01 if name[0] == "p" else 0.0),
    }  # fmt: skip
    return {"seed": seed, "epoch": epoch, "duellist": name, "framework": FRAMEWORK[name], **told, **values}


def turns_of(seeds: tuple[int, ...] = (1, 2, 3), epochs: int = 7, **values: Any) -> list[Json]:
    return [turn(name, seed, epoch, **values) for seed in seeds for epoch in range(epochs + 1) for name in NAMES]


def said(**changed: Any) -> Said:
    begun = {"create_seconds": 0.1, "compile_seconds": 0.2, "parameters_bytes": 40}
    same = {**dict.fromkeys(FACTORS, "the same"), "split": "random, 20 %", "leak": None, "batch": 128}
    conditions = dict.fromkeys(settings.FRAMEWORKS, same)
    return Said(
        imported={name: {"import_seconds": 2.0 + (name == "p1")} for name in NAMES},
        read={name: {"images": 1000, "inputs": 300} for name in NAMES},
        begun={name: [{**begun, "compile_seconds": 29.0 if name == "p1" else 0.2}, begun] for name in NAMES},
        products={name: [50.0, 60.0 if name == "t2" else 55.0] for name in NAMES},
        conditions={**conditions, **changed},
    )


def last_answers(families: np.ndarray | None = None) -> Answers:
    """Forty images: PyTorch reads 38 of them, TensorFlow 36."""
    labels = np.arange(40) % 10
    logits = {}
    for side, wrong in (("pytorch", 2), ("tensorflow", 4)):
        answers = np.where(np.arange(40) < wrong, labels + 1, labels)
        logits[side] = np.eye(11, dtype=np.float32)[answers][:, :10]
    return Answers(labels, families, logits)


def found(turns: list[Json] | None = None, recipe: Recipe | None = None, target: float = 0.9, **more: Any) -> Json:
    chosen = recipe or small("pytorch", epochs=7)
    return result(chosen, target, turns=turns or turns_of(), said=more.get("said", said()),
                  answers=more.get("answers", last_answers()))  # fmt: skip


def test_an_epoch_is_the_median_of_both_processes_without_first_epochs() -> None:
    turns = turns_of()
    for one in turns:
        if one["epoch"] == 1:
            one["seconds"] *= 100
    told = found(turns)
    assert told["epoch_seconds"] == {"pytorch": pytest.approx(2.15), "tensorflow": pytest.approx(1.075)}
    assert told["first_epoch_seconds"]["pytorch"] == pytest.approx(220.5)
    assert told["rounds"] == 18
    assert told["peak_bytes"] == {"pytorch": 1007, "tensorflow": 1007}
    assert told["seconds"]["tensorflow"][2][1:3] == pytest.approx([1.05, 1.1025])


def test_the_ratio_is_of_neighbours_and_the_control_of_a_framework_with_itself() -> None:
    told = found()
    assert told["ratio"] == pytest.approx(2.0)
    assert told["ratio_low"] <= 2.0 <= told["ratio_high"]
    assert told["control"]["pytorch"] == pytest.approx([2.0 / 2.2] * 2)


def test_a_control_that_misses_one_refuses_to_call_anybody_faster() -> None:
    faster = found()["answers"][0]
    assert faster["question"] == "faster"
    assert faster["sentence"] is None
    assert "noisy" in faster["refused"][0]


def test_under_equal_conditions_and_with_an_even_control_the_faster_one_is_named() -> None:
    turns = turns_of()
    for one in turns:
        one["seconds"] = {"p": 2.0, "t": 1.0}[one["duellist"][0]] * (
            1 + (hash((one["seed"], one["epoch"])) % 7) / 100
        )
        one["seconds"] *= 1.01 if (one["epoch"] % 2 == 0) == (one["duellist"][1] == "1") else 1.0
    told = found(turns)
    assert told["answers"][0]["sentence"].startswith("TensorFlow is faster")
    assert told["verdict"].startswith("TensorFlow is faster")


def test_one_round_gives_no_ratio_and_says_why() -> None:
    told = found(turns_of(seeds=(1,), epochs=2))
    assert told["ratio"] is told["ratio_low"] is told["ratio_high"] is None
    assert told["control"] == {"pytorch": None, "tensorflow": None}
    assert any("repeated timings" in reason for reason in told["refused"])


def test_others_that_take_the_cores_refuse_to_call_anybody_faster() -> None:
    recipe = small("pytorch", epochs=7).changed(threads=settings.cores())
    quiet = found(turns_of(others_seconds=0.02), recipe)
    assert quiet["others_cores"] == pytest.approx(0.02 / 3)
    assert not [reason for reason in quiet["refused"] if "other programs" in reason]
    busy = found(turns_of(others_seconds=0.5 * 3 * settings.cores()), recipe)
    assert busy["others_cores"] == pytest.approx(0.5 * settings.cores())
    assert [reason for reason in busy["refused"] if "other programs took" in reason]
    assert found(turns_of(others_seconds=None, sleepers_share=None), recipe)["others_cores"] is None


def test_a_sleeper_that_computes_refuses_to_call_anybody_faster() -> None:
    recipe = small("pytorch", epochs=7).changed(threads=settings.cores())
    awake = found(turns_of(sleepers_share=0.3 * settings.cores()), recipe)
    assert any("a process that should have slept took" in reason for reason in awake["refused"])
    once = turns_of()
    once[-1]["sleepers_share"] = 0.9
    asleep = found(once, recipe)
    assert asleep["sleepers_share"] == 0.9
    assert not [reason for reason in asleep["refused"] if "slept" in reason], "for one turn of many"


def test_more_threads_than_cores_refuse_by_that_reason() -> None:
    recipe = small("pytorch", epochs=7).changed(threads=settings.cores() + 1)
    reasons = found(recipe=recipe)["answers"][0]["refused"]
    assert reasons == [f"Which is faster cannot be said: an epoch used {settings.cores() + 1} threads on "
                       f"{settings.cores()} cores. Ask for fewer."]  # fmt: skip


def test_the_share_of_the_machine_is_of_the_better_product_rate() -> None:
    told = found()
    operations = 2 * 1000 * (3 * (300 * 32 + 32 * 16 + 16 * 10) - 300 * 32)
    assert told["epoch_operations"] == epoch_operations(1000, dense(300, 32, 16, 10)) == operations
    assert told["product_gflops"] == {"pytorch": 55.0, "tensorflow": 60.0}
    assert told["rate_share"]["tensorflow"] == pytest.approx(operations / 1.075 / 60e9)
    assert told["images_per_second"]["pytorch"] == pytest.approx(1000 / 2.15)
    assert told["import_seconds"]["pytorch"] == 2.0
    assert told["compile_seconds"] == {"pytorch": 29.0, "tensorflow": 0.2}, "compiled once, which no median may hide"


def test_curves_begin_before_training_and_end_in_the_accuracy_of_each_seed() -> None:
    told = found()
    assert told["curves"]["tensorflow"] == [pytest.approx(RISING)] * 3
    assert told["by_seed"]["tensorflow"] == pytest.approx([0.97] * 3)
    assert told["accuracy"]["pytorch"] == pytest.approx(0.98)
    assert told["accuracy_interval"]["pytorch"] == pytest.approx([0.98] * 3)
    assert told["seeds_difference"] == pytest.approx([0.01] * 3)
    assert found(turns_of(seeds=(1,)))["accuracy_interval"] == {"pytorch": None, "tensorflow": None}


def test_the_way_to_an_accuracy_is_summed_up_to_its_epoch_and_null_where_a_seed_never_came_there() -> None:
    told = found()["to_target"]
    assert told["tensorflow"]["epochs"] == 3
    assert told["tensorflow"]["steps"] == 36
    assert told["tensorflow"]["seconds"] == pytest.approx(1.05 * (1.05 + 1 + 1.05))
    turns = turns_of()
    for one in turns:
        if one["seed"] == 2 and one["framework"] == "tensorflow":
            one["accuracy"] = 0.5
    assert found(turns)["to_target"]["tensorflow"] is None


def test_two_processes_that_differ_in_one_bit_do_not_repeat() -> None:
    assert found()["repeats"] == {"pytorch": True, "tensorflow": True}
    turns = turns_of()
    next(one for one in turns if one["duellist"] == "t2" and one["epoch"] == 4)["logits"] = "other"
    told = found(turns)
    assert told["repeats"] == {"pytorch": True, "tensorflow": False}
    row = next(row for row in told["ledger"] if row["factor"] == "repeats bit for bit")
    assert (row["first"], row["second"], row["matters"]) == ("yes", "no", [])


def test_the_last_answers_are_tested_on_the_same_images() -> None:
    told = found()
    assert told["test_images"] == 40
    assert told["accuracy_difference"][0] == pytest.approx(0.05)
    assert told["mcnemar_p"] == pytest.approx(0.5)
    assert told["calibration"]["pytorch"]["accuracy"] == pytest.approx(38 / 40)


def test_the_sentence_on_accuracy_tells_the_shares_whose_difference_it_tells() -> None:
    said = next(one["sentence"] for one in found()["answers"] if one["question"] == "accurate")
    assert "PyTorch reads 95.00 % and TensorFlow 90.00 % of 40 test images; PyTorch minus TensorFlow is 5.00" in said


def test_images_of_one_drawing_give_no_interval_and_the_reason() -> None:
    told = found(answers=last_answers(np.zeros(40, np.int64)))
    assert told["accuracy_difference"] is None
    assert any("images of one drawing" in reason for reason in told["refused"])


def test_unequal_conditions_stand_in_the_ledger_and_refuse() -> None:
    told = found(said=said(tensorflow={**said().conditions["pytorch"], "batch": 64}))
    row = next(row for row in told["ledger"] if row["factor"] == "batch")
    assert (row["first"], row["second"], row["equal"]) == (128, 64, False)
    assert any(reason.startswith("Batch: 128 (PyTorch) against 64 (TensorFlow)") for reason in told["refused"])
