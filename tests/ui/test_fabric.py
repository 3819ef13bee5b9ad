"""The canvas's JSON, as Chromium sent it for three strokes of a mouse, and what is made of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from digits.errors import UsageError
from ui.drawing.fabric import MOST_POINTS, pen_of, pens_of, strokes_of

# The mouse went through these points; the brush leaves out the last but one of each stroke.
HOOK = [(100, 60), (98, 90), (99, 130), (102, 131), (140, 150), (180, 140), (200, 120)]
LINE = [(180, 60), (180, 240)]
DOT = [(60, 220)]
STYLE = {"type": "Path", "stroke": "#000000", "strokeWidth": 16, "strokeLineCap": "round"}
SENT: dict[str, Any] = {
    "version": "7.4.0",
    "objects": [
        {**STYLE, "left": 149.0938, "top": 103.5191,
         "path": [["M", 99.984, 59.984], ["Q", 100, 60, 99, 75], ["Q", 98, 90, 98.5, 110],
                  ["Q", 99, 130, 100.5, 130.5], ["Q", 102, 131, 121, 140.5], ["Q", 140, 150, 170, 135],
                  ["L", 200.016, 119.984]]},
        {**STYLE, "left": 180, "top": 150,
         "path": [["M", 179.984, 60], ["Q", 180, 60, 180, 150], ["L", 180.016, 240]]},
        {**STYLE, "left": 60, "top": 220, "path": [["M", 59.984, 220], ["L", 60.016, 220]]},
    ],
    "background": "#ffffff",
}  # fmt: skip


def test_the_points_that_the_mouse_went_through_are_found_again() -> None:
    hook, line, _dot = strokes_of(SENT)
    np.testing.assert_allclose(hook, HOOK[:-2] + HOOK[-1:], atol=0.02)
    np.testing.assert_allclose(line, LINE, atol=0.02)
    assert hook.dtype == np.float64


def test_a_dot_is_one_point() -> None:
    dot = strokes_of(SENT)[2]
    assert dot.shape == (1, 2)
    np.testing.assert_allclose(dot, DOT, atol=0.02)


def test_the_pen_is_the_one_of_the_last_stroke() -> None:
    sent = copy.deepcopy(SENT)
    sent["objects"][-1]["strokeWidth"] = 24
    assert pen_of(sent, 16) == 24
    assert pen_of({"objects": []}, 16) == 16


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, {"objects": None}, {"objects": [None, 3, {}]}, {"objects": [{"path": "M 1 2"}]},
        {"objects": [{"path": [["M", 1, 2], ["Q", "a", "b", 1, 1]]}]}, {"objects": [{"path": [[], [3], ["L", 1]]}]},
        {"objects": [{"path": [["M", 1, 2], ["L", float("nan"), 2]]}]}, {"objects": [{"path": [["L", 1e9, 2]]}]},
        {"objects": [{"path": [[["L"], 1, 2]]}]}, {"objects": [{"path": [{"L": 1}]}]},
        {"objects": [{"path": [7, 8]}]}, {"objects": [{"path": [["L", 10**400, 2]]}]},
        {"objects": [{"path": [["L", [1] * 9, [2] * 9]]}]},
        {"objects": [{"path": [["L", "1", "2"]]}]}, {"objects": [{"type": "Circle", "radius": 3}]},
    ],
)  # fmt: skip
def test_what_is_no_stroke_is_left_out(sent: Any) -> None:
    assert strokes_of(sent) == ()
    assert pen_of(sent, 12) == 12


def test_each_stroke_has_its_pen_and_what_is_no_stroke_has_none() -> None:
    line = {"path": [["M", 1, 2], ["L", 3, 40]]}
    sent = {"objects": [{**line, "strokeWidth": 8}, {"strokeWidth": 9}, line, {**line, "strokeWidth": True}]}
    assert len(strokes_of(sent)) == 3
    assert pens_of(sent, 16) == (8, 16, 16)


@pytest.mark.parametrize("strokes", [[MOST_POINTS], [1] * (MOST_POINTS // 2 + 1), [MOST_POINTS // 2] * 2])
@pytest.mark.parametrize("read", [strokes_of, lambda sent: pen_of(sent, 16), lambda sent: pens_of(sent, 16)])
def test_more_points_than_a_hand_draws_are_refused(strokes: list[int], read: Callable[[Any], object]) -> None:
    sent = {"objects": [{"path": [["L", 3, 4]] * points} for points in strokes]}
    with pytest.raises(UsageError, match="More is drawn than a hand draws: expected at most 100,000 points"):
        read(sent)


def test_what_a_hand_draws_in_minutes_is_read() -> None:
    path = [["L", place / 1000, 4] for place in range(MOST_POINTS - 1)]
    assert len(strokes_of({"objects": [{"path": path}]})[0]) == MOST_POINTS - 1
