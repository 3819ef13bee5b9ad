"""What a canvas holds when something is clicked, before the page is drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.canvases import told  # before what it stands in for
from tests.drawings.made import mixed
from ui import canvas

LINE = {"path": [["M", 40.0, 60.0], ["L", 41.5, 200.25]]}


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the browser has told."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(canvas.st, "session_state", found)
    return found


def test_what_the_browser_told_last_is_on_the_canvas_with_the_pen_of_each_stroke(session: dict[str, Any]) -> None:
    session["digit"] = told(mixed().ink, {**LINE, "strokeWidth": 8}, {**LINE, "strokeWidth": 28})
    found = canvas.stands_on("digit")
    assert found is not None
    np.testing.assert_array_equal(found.ink, mixed().ink)
    assert (len(found.strokes), found.pen, found.pens) == (2, 28.0, (8.0, 28.0))


def test_pens_that_are_all_the_same_are_one(session: dict[str, Any]) -> None:
    session["digit"] = told(mixed().ink, {**LINE, "strokeWidth": 8}, {**LINE, "strokeWidth": 8})
    found = canvas.stands_on("digit")
    assert found is not None
    assert (found.pen, found.pens) == (8.0, ())


@pytest.mark.parametrize("said", [None, {}, {"drawing": None}, {"drawing": {"raw": {}, "data": None}},
                                  told(np.zeros((280, 280), np.uint8))])  # fmt: skip
def test_a_canvas_of_which_nothing_was_told_or_that_is_blank_holds_nothing(
    session: dict[str, Any], said: dict[str, Any] | None
) -> None:
    session["digit"] = said
    assert canvas.stands_on("digit") is None
