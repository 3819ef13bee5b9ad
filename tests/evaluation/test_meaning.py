from __future__ import annotations

import pytest

from digits.evaluation.meaning import chance, of_calibration, of_difference, of_p, of_ratio, of_seeds, percent, points
from digits.evaluation.statistics import Interval

SIDES = ("PyTorch", "TensorFlow")


@pytest.mark.parametrize(
    ("p", "often"),
    [
        (1.0, "unevenly every time."), (0.999, "nearly every time."), (0.3, "in about 30 of 100 such tests."),
        (0.01, "in about 1 of 100 such tests."), (0.004, "in about 4 of 1,000 such tests."),
        (1e-9, "in fewer than 1 of 1,000 such tests."),
    ],
)  # fmt: skip
def test_a_p_is_told_as_how_often_fair_coins_fall_so(p: float, often: str) -> None:
    assert often in of_p(p)
    assert "Were both equally good" in of_p(p), "it is a chance under a condition"
    assert "It speaks of these two models" in of_p(p)


def test_a_large_p_shows_neither_a_difference_nor_that_there_is_none() -> None:
    for p in (0.05, 0.3, 1.0):
        assert "neither is shown to be better; nor are they shown to be equally good." in of_p(p)


def test_a_small_p_is_not_called_the_probability_of_equality() -> None:
    for p in (0.01, 0.049):
        assert "p is not the probability that they are equally good." in of_p(p)
        assert "neither is shown" not in of_p(p)


def test_copies_make_p_too_small_and_are_warned_of() -> None:
    assert "trust the interval" in of_p(0.01, copies=True)
    assert "trust the interval" not in of_p(0.01)


def test_an_interval_that_contains_0_leaves_open_as_much_as_its_farther_edge() -> None:
    said = of_difference(Interval(0.001, -0.002, 0.004), SIDES)
    assert "−0.20 to 0.40 points" in said
    assert "0 is in it" in said
    assert "0.40 points would fit as well" in said
    assert "0 is not in it" in of_difference(Interval(0.003, 0.001, 0.005), SIDES)
    assert "No difference was seen at all, which does not show that there is none." in of_difference(
        Interval(0, 0, 0), SIDES
    )


def test_an_interval_over_seeds_names_its_assumption() -> None:
    said = of_seeds(Interval(0.001, -0.002, 0.004), SIDES, 3)
    assert "Over 3 of them PyTorch minus TensorFlow has a mean of 0.10 points" in said
    assert "if differences from seed to seed are spread normally" in said
    assert "0 is in it" in said


def test_a_ratio_names_the_faster_only_if_1_is_outside() -> None:
    assert "PyTorch is faster here." in of_ratio(Interval(0.8, 0.7, 0.9), SIDES)
    assert "TensorFlow is faster here." in of_ratio(Interval(1.2, 1.1, 1.3), SIDES)
    said = of_ratio(Interval(1.01, 0.98, 1.02), SIDES)
    assert "neither is shown to be faster; nor are they shown to be equally fast." in said
    assert "1.01, its interval 0.98 to 1.02" in said


@pytest.mark.parametrize(
    ("confidence", "accuracy", "lean"),
    [(0.98, 0.95, "surer than it should be"), (0.93, 0.95, "less sure than it could be"),
     (0.9502, 0.95, "as sure as it should be")],
)  # fmt: skip
def test_a_calibration_error_is_told_as_a_gap_in_points_and_a_lean(
    confidence: float, accuracy: float, lean: str
) -> None:
    said = of_calibration({"error": 0.03, "confidence": confidence, "accuracy": accuracy})
    assert "lies 3.00 points from the confidence, averaged over all images" in said
    assert lean in said


def test_numbers_are_written_for_people() -> None:
    assert (percent(0.99718), points(-0.0025), points(-1e-9), points(0.1)) == ("99.72 %", "−0.25", "0.00", "10.00")
    assert (chance(0.3), chance(0.0004), chance(1.0)) == ("p = 0.300", "p < 0.001", "p = 1.000")
