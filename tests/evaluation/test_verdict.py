from __future__ import annotations

import pytest

from digits.evaluation.ledger import QUESTIONS, ledger
from digits.evaluation.verdict import verdict
from digits.files import Json
from tests.evaluation.test_ledger import RAN

MEASURED: Json = {
    "ratio": [0.82, 0.79, 0.86], "rounds": 27,
    "control": {"pytorch": [0.98, 1.03], "tensorflow": [0.97, 1.02]},
    "accuracy": {"pytorch": 0.992, "tensorflow": 0.985}, "accuracy_difference": [0.007, 0.002, 0.011],
    "mcnemar_p": 0.0004, "images": 21546, "families": 40, "leak": 0.0,
    "seeds": {"pytorch": [0.992, 0.991, 0.993, 0.9915], "tensorflow": [0.985, 0.9845, 0.986, 0.984]},
    "peak_bytes": {"pytorch": [412e6, 420e6, 405e6], "tensorflow": [890e6, 880e6, 895e6]},
    "parameters_bytes": {"pytorch": 10_275_176, "tensorflow": 10_275_176},
}  # fmt: skip


def judged(ran: Json | None = None, **measures: object) -> dict[str, Json]:
    """Answers by question, after `measures` and the conditions of TensorFlow that differ."""
    found = verdict(ledger(RAN, {**RAN, **(ran or {})}), {**MEASURED, **measures})
    return {**{answer["question"]: answer for answer in found["answers"]}, "all": found}


def refusal(question: str, ran: Json | None = None, **measures: object) -> str:
    answer = judged(ran, **measures)[question]
    assert answer["sentence"] is answer["interval"] is None
    assert answer["refused"]
    return " ".join(answer["refused"])


def sentence(question: str, ran: Json | None = None, **measures: object) -> str:
    answer = judged(ran, **measures)[question]
    assert answer["refused"] == []
    return str(answer["sentence"])


def test_a_fair_duel_has_an_answer_to_every_question_and_refuses_nothing() -> None:
    found = judged()
    assert [answer["question"] for answer in found["all"]["answers"]] == list(QUESTIONS)
    assert found["all"]["refused"] == []
    sentences = [found[question]["sentence"] for question in QUESTIONS]
    assert found["all"]["verdict"] == " ".join(sentences)
    assert found["faster"]["interval"] == [0.82, 0.79, 0.86]
    assert found["accurate"]["interval"] == [0.007, 0.002, 0.011]


def test_the_faster_is_named_with_ratio_interval_controls_and_compilation() -> None:
    said = sentence("faster", {"compilation": "tf.function", "version": "TensorFlow 2.21.0"})
    assert said == (
        "PyTorch is faster: an epoch of PyTorch takes 0.82 times as long as one of TensorFlow (median of paired "
        "timings, 95 % interval 0.79 to 0.86; each against itself: PyTorch 0.98 to 1.03 and TensorFlow 0.97 to 1.02; "
        "compiled: PyTorch eager, TensorFlow tf.function)."
    )
    assert sentence("faster", ratio=[1.3, 1.2, 1.4]).startswith(
        "TensorFlow is faster: an epoch of PyTorch takes 1.30"
    )
    assert sentence("faster", ratio=[1.01, 0.98, 1.03]).startswith(
        "Neither is faster beyond the noise of the timings"
    )


def test_a_ratio_that_a_control_reaches_too_makes_nobody_faster() -> None:
    wide = {"pytorch": [0.53, 2.06], "tensorflow": [0.98, 1.02]}
    assert sentence("faster", ratio=[2.33, 1.94, 2.51], control=wide).startswith("Neither is faster beyond the noise")
    turned = {"pytorch": [0.78, 1.02], "tensorflow": [0.98, 1.02]}  # the other process first: 0.98 to 1.28
    assert sentence("faster", ratio=[1.25, 1.2, 1.3], control=turned).startswith("Neither is faster beyond the noise")
    assert sentence("faster", ratio=[2.33, 1.94, 2.51], control=turned).startswith("TensorFlow is faster")


def test_a_difference_that_seeds_show_and_images_do_not_is_called_so() -> None:
    said = sentence("accurate", accuracy_difference=[0.001, -0.004, 0.006], mcnemar_p=0.6)
    assert said.startswith("No difference in accuracy that both images and seeds show: PyTorch reads 99.20 %")


def test_a_control_without_1_refuses_which_is_faster_and_nothing_else() -> None:
    noisy = {"pytorch": [1.08, 1.2], "tensorflow": [0.97, 1.02]}
    said = refusal("faster", control=noisy)
    assert said == (
        "The machine was too noisy to say which is faster: two processes of PyTorch that did the same took 1.08 to "
        "1.20 times each other's seconds. Time them again while nothing else runs."
    )
    found = judged(control=noisy)
    assert all(found[question]["sentence"] for question in ("accurate", "steadier", "smaller"))
    assert found["all"]["refused"] == [said]
    both = refusal("faster", control={"pytorch": [1.08, 1.2], "tensorflow": [0.8, 0.9]})
    assert "PyTorch" in both
    assert "TensorFlow that did the same took 0.80 to 0.90" in both


def test_too_few_rounds_refuse_which_is_faster() -> None:
    assert "Too few rounds were timed to say which is faster: 5, and" in refusal("faster", rounds=5)
    assert sentence("faster", rounds=6)


@pytest.mark.parametrize(
    ("question", "missing", "said"),
    [
        ("faster", "ratio", "they were not timed in turn. Run a duel."),
        ("faster", "control", "they were not timed in turn. Run a duel."),
        ("accurate", "accuracy_difference", "there is no interval of the difference."),
        ("accurate", "accuracy", "there is no interval of the difference."),
        ("steadier", "seeds", "that takes 3 seeds or more. Run a duel of several."),
        ("smaller", "peak_bytes", "it was not measured. Run a duel."),
    ],
)
def test_what_was_not_measured_refuses_its_question(question: str, missing: str, said: str) -> None:
    assert said in refusal(question, **{missing: None})
    given = refusal(question, **{missing: None, "why": {question: "An interval takes at least 2 families."}})
    assert given == "An interval takes at least 2 families."


def test_the_more_accurate_is_named_only_where_images_and_seeds_both_say_so() -> None:
    said = sentence("accurate")
    assert said == (
        "PyTorch is more accurate than TensorFlow: PyTorch reads 99.20 % and TensorFlow 98.50 % of 21,546 test "
        "images of 40 families; PyTorch minus TensorFlow is 0.70 points (95 % interval 0.20 to 1.10; exact "
        "McNemar p < 0.001). Over 4 seeds its mean is 0.70 points (95 % interval 0.64 to 0.76)."
    )
    none = "No difference in accuracy beyond chance: "
    apart = {"pytorch": [0.992, 0.984], "tensorflow": [0.985, 0.99]}
    assert sentence("accurate", accuracy_difference=[0.001, -0.002, 0.004], seeds=apart).startswith(none)
    assert sentence("accurate", mcnemar_p=0.065, seeds=apart).startswith(none)
    assert sentence("accurate", mcnemar_p=None).startswith("PyTorch is more accurate")
    turning = {"pytorch": [0.992, 0.98], "tensorflow": [0.985, 0.985]}
    assert sentence("accurate", seeds=turning).startswith(none)
    against = {"pytorch": [0.985, 0.984, 0.985], "tensorflow": [0.992, 0.991, 0.992]}
    assert sentence("accurate", seeds=against).startswith(none), "the images say one thing, the seeds the other"
    assert sentence("accurate", accuracy_difference=[-0.007, -0.011, -0.002], seeds=against).startswith(
        "TensorFlow is more accurate than PyTorch: "
    )


def test_one_seed_speaks_for_itself_only_and_says_nothing_of_steadiness() -> None:
    one = {"pytorch": [0.992], "tensorflow": [0.985]}
    said = sentence("accurate", seeds=one)
    assert said.startswith("Of these two models PyTorch's is more accurate: PyTorch reads")
    assert said.endswith("rounding alone sends equal trainings apart: several seeds say more.")
    less = sentence("accurate", seeds=None, accuracy_difference=[-0.007, -0.011, -0.002])
    assert less.startswith("Of these two models TensorFlow's is more accurate: ")
    assert sentence("accurate", seeds=None) == said
    assert "Too few seeds to say which is steadier: 1" in refusal("steadier", seeds=one)
    two = {"pytorch": [0.992, 0.993], "tensorflow": [0.985, 0.984]}
    assert "Too few seeds to say which is steadier: 2" in refusal("steadier", seeds=two)


def test_unknown_families_are_said_and_a_leak_stands_in_the_sentence() -> None:
    assert "of 21,546 test images; PyTorch minus TensorFlow is 0.70 points" in sentence("accurate", families=None)
    assert "0.20 to 1.10, each image its own family; exact" in sentence("accurate", families=None)
    assert sentence("accurate", leak=0.9873).endswith(
        " 98.7 % of these images have a copy or another relative in training: this is about drawings that were "
        "learnt, not about new ones."
    )
    assert " All of these images have a copy" in sentence("accurate", leak=1.0)
    assert " Less than 0.1 % of these images" in sentence("accurate", leak=0.0001)
    assert " More than 99.9 % of these images" in sentence("accurate", leak=0.9999)
    assert sentence("accurate", leak=0.05).endswith("in training: that flatters both.")
    assert sentence("accurate", leak={"pytorch": 0.9873, "tensorflow": 0.0}).endswith(
        " Of PyTorch's test images 98.7 % have a copy or another relative in training, of TensorFlow's none: what is "
        "new to one is not as new to the other."
    )
    assert sentence("accurate", leak=None).endswith(" Whether these images have copies in training is not known.")


def test_too_few_families_refuse_which_is_more_accurate() -> None:
    assert "Too few families to say which is more accurate: 5, and" in refusal("accurate", families=5)
    assert sentence("accurate", families=6)


def test_the_steadier_is_named_with_both_spreads_and_their_ratio() -> None:
    steady = {"pytorch": [0.9921, 0.9920, 0.9922, 0.9921], "tensorflow": [0.985, 0.965, 0.986, 0.99]}
    said = sentence("steadier", seeds=steady)
    assert said.startswith("PyTorch is steadier: over 4 seeds the accuracy of PyTorch varies by 0.01 points")
    assert "a ratio of 0.01 (95 % interval" in said
    assert sentence("steadier").startswith("Neither is steadier beyond chance: ")
    same = {"pytorch": [0.9, 0.9, 0.9], "tensorflow": [0.8, 0.9, 0.7]}
    assert "There is no spread to compare" in refusal("steadier", seeds=same)


def test_the_smaller_is_named_only_where_all_measurements_lie_apart() -> None:
    assert sentence("smaller") == (
        "PyTorch is smaller: at its peak PyTorch's process held 412 MB (405 to 420 in 3 measurements), and "
        "TensorFlow's process held 890 MB (880 to 895 in 3 measurements). The weights of the network alone take "
        "10.3 MB in both."
    )
    overlapping = {"pytorch": [412e6, 881e6], "tensorflow": [890e6, 880e6]}
    assert sentence("smaller", peak_bytes=overlapping).startswith("Neither is smaller: ")
    assert "412 MB (once)" in sentence("smaller", peak_bytes={"pytorch": 412e6, "tensorflow": 890e6})
    assert "it was not measured" in refusal("smaller", peak_bytes={"pytorch": [None], "tensorflow": [None]})


@pytest.mark.parametrize("row", ledger(RAN, RAN), ids=lambda row: row["factor"])
def test_an_unequal_factor_refuses_the_questions_that_it_matters_for_and_no_other(row: Json) -> None:
    found = judged({row["factor"]: "another"})
    for question in QUESTIONS:
        reasons = found[question]["refused"]
        assert bool(reasons) == (question in row["matters"])
        for reason in reasons:
            assert reason.startswith(row["factor"][0].upper() + row["factor"][1:] + ": ")
            assert "(PyTorch) against another (TensorFlow). " in reason
            assert reason.endswith(row["why"])
    assert len(found["all"]["refused"]) == bool(row["matters"]), "once for all questions"


def test_what_was_not_recorded_refuses_everything_and_says_what_to_do() -> None:
    said = "What ran was not recorded for TensorFlow. Train it again."
    found = verdict(ledger(RAN, None), MEASURED)
    assert (found["verdict"], found["refused"]) == (None, [said])
    found = verdict(ledger(None, None), MEASURED)
    assert found["refused"] == ["What ran was not recorded for PyTorch and TensorFlow. Train them again."]
    half = {name: value for name, value in RAN.items() if name not in ("order", "threads")}
    found = verdict(ledger(half, RAN), MEASURED)
    assert found["refused"] == ["What ran was not recorded for PyTorch (order, threads). Train it again."]
    assert verdict([], MEASURED)["refused"] == ["Nothing is known of the conditions on either side."]


def test_two_recipes_of_one_framework_are_the_question_and_not_a_reason_to_refuse() -> None:
    sides = ("1a2b3c4d5e6f7a8b", "1a2b3c4d5e6f7a8b-2")
    measures = {**MEASURED, "seeds": None, "ratio": None, "peak_bytes": None}
    measures |= {name: dict(zip(sides, MEASURED[name].values(), strict=True)) for name in ("accuracy",)}
    measures["parameters_bytes"] = dict(zip(sides, (5e6, 1e7), strict=True))
    rows = ledger(RAN, {**RAN, "rate": 0.01, "network": "3136-10", "version": "PyTorch 2.14.0"})
    found = verdict(rows, measures, sides=sides, one_framework=True)
    accurate = found["answers"][1]["sentence"]
    assert accurate.startswith("Run 1a2b3c is more accurate than Run 1a2b3c-2: ")
    assert accurate.endswith("The two differ in rate, network; which of that is the reason, this does not tell.")
    assert found["answers"][3]["sentence"] == (
        "Run 1a2b3c is smaller: its weights take 5.0 MB, those of Run 1a2b3c-2 10.0 MB."
    )
    again = verdict(ledger(RAN, RAN), measures, sides=sides, one_framework=True)["answers"][1]["sentence"]
    assert again.endswith("Nothing that was recorded differs between the two.")
    old = verdict(ledger(RAN, None), measures, sides=sides, one_framework=True)
    assert old["verdict"] is None
    assert "What ran was not recorded for Run 1a2b3c-2. Train it again." in old["refused"]
