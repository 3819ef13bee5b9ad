"""What a duel and a lockstep look like: intervals, tables, the reliability diagram, the race, the differences."""

from __future__ import annotations

import json
import re
from math import log10

import numpy as np
import pytest

from digits.evaluation.calibration import reliability
from digits.figures import (
    interval_words,
    intervals,
    lockstep,
    lockstep_words,
    race,
    reliability_diagram,
    reliability_words,
    table,
)
from digits.figures.intervals import axis_of
from digits.figures.palette import FRAMEWORKS

RATIO = {"name": "a ÷ b", "note": "3 rounds", "points": [0.5, 0.6, 2.0], "value": 0.6, "low": 0.55, "high": 0.7,
         "text": "0.60 (0.55 to 0.70)", "colour": "#D55E00"}  # fmt: skip
CONTROL = {"name": "<b> ÷ itself", "note": "control", "low": 0.9, "high": 1.1, "text": "0.90 to 1.10"}


def places(html: str, kind: str) -> list[float]:
    return [float(at) for at in re.findall(rf'class="{kind}" style="left: (-?[\d.]+)%', html)]


def test_half_and_double_lie_equally_far_from_one_and_all_dots_are_drawn() -> None:
    html = intervals([RATIO, CONTROL], ("a is faster", "b is faster"), ratio=True)
    half, _, double = places(html, "dot")
    (middle, other) = places(html, "middle")
    assert middle == other
    assert middle - half == pytest.approx(double - middle, abs=0.02)
    assert half < places(html, "range")[0] < places(html, "value")[0] < middle
    assert html.count('class="range thin"') == 1, "the control has no estimate of its own"
    assert "--colour: #D55E00" in html


def test_intervals_can_be_heard_and_their_names_are_text() -> None:
    html = intervals([RATIO, CONTROL], ("a", "b"), ratio=True)
    assert "&lt;b&gt; ÷ itself" in html
    assert "<b> ÷" not in html
    assert interval_words([RATIO, CONTROL]) == "a ÷ b: 0.60 (0.55 to 0.70); <b> ÷ itself: 0.90 to 1.10"
    assert 'role="img" aria-label="a ÷ b: 0.60' in html


@pytest.mark.parametrize(
    ("low", "high", "ratio"),
    [(0.5, 2.0, True), (0.99, 1.01, True), (1.0, 1.0, True), (0.001, 900.0, True), (1.4, 1.5, True), (0.1, 15, True),
     (-4.44, 2.45, False), (0.0, 0.0, False), (-0.06, 1.14, False), (3.0, 12.5, False), (-51.0, -43.0, False)],
)  # fmt: skip
def test_an_axis_has_a_few_marks_inside_it_and_what_means_no_difference_is_one(low, high, ratio) -> None:
    axis = axis_of([{"low": low, "high": high}], ratio=ratio)
    marks = axis.marks()
    assert 1 <= len(marks) <= 8
    assert axis.middle in marks
    assert all(0 <= axis.place(value) <= 100 for value in (low, high, *marks))
    assert axis.place(axis.low) == pytest.approx(0)
    assert axis.place(axis.high) == pytest.approx(100)


def test_a_table_explains_its_rows_and_marks_what_differs_by_a_word() -> None:
    rows = [{"name": "batch", "note": "why <i>", "values": ["128", "64"], "mark": "≠ not equal", "apart": True},
            {"name": "rate", "note": "", "values": ["0.001", "0.001"], "same": True, "mark": "= equal"},
            {"name": "formula", "values": ["a rule that is long", "-"]}]  # fmt: skip
    html = table(["", "PyTorch", "TensorFlow"], rows, "The <ledger>")
    assert 'aria-label="The &lt;ledger&gt;"' in html
    assert '<tr class="apart"><th scope="row"><b>batch</b><em>≠ not equal</em><span>why &lt;i&gt;</span></th>' in html
    assert '<td class="short">128</td><td class="short">64</td>' in html
    assert '<td class="same" colspan="2">0.001</td>' in html
    assert "<td>a rule that is long</td>" in html
    assert html.count('scope="col"') == 3


def test_the_reliability_diagram_has_the_diagonal_and_larger_marks_for_more_images() -> None:
    labels = np.zeros(100, np.int64)
    logits = np.zeros((100, 10), np.float32)
    logits[:80, 0], logits[80:, 1] = 9.0, 1.0
    found = {side: reliability(logits, labels) for side in FRAMEWORKS}
    option = reliability_diagram(found)
    perfect, first, second = option["series"]
    assert perfect["data"] == [[0, 0], [1, 1]]
    assert [first["color"], second["color"]] == list(FRAMEWORKS.values())
    assert first["symbol"] != second["symbol"], "not by colour alone"
    few, many = sorted(first["data"], key=lambda point: point["symbolSize"])
    assert many["value"] == [pytest.approx(0.9989, abs=1e-3), 1.0]
    assert "20 images" in few["name"]
    assert json.loads(json.dumps(option, allow_nan=False)) == option
    assert reliability_words(found).startswith("PyTorch, expected calibration error 4.7")


def test_equal_curves_are_both_seen_and_the_untrained_network_does_not_squash_the_rest() -> None:
    curve = [0.1, 0.8, 0.9]
    option = race({side: [curve, curve] for side in FRAMEWORKS}, {side: [[2.0, 3.0]] * 2 for side in FRAMEWORKS},
                  "seconds")  # fmt: skip
    lines = [line for line in option["series"] if "stack" not in line]
    assert [line["name"] for line in lines] == ["PyTorch", "TensorFlow"]
    assert lines[0]["lineStyle"]["width"] > 2 * lines[1]["lineStyle"]["width"]
    assert lines[0]["data"] == [[2.0, 0.8], [5.0, 0.9]]
    assert lines[0]["symbol"] != lines[1]["symbol"]
    untrained = race({side: [[0.1]] for side in FRAMEWORKS}, {side: [[]] for side in FRAMEWORKS}, "epoch")
    assert untrained["series"][0]["data"] == [[0, 0.1]]


def step(number: int, loss: float, weight: float, logit: float) -> dict:
    return {"step": number, "loss": loss, "weight": weight, "logit": logit}


def test_a_difference_of_zero_is_a_mark_at_the_edge_that_says_so() -> None:
    steps = [step(1, 0.0, 1e-16, 3e-16), step(2, 2e-15, 1e-15, 1e-14), step(3, 0.0, 1e-15, 1e-14)]
    option = lockstep(steps)
    loss, zeros, weight, logit = option["series"]
    assert [point[1] for point in loss["data"]] == [None, pytest.approx(log10(2e-15)), None]
    assert [point[2] for point in loss["data"]] == [0.0, 2e-15, 0.0], "what the pointer shows"
    edge = option["yAxis"]["min"]
    assert zeros["data"] == [[1, edge], [3, edge]]
    assert loss["markLine"]["label"]["formatter"] == "0: equal to the bit"
    assert edge < log10(1e-16), "below every difference"
    assert not option["yAxis"]["axisLabel"]["showMinLabel"], "the edge is 0 and no power of ten"
    assert len({(line["color"], line["lineStyle"]["type"]) for line in (loss, weight, logit)}) == 3
    assert lockstep_words(steps).startswith("loss: at most 2.0e-15, 0.0e+00 after step 3, equal to the bit")


@pytest.mark.parametrize("values", [(1e-16, 1e-16, 1e-16), (1e-16, 1.0, 300.0), (0.0, 0.0, 0.0), (0.5, 0.5, 0.5)])
def test_the_axis_of_powers_of_ten_holds_all_and_has_few_marks(values) -> None:
    option = lockstep([step(1, *values), step(2, *values)])
    axis = option["yAxis"]
    powers = [log10(value) for value in values if value]
    assert all(axis["min"] <= power <= axis["max"] for power in powers)
    assert 1 <= (axis["max"] - axis["min"]) / axis["interval"] <= 10
    assert json.loads(json.dumps(option, allow_nan=False)) == option


def test_without_differences_the_axis_begins_at_the_least_and_nothing_is_marked() -> None:
    option = lockstep([step(1, 2e-3, 2e-2, 2e-1)])
    assert len(option["series"]) == 3
    assert "markLine" not in option["series"][0]
    assert (option["yAxis"]["min"], option["yAxis"]["max"]) == (-3, 0)
    assert lockstep([])["series"][0]["data"] == []
    assert lockstep_words([]) == "No step is made yet"
