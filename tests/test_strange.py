"""What the benchmark of certainty shows that is no digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.strange import LEAST_INK, MOST_INK, SAME_SHAPE, blanks, letters, scribbles


def test_scribbles_have_a_digits_amount_of_ink_and_are_the_same_for_the_same_seed() -> None:
    found = scribbles(12, 3)
    assert (found.shape, found.dtype) == ((12, 280, 280), np.uint8)
    assert ((found.sum(axis=(1, 2)) / 255 >= LEAST_INK) & (found.sum(axis=(1, 2)) / 255 <= MOST_INK)).all()
    assert np.array_equal(found[:5], scribbles(5, 3))
    assert not np.array_equal(found, scribbles(12, 4))


def test_a_digits_amount_of_ink_is_that_of_real_ones(pen_strokes: Path) -> None:
    from digits.images.strokes import drawn_ink, fit, read_drawings

    amounts = [drawn_ink(fit(one.strokes)).sum() / 255 for one in read_drawings(pen_strokes)[::10]]
    assert np.mean([LEAST_INK <= amount <= MOST_INK for amount in amounts]) > 0.8


def test_letters_are_all_of_three_fonts_and_no_two_fonts_draw_alike() -> None:
    inks, said, fonts = letters()
    assert (inks.shape, inks.dtype, len(said), len(set(fonts))) == ((156, 280, 280), np.uint8, 156, 3)
    assert len(set(said)) == 52
    assert len({(letter, ink.tobytes()) for letter, ink in zip(said, inks, strict=True)}) == 156
    assert set(SAME_SHAPE) < set(said)
    heights = [np.ptp(np.flatnonzero(ink.any(axis=1))) + 1 for ink in inks]
    assert min(heights) > 80, "large enough to be read"


def test_three_papers_have_hardly_any_ink() -> None:
    assert blanks().shape == (3, 280, 280)
    assert blanks()[0].max() == 0
    assert blanks().max() == 1
