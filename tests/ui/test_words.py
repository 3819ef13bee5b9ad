"""What is said of answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from digits.prediction import Prediction
from ui.drawing.words import alike, caption, headline, meaning, ranked, verdict


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
    assert "PyTorch says it is **no digit** that it knows and TensorFlow says **7**." in verdict(
        {"pytorch": far, "tensorflow": said(7)}
    )


def test_who_reads_the_same_digit_agrees_and_who_doubts_it_is_named() -> None:
    unsure, far = replace(said(4, 0.52), unsure=True), replace(said(4), far=True)
    assert "They agree: **4**, but PyTorch is not sure." in verdict({"pytorch": unsure, "tensorflow": said(4)})
    both = verdict({"pytorch": unsure, "tensorflow": far})
    assert "They agree: **4**, but PyTorch is not sure and TensorFlow knows nothing like it." in both


def test_the_same_two_digits_are_the_same_doubt_whichever_is_first() -> None:
    one, other = replace(said(4, 0.52), unsure=True), replace(said(9, 0.51, second=4), unsure=True)
    assert "They agree: it may be **4** or **9**." in verdict({"pytorch": one, "tensorflow": other})
    assert not alike([one, replace(other, unsure=False)])
    assert not alike([one, replace(said(9, 0.51, second=7), unsure=True)])


def test_percentages_are_called_calibrated_only_where_they_are() -> None:
    assert "calibrated on validation images" in meaning([said(4)])
    assert "to images like those" in meaning([said(4)]), "of other images it says nothing"
    bare = meaning([replace(said(4), missing="It was trained without a validation part.")])
    assert "not calibrated, and it cannot say when it is unsure" in bare
    assert "trained without a validation part" in bare
    assert "nine in ten" not in bare
    assert "calibrated" not in meaning([])
