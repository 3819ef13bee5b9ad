"""Digits side by side, in digits made of straight lines and arcs on a wide canvas, and of what people drew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.errors import ImageError
from digits.images.frame import frame
from digits.images.grouping import dense
from digits.images.numbers import Part, separate
from digits.images.strokes import Points, drawn_ink, read_drawings

PEN, WIDE, HIGH = 12, 600, 280
# Digits of height 1, from 0 at the top; the strokes of one digit are separated by |.
SHAPES = {
    "0": "0.3,0 0,0.5 0.3,1 0.6,0.5 0.3,0",
    "1": "0.05,0 0,1",
    "2": "0,0.2 0.3,0 0.55,0.3 0,1 0.6,1",
    "3": "0,0.1 0.4,0.1 0.5,0.3 0.15,0.5 0.5,0.7 0.3,1 0,0.9",
    "4": "0.3,0 0,0.6 0.65,0.6 | 0.45,0.2 0.45,1",
    "open 4": "0.05,0 0,0.6 0.4,0.6 | 0.45,0.05 0.45,1",
    "5": "0.05,0 0,0.45 0.4,0.5 0.5,0.8 0,1 | 0.05,0 0.55,0",
    "6": "0.4,0 0,0.6 0.2,1 0.5,0.8 0.3,0.55 0,0.7",
    "7": "0,0 0.6,0 0.2,1 | 0.1,0.5 0.6,0.5",
    "broken 3": "0,0.1 0.4,0.05 0.45,0.4 0.2,0.42 | 0.2,0.56 0.5,0.7 0.3,1 0,0.9",
}


def strokes(shape: str, x: float, *, high: float = 150.0, y: float = 60.0, slant: float = 0.0) -> list[Points]:
    """The strokes of a shape in pixels, its left at `x`, leaning to the right by `slant`."""
    parts = [[point.split(",") for point in part.split()] for part in SHAPES[shape].split("|")]
    placed = [(np.array(part, np.float64) * high) @ [[1, 0], [-slant, 1]] + (x, y) for part in parts]
    return [dense(points, 4) for points in placed]


def painted(drawn: list[Points]) -> np.ndarray:
    return drawn_ink(tuple(drawn), pen=PEN, canvas=(HIGH, WIDE))


def parts_of(*digits: list[Points]) -> tuple[list[Part], list[Part]]:
    """What digits give from their strokes, and from their picture alone."""
    drawn = [stroke for digit in digits for stroke in digit]
    return separate(painted(drawn), drawn), separate(painted(drawn))


def lefts(parts: list[Part]) -> list[int]:
    return [part.box[0] for part in parts]


def test_nothing_is_drawn() -> None:
    assert separate(np.zeros((HIGH, WIDE), np.uint8)) == []
    assert separate(np.zeros((HIGH, WIDE), np.uint8), strokes("7", 50)) == [], "what was rubbed out is no digit"
    assert separate(np.zeros((0, 0), np.uint8)) == []


def test_what_is_no_ink_is_refused() -> None:
    with pytest.raises(ImageError, match="Ink cannot be taken apart"):
        separate(np.zeros((HIGH, WIDE, 4), np.uint8))


def test_strokes_that_are_not_known_leave_the_picture() -> None:
    ink = painted(strokes("2", 50) + strokes("3", 220))
    assert lefts(separate(ink, [])) == lefts(separate(ink)) == pytest.approx([44, 214], abs=2)


def test_three_digits_are_read_from_left_to_right_whichever_was_drawn_first() -> None:
    last, first, middle = strokes("2", 400), strokes("7", 50), strokes("5", 220)
    from_strokes, from_picture = parts_of(last, first, middle)
    assert [part.strokes for part in from_strokes] == [(1, 2), (3, 4), (0,)]
    assert [part.strokes for part in from_picture] == [(), (), ()]
    assert lefts(from_strokes) == lefts(from_picture) == pytest.approx([44, 214, 394], abs=2)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_digit_alone_is_one_part_with_all_its_ink(shape: str) -> None:
    drawn = strokes(shape, 200)
    for parts in parts_of(drawn):
        assert len(parts) == 1
        assert parts[0].ink.sum() == painted(drawn).sum()


def test_a_part_is_a_square_with_the_digit_in_its_middle_and_says_where_it_lies() -> None:
    drawn = strokes("1", 100)
    (part,), _ = parts_of(drawn)
    left, top, right, bottom = part.box
    assert (right - left, bottom - top) == pytest.approx((150 * 0.05 + PEN, 150 + PEN), abs=2)
    side = len(part.ink)
    assert part.ink.shape == (side, side)
    assert side == pytest.approx(1.4 * (bottom - top), abs=2)
    x, y = part.corner
    inside = part.ink[top - y : bottom - y, left - x : right - x]
    assert np.array_equal(inside, painted(drawn)[top:bottom, left:right])
    assert frame(part.ink, "as-drawn")[4:24].sum() > 0
    assert not frame(part.ink, "as-drawn")[:3].any(), "there is paper around the digit, as on the canvas"


def test_the_hat_of_a_five_may_be_drawn_last() -> None:
    body, hat = strokes("5", 60)
    (one,), (seven) = strokes("1", 170), strokes("7", 230)
    drawn = [body, one, *seven, hat]
    parts = separate(painted(drawn), drawn)
    assert [part.strokes for part in parts] == [(0, 4), (1,), (2, 3)]


def test_a_narrow_one_close_to_others_is_a_digit() -> None:
    for parts in parts_of(strokes("1", 60), strokes("1", 85), strokes("4", 120), strokes("1", 250)):
        assert lefts(parts) == pytest.approx([54, 79, 114, 244], abs=3)


@pytest.mark.parametrize("aside", [-8.0, 0.0, 5.0, 10.0])
def test_a_one_that_is_traced_twice_is_one_digit(aside: float) -> None:
    one, again = strokes("1", 60), strokes("1", 60 + aside)
    for parts in parts_of(one + again, strokes("7", 160)):
        assert len(parts) == 2
    apart = [*one, *strokes("1", 100)]
    assert len(separate(painted(apart), apart)) == 2, "two ones side by side are two"


def test_what_leaves_the_sheet_changes_nothing_on_it() -> None:
    drawn = [*strokes("2", 60), *strokes("7", 240), *strokes("3", 420)]
    ink = painted(drawn)
    far = [np.array([[100.0, -5_000.0], [120.0, -400.0]]), np.array([[2e6, 0.0], [0.0, 2e6]])]
    long = [drawn[0], np.concatenate([drawn[1], [[260.0, 9_000.0]]]), *drawn[2:]]
    assert [part.box for part in separate(ink, [*drawn, *far])] == [part.box for part in separate(ink, drawn)]
    assert len(separate(painted(long), long)) == 3
    assert lefts(separate(ink, far[:1])) == lefts(separate(ink)), "where no stroke is seen, the picture is read"


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.5])
def test_boxes_may_overlap_where_a_hand_leans(slant: float) -> None:
    digits = [strokes(shape, 150 + 115 * place, slant=slant) for place, shape in enumerate("741")]
    from_strokes, from_picture = parts_of(*digits)
    assert [part.strokes for part in from_strokes] == [(0, 1), (2, 3), (4,)]
    if slant > 0.4:
        assert from_strokes[0].box[2] > from_strokes[1].box[0], "or the test tests nothing"
        assert from_strokes[1].box[2] > from_strokes[2].box[0]
    assert [part.box for part in from_picture] == [part.box for part in from_strokes]


def test_a_part_has_only_its_own_ink() -> None:
    four, seven = strokes("4", 100, slant=0.4), strokes("7", 190, slant=0.4)
    for parts in parts_of(four, seven):
        for part, alone in zip(parts, (painted(four), painted(seven)), strict=True):
            assert int(part.ink.sum()) == pytest.approx(int(alone.sum()), rel=0.01)


def test_digits_that_touch_are_one_piece_and_yet_two_digits() -> None:
    seven, zero = strokes("7", 100), strokes("0", 196)
    alone = painted(seven), painted(zero)
    assert np.minimum(*alone).max() == 255, "they touch"
    for parts in parts_of(seven, zero):
        assert len(parts) == 2
        for part, digit in zip(parts, alone, strict=True):
            assert int(part.ink.sum()) == pytest.approx(int(digit.sum()), rel=0.1)


def test_lines_that_cross_share_the_ink_where_they_do() -> None:
    two, one = strokes("2", 100), strokes("1", 180)
    parts = separate(painted(two + one), two + one)
    assert [part.strokes for part in parts] == [(0,), (1,)]
    for part, alone in zip(parts, (painted(two), painted(one)), strict=True):
        assert int(part.ink.sum()) == pytest.approx(int(alone.sum()), rel=0.05)


def test_a_dot_of_noise_is_no_digit_and_belongs_to_none() -> None:
    dot = [np.array([[330.0, 140.0]])]
    two, three = strokes("2", 100), strokes("3", 400)
    for parts in parts_of(two, dot, three):
        assert lefts(parts) == pytest.approx([94, 394], abs=3)
        assert sum(int(part.ink.sum()) for part in parts) == painted(two + three).sum()


def test_a_dot_or_a_dash_alone_is_one_part() -> None:
    for drawn in ([np.array([[300.0, 100.0]])], [np.array([[200.0, 100.0], [400.0, 103.0]])]):
        assert [len(parts) for parts in parts_of(drawn)] == [1, 1]


@pytest.mark.parametrize("scale", [0.25, 1.0, 4.0])
def test_the_size_of_a_picture_does_not_matter(scale: float) -> None:
    import cv2

    ink = painted(strokes("6", 80) + strokes("5", 200) + strokes("1", 330))
    size = (round(WIDE * scale), round(HIGH * scale))
    parts = separate(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))
    assert np.array(lefts(parts)) / scale == pytest.approx([74, 194, 324], abs=5)


def test_faint_ink_goes_with_its_digit() -> None:
    ink = painted(strokes("2", 80) + strokes("0", 250)) // 4
    assert sum(int(part.ink.sum()) for part in separate(ink)) == ink.sum()


def test_sizes_and_baselines_may_differ() -> None:
    digits = [strokes("3", 60, high=110, y=80), strokes("4", 190, high=160, y=50), strokes("0", 330, high=100, y=120)]
    for parts in parts_of(*digits):
        assert lefts(parts) == pytest.approx([54, 184, 324], abs=3)


def test_what_four_people_drew_is_taken_apart_in_order(pen_strokes: Path) -> None:
    from benchmarks.composed import compose
    from benchmarks.numbers import separated

    numbers = compose(read_drawings(pen_strokes), count=200)
    assert len(numbers) == 200
    assert sum(number.touching for number in numbers) > 10
    right = [separated(number, separate(number.ink(), number.strokes)) for number in numbers]
    assert sum(fault is None for fault in right) >= 0.98 * 200
    alone = [separated(number, separate(number.ink())) for number in numbers if not number.touching]
    assert sum(fault is None for fault in alone) >= 0.97 * len(alone), (
        "from the picture, where no digits are pushed together"
    )
