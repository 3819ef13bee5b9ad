from __future__ import annotations

import numpy as np
import pytest

from digits.errors import ImageError, UsageError
from digits.images.frame import frame, frame_all


def bar(*, top: int, left: int, side: int = 280) -> np.ndarray:
    ink = np.zeros((side, side), np.uint8)
    ink[top : top + 100, left : left + 20] = 255
    return ink


def test_a_centred_digit_is_the_same_wherever_it_was_drawn() -> None:
    corner = frame(bar(top=0, left=0), "centred").astype(int)
    middle = frame(bar(top=90, left=130), "centred").astype(int)
    assert abs(corner - middle).max() <= 1
    assert corner.max() == 255


def test_a_centred_digit_is_20_pixels_long_with_its_mass_in_the_middle() -> None:
    ink = frame(bar(top=11, left=200), "centred").astype(float)
    rows = np.flatnonzero(ink.sum(axis=1) > 255)
    assert rows[-1] - rows[0] + 1 == 20
    for axis in (0, 1):
        weights = ink.sum(axis=1 - axis)
        assert (weights @ (np.arange(28) + 0.5)) / weights.sum() == pytest.approx(14, abs=0.05)


def test_as_drawn_keeps_28_by_28_ink_bit_for_bit_and_shrinks_a_canvas() -> None:
    small = np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)
    assert frame(small, "as-drawn") is small
    assert frame(bar(top=0, left=0), "as-drawn")[:10, :2].min() == 255


def test_a_blank_stays_blank_and_nothing_divides_by_zero() -> None:
    assert not frame(np.zeros((280, 280), np.uint8), "centred").any()


def test_a_faint_digit_is_framed_too() -> None:
    assert frame(bar(top=5, left=5) // 50, "centred").any()


def test_many_inks_are_framed_like_one() -> None:
    inks = np.stack([bar(top=3, left=3, side=120), bar(top=9, left=40, side=120)])
    assert np.array_equal(frame_all(inks, "centred")[1], frame(inks[1], "centred"))
    assert frame_all(inks[:0], "centred").shape == (0, 28, 28)


def test_unknown_frames_and_other_arrays_are_refused() -> None:
    with pytest.raises(UsageError, match="expected as-drawn or centred or even, received 'askew'"):
        frame(np.zeros((28, 28), np.uint8), "askew")
    with pytest.raises(ImageError, match="expected uint8"):
        frame(np.zeros((28, 28)), "centred")
