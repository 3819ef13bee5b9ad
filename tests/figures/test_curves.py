"""Marks of the logarithmic axis, and seeds as a band."""

from __future__ import annotations

import json

import numpy as np
import pytest

from digits.figures.curves import band, curves, ticks


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0.2, 2.7, [0.2, 0.5, 1, 2, 5]), (0.5, 0.9, [0.5, 0.6, 0.7, 0.8, 0.9]), (1e-4, 1.2e-3, None),
        (1e-5, 30, [10.0**power for power in range(-5, 3)]), (2.69, 2.71, None), (1, 1, None), (1e-9, 1e-9, None),
        (0.99, 1.0, None),
    ],
)  # fmt: skip
def test_a_logarithmic_axis_is_marked_usefully_whatever_the_losses_span(low, high, marks) -> None:
    found = ticks(low, high)
    assert marks is None or found == pytest.approx(marks)
    assert 2 <= len(found) <= 10
    assert found == sorted(set(found))
    assert found[0] <= low
    assert found[-1] >= high


def test_a_band_is_the_least_the_median_and_the_greatest_of_its_curves() -> None:
    x, values = band([[[0, 1], [1, 5]], [[0, 2], [1, 3]], [[0, 9], [1, 4]]])
    assert x.tolist() == [0, 1]
    assert values.tolist() == [[1, 3], [2, 4], [9, 5]]


def test_curves_of_other_lengths_and_seconds_are_interpolated_where_all_have_values() -> None:
    x, values = band([[[0, 0], [1, 1], [2, 2], [3, 3]], [[0, 4], [1, 4]]])
    assert x.tolist() == [0, 1], "epochs that one has not reached are not drawn"
    assert values[0].tolist() == [0, 1]
    x, values = band([[[0, 0], [4, 4]], [[1, 0], [3, 2]]])
    assert (x[0], x[-1], len(x)) == (1, 3, 200)
    assert values[2] == pytest.approx(x)
    assert values[0] == pytest.approx(x - 1)
    assert band([[[0, 1]], []])[0].size == 0


def test_seeds_are_drawn_as_two_lines_and_a_band_that_the_tooltip_leaves_out() -> None:
    same = {"kind": "epoch", "seconds": 1.0, "loss": 1.0, "accuracy": 0.5, "test_accuracy": 0.5}
    members = [[{**same, "epoch": epoch, "test_loss": 1.0 + seed} for epoch in range(3)] for seed in range(3)]
    option = curves([{"title": "a", "framework": "pytorch", "members": members}], "loss", "epoch")
    _, test, low, high = option["series"]
    assert test["data"] == [[0, 2], [1, 2], [2, 2]]
    assert [y for _, y in low["data"]] == [1, 1, 1]
    assert [y for _, y in high["data"]] == [2, 2, 2], "stacked on the least"
    assert low["stack"] == high["stack"]
    assert not low["tooltip"]["show"]
    assert option["yAxis"]["min"] <= 2 <= option["yAxis"]["max"]
    assert json.loads(json.dumps(option, allow_nan=False)) == option
    assert np.isfinite([y for line in option["series"] for _, y in line["data"]]).all()


def records(number: int, peak: int) -> list[dict]:
    """As many epochs, and one at which the loss leaps up and the accuracy falls to nothing."""
    return [
        {"kind": "epoch", "epoch": epoch, "seconds": 0.5 * epoch, "loss": 1.0, "accuracy": 0.9,
         "test_loss": 50.0 if epoch == peak else 1 / (1 + epoch), "test_accuracy": 0.0 if epoch == peak else 0.9}
        for epoch in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize("peak", [1, 617, 9_998])
def test_of_ten_thousand_epochs_five_hundred_points_are_drawn_and_no_peak_is_lost(peak: int) -> None:
    for value, extreme in (("loss", 50.0), ("accuracy", 0.0)):
        lines = records(10_000, peak)
        option = curves([{"title": "a", "framework": "pytorch", "lines": lines}], value, "epoch")
        drawn = option["series"][1]["data"]
        assert len(drawn) <= 500
        assert drawn[0][0] == 0
        assert drawn[-1][0] == 9_999
        assert [peak, extreme] in drawn
        assert drawn == sorted(drawn)
        assert {tuple(point) for point in drawn} <= {(line["epoch"], line[f"test_{value}"]) for line in lines}


def test_a_short_curve_is_drawn_whole() -> None:
    option = curves([{"title": "a", "framework": "pytorch", "lines": records(500, 7)}], "loss", "epoch")
    assert len(option["series"][1]["data"]) == 500


def test_of_many_epochs_of_several_seeds_the_band_keeps_what_each_seed_leapt_to() -> None:
    members = [records(3_000, peak) for peak in (100, 1_501, 2_222)]
    option = curves([{"title": "a", "framework": "pytorch", "members": members}], "loss", "epoch")
    low, high = (line["data"] for line in option["series"][2:])
    assert len(low) == len(high) <= 500
    tops = {x: below + above for (x, below), (_, above) in zip(low, high, strict=True)}
    assert [tops[peak] for peak in (100, 1_501, 2_222)] == pytest.approx([50.0] * 3)
