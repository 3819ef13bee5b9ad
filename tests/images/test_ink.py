from __future__ import annotations

import numpy as np
import pytest

from digits.errors import ImageError
from digits.images.ink import on_white, to_ink, to_rgba
from digits.images.strokes import paint

BAR = np.zeros((28, 28), np.uint8)
BAR[4:24, 12:16] = 200


def opaque(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([np.repeat(grey[..., None], 3, axis=2), np.full((28, 28, 1), 255, np.uint8)], axis=2)


@pytest.mark.parametrize("picture", [to_rgba(BAR), opaque(BAR), opaque(255 - BAR)], ids=["alpha", "light", "dark"])
def test_the_same_bar_is_the_same_ink_whichever_way_the_picture_carries_it(picture: np.ndarray) -> None:
    assert np.array_equal(to_ink(picture), BAR)


def test_blank_pictures_have_no_ink_whatever_their_ground() -> None:
    blank = np.zeros((28, 28), np.uint8)
    for picture in (to_rgba(blank), opaque(blank), opaque(255 - blank)):
        assert not to_ink(picture).any()


def test_many_pictures_of_different_kinds_are_read_one_by_one() -> None:
    pictures = np.stack([to_rgba(BAR), opaque(BAR), opaque(255 - BAR)])
    assert np.array_equal(to_ink(pictures), np.stack([BAR] * 3))


def test_an_array_without_four_channels_is_refused() -> None:
    with pytest.raises(ImageError, match=r"expected uint8 \(…, h, w, 4\), received uint8 \(28, 28\)"):
        to_ink(BAR)


def test_on_a_canvas_paper_stays_paper_though_its_border_is_covered() -> None:
    edge = np.array([[3.0, 3.0], [277.0, 3.0], [277.0, 277.0], [3.0, 277.0], [3.0, 3.0]])
    painted = paint((edge[:2], edge[1:3], edge[2:4], edge[3:]))
    canvas = np.full((280, 280, 4), 255, np.uint8)
    canvas[..., :3] = 255 - painted[..., 3:]  # what a browser holds: black on opaque white
    ink = on_white(canvas)
    assert (ink[0, 140], ink[140, 140]) == (255, 0)
    assert np.array_equal(ink, painted[..., 3])
    assert np.array_equal(ink, on_white(painted)), "the command line and the page see the same"
    assert not on_white(np.full((28, 28, 4), 255, np.uint8)).any()
    assert (on_white(to_rgba(np.full((28, 28), 255, np.uint8))) == 255).all()
