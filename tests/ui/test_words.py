"""What is said of answers."""

from __future__ import annotations

from dataclasses import replace

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


def test_an_unsure_answer_names_the_two_most_probable_digits() -> None:
    unsure = replace(said(4, 0.52), unsure=True)
    assert headline(unsure) == "4?"
    assert caption(unsure) == "Unsure: 4 with 52.0 %, 9 with 48.0 % · 0.40 ms"
    assert "They agree: it may be **4** or **9**." in verdict({"pytorch": unsure, "tensorflow": unsure})


def test_far_from_training_is_no_digit_however_probable() -> None:
    far = replace(said(4, 0.99), far=True, unsure=True)
    assert headline(far) == "–"
    assert caption(far).startswith("Far from everything it was trained on; if any, 4 with 99.0 %")
    assert "They agree: it is **no digit** that they know." in verdict({"pytorch": far, "tensorflow": far})
    assert "PyTorch says it is **no digit** that it knows and TensorFlow says **4**." in verdict(
        {"pytorch": far, "tensorflow": said(4)}
    )
