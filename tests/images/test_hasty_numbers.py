"""Numbers as they are drawn in haste: scribbles, digits of several sizes or pens, several in one stroke."""

from __future__ import annotations

import numpy as np
import pytest

from digits.images import numbers
from digits.images.grouping import group
from digits.images.numbers import MOST_PIECES, separate
from digits.images.strokes import Points, drawn_ink
from tests.images.test_numbers import HIGH, WIDE, lefts, painted, parts_of, strokes

ROUND = np.linspace(0, 2 * np.pi, 60)
ZERO = np.stack([100 + 40 * np.cos(ROUND), 140 + 70 * np.sin(ROUND)], axis=1)


@pytest.fixture
def grouped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces were put together to digits, each time: the time grows with them."""
    counts: list[int] = []

    def counted(lines: list[Points], **how: float) -> list[list[int]]:
        counts.append(len(lines))
        return group(lines, **how)

    monkeypatch.setattr(numbers, "group", counted)
    return counts


def test_of_noise_all_over_a_picture_only_so_many_pieces_are_looked_at(grouped: list[int]) -> None:
    noise = np.where(np.random.default_rng(0).random((HIGH, WIDE)) < 0.3, 255, 0).astype(np.uint8)
    parts = separate(noise)
    assert parts
    assert all(part.ink.any() for part in parts)
    assert grouped == [MOST_PIECES], "it would be thousands"


def test_of_a_scribble_the_largest_strokes_are_read_and_no_ink_is_lost(grouped: list[int]) -> None:
    generator = np.random.default_rng(0)
    specks = [generator.random((5, 2)) * (30, 30) + generator.random(2) * (520, 220) + 20 for _ in range(300)]
    drawn = [*specks, *strokes("1", 60), *strokes("2", 250), *strokes("3", 450)]
    parts = separate(painted(drawn), drawn)
    assert grouped == [MOST_PIECES]
    assert {place for part in parts for place in part.strokes} >= {300, 301, 302}
    all_of_it = np.zeros((HIGH, WIDE), np.uint8)
    for part in parts:
        (left, top, right, bottom), (x, y) = part.box, part.corner
        there = all_of_it[top:bottom, left:right]
        np.maximum(there, part.ink[top - y : bottom - y, left - x : right - x], out=there)
    assert np.array_equal(all_of_it, painted(drawn))


@pytest.mark.parametrize("gap", [20, 40, 60])
@pytest.mark.parametrize("share", [0.45, 0.5, 0.65])
def test_small_digits_beside_a_tall_one_are_digits_of_their_own(share: float, gap: int) -> None:
    high = 200 * share
    small = {"high": high, "y": 240 - high}
    tall, two, three = (
        strokes("1", 60, high=200, y=40),
        strokes("2", 150, **small),
        strokes("3", 150 + 0.6 * high + gap, **small),
    )
    assert [len(parts) for parts in parts_of(tall, two, three)] == [3, 3]


@pytest.mark.parametrize("join", [[[140.0, 210.0], [180.0, 205.0]], [[140.0, 140.0], [170.0, 140.0]]])
def test_digits_in_one_stroke_are_cut_apart(join: list[list[float]]) -> None:
    further = np.array([110.0, 0.0])
    joined = [np.concatenate([ZERO, join, ZERO + further, join + further, ZERO + 2 * further])]
    ink = painted(joined)
    parts = separate(ink, joined)
    assert [part.strokes for part in parts] == [(0,), (0,), (0,)]
    assert lefts(parts) == pytest.approx([54, 164, 274], abs=20)
    assert sum(int(part.ink.sum()) for part in parts) == ink.sum()


def test_a_flat_digit_in_one_stroke_and_a_dash_stay_whole() -> None:
    flat = [strokes("2", 100, high=100)[0] * (2, 1)]
    dash = [np.array([[40.0, 140.0], [300.0, 142.0], [560.0, 140.0]])]
    assert [len(separate(painted(drawn), drawn)) for drawn in (flat, dash)] == [1, 1]


@pytest.mark.parametrize("x", [160.0, 163.0, 168.0])
def test_a_thick_and_a_thin_pen_side_by_side_keep_their_own_ink(x: float) -> None:
    one = np.array([[x, 70.0], [x, 140.0], [x, 210.0]])
    thick, thin = (drawn_ink((stroke,), pen=pen, canvas=(HIGH, WIDE)) for stroke, pen in ((ZERO, 28), (one, 8)))
    assert not np.minimum(thick, thin).any(), "or it would be shared"
    parts = separate(np.maximum(thick, thin), [ZERO, one])
    assert [int(part.ink.sum()) for part in parts] == [thick.sum(), thin.sum()]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 60)])
def test_a_picture_without_paper_is_one_part(shape: tuple[int, int]) -> None:
    full = np.full(shape, 255, np.uint8)
    across = [np.array([[0.0, 0.5], [shape[1] - 0.5, 0.5]])]
    assert [len(separate(full, drawn)) for drawn in (None, across)] == [1, 1]
