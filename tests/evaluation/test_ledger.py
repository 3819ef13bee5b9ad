from __future__ import annotations

import pytest

from digits.evaluation.ledger import FACTORS, MISSING, QUESTIONS, both_shown, differing, ledger, shown
from digits.files import Json
from digits.models import formulas

RAN: Json = {
    "initial weights": "1a2b3c4d5e6f7a8b", "order": "2b3c4d5e6f7a8b1a", "loss": formulas.LOSS,
    "optimiser": formulas.adam(0.9, 0.999), "epsilon": 1e-7, "rate": 0.001, "schedule": "constant",
    "weight decay": 0.01, "batch": 128, "updates": 6740,
    "epochs": 10, "network": "3136-784-128-64-10", "activation": "relu", "dropout": 0.0,
    "inputs": "rgba, as-drawn, scale 255, 614 alive", "dtype": "float32", "threads": 2, "device": "cpu",
    "compilation": "eager", "data": "3c4d5e6f7a8b1a2b", "augmentation": "none", "data in memory": "whole, 202 MiB",
    "dataset": "4d5e6f7a8b1a2b3c", "evaluation": "21,546 images, 5e6f7a8b1a2b3c4d", "split": "random, 20 %",
    "leak": 1.0, "seeds": [42], "version": "PyTorch 2.13.0",
}  # fmt: skip


def row(factor: str, first: object, second: object) -> Json:
    rows = ledger({**RAN, factor: first}, {**RAN, factor: second})
    return next(row for row in rows if row["factor"] == factor)


def test_every_factor_has_a_row_with_both_values_and_a_reason() -> None:
    rows = ledger(RAN, {**RAN, "rate": 0.01})
    assert [row["factor"] for row in rows] == list(FACTORS) == list(RAN)
    assert {row["factor"]: row["first"] for row in rows} == RAN
    assert [(row["factor"], row["second"]) for row in rows if not row["equal"]] == [("rate", 0.01)]
    assert all(row["why"].endswith(".") and set(row["matters"]) <= set(QUESTIONS) for row in rows)


def test_only_versions_and_compilation_refuse_nothing() -> None:
    assert [row["factor"] for row in ledger(RAN, RAN) if not row["matters"]] == ["compilation", "version"]
    assert {question for row in ledger(RAN, RAN) for question in row["matters"]} == set(QUESTIONS)


def test_what_was_not_recorded_is_not_equal_even_to_itself() -> None:
    for rows in (ledger(None, None), ledger({}, None)):
        assert {row["first"] for row in rows} == {row["second"] for row in rows} == {MISSING}
        assert not any(row["equal"] for row in rows)
        assert differing(rows) == [], "nobody knows that they differ"
    half = {name: value for name, value in RAN.items() if name != "order"}
    assert [row["factor"] for row in ledger(half, half) if not row["equal"]] == ["order"]


def test_what_was_recorded_before_there_was_a_schedule_had_none() -> None:
    old = {name: value for name, value in RAN.items() if name not in ("schedule", "weight decay", "augmentation")}
    assert all(row["equal"] for row in ledger(old, {**RAN, "weight decay": 0.0}))
    assert [row["factor"] for row in ledger(old, RAN) if not row["equal"]] == ["weight decay"]


def test_none_is_a_value_that_was_recorded() -> None:
    assert row("epsilon", None, None)["equal"]
    assert not row("epsilon", None, 1e-7)["equal"]
    assert differing([row("epsilon", None, 1e-7)])


def test_what_is_recorded_beyond_the_known_factors_is_listed_and_refuses_nothing() -> None:
    added = ledger({**RAN, "weather": "rain"}, RAN)[-1]
    assert (added["factor"], added["first"], added["second"], added["matters"]) == ("weather", "rain", MISSING, [])


@pytest.mark.parametrize(
    ("first", "second", "same_work"),
    [
        (formulas.adam(0.9, 0.999), formulas.keras_adam(0.9, 0.999), True),
        (formulas.adam(0.9, 0.999), formulas.adam(0.8, 0.999), True),
        (formulas.momentum(0.9), formulas.keras_momentum(0.9), True),
        (formulas.adam(0.9, 0.999), formulas.SGD, False),
        (formulas.keras_adam(0.9, 0.999), formulas.momentum(0.9), False),
        (formulas.momentum(0.9), formulas.momentum(0), False),
    ],
)
def test_optimisers_that_do_the_same_work_may_still_be_timed(first: str, second: str, same_work: bool) -> None:
    matters = row("optimiser", first, second)["matters"]
    assert ("faster" not in matters) == ("smaller" not in matters) == same_work
    assert {"accurate", "steadier"} <= set(matters)


def test_values_are_shown_as_people_read_them() -> None:
    assert shown("initial weights", "1a2b3c4d5e6f7a8b") == "1a2b3c4d"
    assert shown("order", ["1a2b3c4d5e6f7a8b", "2b3c4d5e6f7a8b1a"]) == "1a2b3c4d, 2b3c4d5e"
    assert shown("seeds", [42, 43, 44, 1045]) == "42, 43, 44, … (4)"
    assert (shown("leak", 0.9873), shown("leak", None), shown("epsilon", None)) == ("98.7 %", "unknown", "none")
    assert (shown("epsilon", 1e-7), shown("updates", 6740), shown("dropout", 0.25)) == ("1e-07", "6,740", "25.0 %")
    assert {shown(factor, MISSING) for factor in FACTORS} == {MISSING}
    assert shown("evaluation", RAN["evaluation"]) == RAN["evaluation"]


def test_values_that_differ_never_look_the_same() -> None:
    assert both_shown(row("rate", 0.001, 0.0010000001)) == ("0.001", "0.0010000001")
    assert both_shown(row("order", "1a2b3c4d5e6f7a8b", "1a2b3c4dffffffff")) == (
        "1a2b3c4d5e6f7a8b",
        "1a2b3c4dffffffff",
    )
    assert both_shown(row("rate", 0.001, 0.01)) == ("0.001", "0.01")
