"""Measures of a hand, of strokes whose values are known and of real ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from digits.dataset.sources import open_source
from digits.images.frame import frame_all
from digits.images.hand import MEASURES, measure, measure_strokes
from digits.images.ink import to_ink
from digits.images.strokes import Points, fit, paint, read_drawings


def upright(degrees: float = 0.0, height: float = 180.0) -> tuple[Points, ...]:
    """A straight stroke that leans to the right by so many degrees."""
    across = height / 2 * np.tan(np.radians(degrees))
    return (np.array([[140 - across, 140 + height / 2], [140 + across, 140 - height / 2]]),)


def box_of(width: float, height: float) -> tuple[Points, ...]:
    left, top = 140 - width / 2, 140 - height / 2
    corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height], [left, top]]
    return tuple(np.array([one, other], float) for one, other in pairwise(corners))


@pytest.mark.parametrize("degrees", [-35, -10, 0, 20, 40])
def test_slant_is_the_angle_at_which_a_stroke_leans(degrees: float) -> None:
    assert measure_strokes([upright(degrees)])["slant"][0] == pytest.approx(degrees, abs=1.0)


@pytest.mark.parametrize("pen", [8, 12, 16, 20, 28])
@pytest.mark.parametrize("strokes", [upright(), upright(30), box_of(100, 180)], ids=["upright", "leaning", "box"])
def test_the_stroke_is_as_wide_as_the_pen_but_for_its_ends(strokes: tuple[Points, ...], pen: float) -> None:
    found = measure_strokes([strokes], pen=pen)["stroke"][0]
    assert found == pytest.approx(100 * pen / (180 + pen), rel=0.16)


@pytest.mark.parametrize("side", [28, 56, 140])
def test_a_thin_stroke_is_not_wide_because_it_was_shrunk(side: int) -> None:
    from PIL import Image

    ink = to_ink(paint(upright(10), pen=10))
    small = np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BOX))
    large = measure(ink[None])["stroke"][0]
    assert measure(small[None])["stroke"][0] == pytest.approx(large, rel=0.15)


@pytest.mark.parametrize(("width", "height"), [(184, 84), (84, 184), (134, 134), (34, 64)])
def test_size_and_aspect_are_those_of_the_box(width: float, height: float) -> None:
    found = measure_strokes([box_of(width, height)], pen=16)
    assert found["size"][0] == pytest.approx(100 * (max(width, height) + 16) / 280, abs=1)
    assert found["aspect"][0] == pytest.approx(100 * (width + 16) / (height + 16), rel=0.06)


def test_place_and_size_change_the_size_alone() -> None:
    many = [
        box_of(60, 120),
        tuple(stroke - 70 for stroke in box_of(60, 120)),
        tuple(stroke / 2 for stroke in box_of(120, 240)),
    ]
    found = measure_strokes(many, pen=12)
    for name in MEASURES:
        assert np.ptp(found[name]) < 1.0, name
    half = measure_strokes([tuple(stroke / 2 for stroke in box_of(60, 120))], pen=6)
    assert half["size"][0] == pytest.approx(found["size"][0] / 2, abs=1)
    assert half["stroke"][0] == pytest.approx(found["stroke"][0], rel=0.06)


def test_a_blank_picture_has_no_hand_and_none_are_measured_of_none() -> None:
    inks = np.stack([to_ink(paint(upright())), np.zeros((280, 280), np.uint8)])
    found = measure(inks)
    assert all(np.isfinite(found[name]).tolist() == [True, False] for name in MEASURES)
    assert all(len(values) == 0 for values in (*measure(inks[:0]).values(), *measure_strokes([]).values()))


def test_a_real_drawing_and_its_image_in_a_data_set_are_the_same_hand(pen_strokes: Path) -> None:
    inks = np.stack([to_ink(paint(fit(one.strokes))) for one in read_drawings(pen_strokes)[:200]])
    drawn, image = measure(inks), measure(frame_all(inks, "as-drawn"))
    assert {name: float(np.nanmedian(drawn[name])) for name in MEASURES} == pytest.approx(
        {name: float(np.nanmedian(image[name])) for name in MEASURES}, rel=0.12, abs=1.0
    )
    assert np.corrcoef(drawn["slant"], image["slant"])[0, 1] > 0.99
    assert np.corrcoef(drawn["aspect"], image["aspect"])[0, 1] > 0.97


def test_real_hands_differ_in_what_is_known_of_them(pen_strokes: Path) -> None:
    drawings = read_drawings(pen_strokes)[::4]
    thin, thick = (measure_strokes([fit(one.strokes) for one in drawings], pen=pen) for pen in (10, 20))
    assert (thin["stroke"] < thick["stroke"]).mean() > 0.98
    assert np.median(thick["stroke"] / thin["stroke"]) == pytest.approx(2 * 210 / 220, rel=0.1)
    assert thin["size"] == pytest.approx(100 * 210 / 280, abs=1.5), "each was drawn 200 pixels large"
    ones = [one.digit == 1 for one in drawings]
    assert np.median(thin["aspect"][ones]) < np.median(thin["aspect"])


def test_the_starter_set_is_drawn_as_mnist_frames_its_digits() -> None:
    inks = np.stack([to_ink(picture.data) for picture in list(open_source("starter"))[::6]])
    found = measure(inks)
    assert np.median(found["size"]) == pytest.approx(100 * 20 / 28, abs=4)
    assert 8 < np.median(found["stroke"]) < 25
    assert all(np.isfinite(found[name]).all() for name in MEASURES)
