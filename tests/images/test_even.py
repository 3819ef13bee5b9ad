from __future__ import annotations

import numpy as np
import pytest

from digits.images.even import even
from digits.images.frame import frame, frame_all
from digits.images.strokes import drawn_ink, fit, read_drawings

SEVEN = (np.array([[0.0, 0], [60, 0], [100, 0], [80, 60], [40, 200]]), np.array([[20.0, 90], [95, 90]]))


def seven(*, pen: float = 16, side: float = 200, at: tuple[float, float] = (0, 0)) -> np.ndarray:
    strokes = fit(SEVEN, side=side)
    return even(drawn_ink(tuple(stroke + at for stroke in strokes), pen=pen)).astype(int)


def test_a_digit_of_any_pen_size_and_place_becomes_the_same_picture() -> None:
    usual = seven()
    for other in (seven(pen=8), seven(pen=28), seven(side=100), seven(side=240), seven(side=100, at=(-80, 70))):
        assert abs(other - usual).mean() < 1.5
        assert abs(other - usual).max() < 60


def test_strokes_are_three_pixels_wide_and_the_mass_lies_in_the_middle() -> None:
    ink = even(drawn_ink((np.array([[140.0, 40], [140, 120], [140, 240]]),), pen=9)) / 255
    assert ink[14].sum() == pytest.approx(3, abs=0.4)
    rows = ink.sum(axis=1)
    assert rows.sum() / 3 == pytest.approx(20, abs=1)
    for axis in (0, 1):
        weights = ink.sum(axis=1 - axis)
        assert (weights @ (np.arange(28) + 0.5)) / weights.sum() == pytest.approx(14, abs=0.05)


@pytest.mark.parametrize("side", [28, 112, 280, 2000])
def test_pictures_of_any_size_are_framed(side: int) -> None:
    ink = np.zeros((side, side), np.uint8)
    ink[side // 8 : side // 2, side // 4 : side // 4 + max(2, side // 16)] = 255
    framed = even(ink)
    assert framed.shape == (28, 28)
    assert np.flatnonzero(framed.max(axis=1) > 100).size == pytest.approx(20, abs=2)


def test_blank_paper_stays_blank_and_a_dot_is_no_error() -> None:
    assert not even(np.zeros((280, 280), np.uint8)).any()
    assert even(drawn_ink((np.array([[3.0, 3.0]]),))).any()
    assert even(np.ones((28, 28), np.uint8)).any()


@pytest.mark.parametrize("side", [280, 1000])
def test_single_faint_pixels_far_apart_are_not_lost(side: int) -> None:
    ink = np.zeros((side, side), np.uint8)
    ink[5, 5] = ink[side - 10, side - 10] = 20
    framed = even(ink)
    assert framed[:10, :10].any()
    assert framed[18:, 18:].any()


def test_a_thick_drawing_keeps_its_thin_parts() -> None:
    thick = drawn_ink((np.array([[100.0, 60], [100, 140], [100, 220]]),), pen=40)
    both = np.maximum(thick, drawn_ink((np.array([[100.0, 140], [150, 140], [200, 140]]),), pen=16))
    assert even(both)[:, 17:].max() > 128


def test_real_drawings_come_out_alike_with_a_thin_and_a_thick_pen(pen_strokes) -> None:
    drawings = read_drawings(pen_strokes)[::25]
    thin, thick = (
        frame_all(np.stack([drawn_ink(fit(one.strokes), pen=pen) for one in drawings]), "even").astype(int)
        for pen in (8, 24)
    )
    assert abs(thin - thick).mean() < 1.5
    assert np.array_equal(frame(drawn_ink(fit(drawings[0].strokes), pen=8), "even"), thin[0])
