"""Numbers as they are drawn in haste: scribbles, digits of several sizes or pens, several in one stroke."""

from __future__ import annotations

import numpy as np
import pytest

from digits.images import numbers
from digits.images.grouping import group
from digits.images.numbers import MOST_PIECES, separate
from digits.images.strokes import Points
from tests.images.test_numbers import HIGH, WIDE, painted, parts_of, strokes


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
