"""What is said of answers."""

from __future__ import annotations

import numpy as np

from digits.prediction import Prediction
from ui.drawing.words import caption, headline, ranked, verdict


def said(digit: int, share: float = 0.9, second: int = 9) -> Prediction:
    """An answer: `digit` with `share`, and what is left to `second`."""
    shares = np.zeros(10)
    shares[[digit, second]] = share, 1 - share
    return Prediction(shares, 0.4)


def test_an_answer_is_a_digit_and_how_sure() -> None:
    assert headline(said(4)) == "4"
    assert caption(said(4, 0.973)) == "97.3 % sure · 0.40 ms"
    assert ranked(said(4))[:2] == [4, 9]


def test_nothing_is_said_of_nothing() -> None:
    assert (headline(None), caption(None), verdict({})) == ("–", "Nothing is drawn yet.", "")
    assert verdict({"pytorch": said(4)}) == "", "one alone neither agrees nor disagrees"


def test_two_models_agree_or_disagree() -> None:
    assert "They agree: **4**." in verdict({"pytorch": said(4), "tensorflow": said(4, 0.6)})
    parted = verdict({"pytorch": said(4), "tensorflow": said(7)})
    assert "They disagree: PyTorch says **4** and TensorFlow says **7**." in parted
