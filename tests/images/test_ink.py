from __future__ import annotations

import numpy as np
import pytest

from digits.errors import ImageError
from digits.images.ink import to_ink, to_rgba

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
