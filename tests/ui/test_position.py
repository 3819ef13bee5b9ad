"""A drawing moved over the canvas."""

from __future__ import annotations

import numpy as np

from digits.images.frame import frame
from digits.images.strokes import drawn_ink
from ui.drawing.position import moved

SLASH = (np.array([[100.0, 80.0], [160.0, 200.0]]),)


def test_a_drawing_reaches_all_four_edges_and_loses_no_ink() -> None:
    ink = drawn_ink(SLASH)
    places = moved(ink, 5)
    assert len(places) == 25
    assert {int(place.sum()) for place in places} == {int(ink.sum())}
    assert places[0][0].any()
    assert places[0][:, 0].any()
    assert places[-1][-1].any()
    assert places[-1][:, -1].any()


def test_a_centred_frame_does_not_see_where_it_is() -> None:
    first, *others = (frame(place, "centred") for place in moved(drawn_ink(SLASH), 3))
    assert max(int(np.abs(first.astype(int) - other).max()) for other in others) <= 1


def test_a_canvas_that_is_covered_stays_where_it_is() -> None:
    ink = np.full((280, 280), 255, np.uint8)
    assert all(np.array_equal(place, ink) for place in moved(ink, 2))
