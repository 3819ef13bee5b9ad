from __future__ import annotations

import numpy as np
import pytest

from digits.figures import hand_words, mistakes
from digits.images.hand import MEASURES

OTHERS = np.arange(100, dtype=np.float32)


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ([90, 91, 92], "Yours lean more to the right than 91 % of the training digits."),
        ([8, 9, 10], "Yours lean more to the left than 90 % of the training digits."),
        ([50, np.nan], "Much as the training digits."),
        ([1000], "Yours lean more to the right than all of the training digits."),
        ([99.5], "Yours lean more to the right than all of the training digits."),
        ([np.nan], "There is nothing to compare."),
    ],
)
def test_a_sentence_says_where_a_hand_lies_among_others(mine: list[float], said: str) -> None:
    assert hand_words(np.array(mine, np.float32), OTHERS, MEASURES["slant"]) == said


def test_values_that_are_all_the_same_are_no_difference() -> None:
    same = np.full(10, 71.4, np.float32)
    assert hand_words(same, same, MEASURES["size"]) == "Much as the training digits."


def test_all_but_one_in_a_thousand_is_not_called_all() -> None:
    others = np.arange(1000, dtype=np.float32)
    said = hand_words(np.array([998.5], np.float32), others, MEASURES["slant"])
    assert said == "Yours lean more to the right than >99 % of the training digits."


def test_each_digit_has_a_row_that_says_as_what_it_was_read() -> None:
    labels = np.array([4, 4, 4, 4, 1, 7])
    rows = mistakes(labels, {"a": np.array([9, 4, 9, 1, 1, -1]), "b": np.array([4, 4, 4, 4, 7, 7])})
    assert [row["name"] for row in rows] == list("0123456789")
    assert rows[4] == {"name": "4", "note": "4 drawings", "values": ["3 of 4 wrong: read as 9 ×2, 1", "all right"]}
    assert rows[1] == {"name": "1", "note": "1 drawing", "values": ["right", "1 of 1 wrong: read as 7"]}
    assert rows[7]["values"] == ["–", "right"]
    assert rows[0] == {"name": "0", "note": "never drawn", "values": ["–", "–"]}
