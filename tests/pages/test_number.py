"""A whole number on the page Draw: what is taken apart, and what is said of it by models that say what they must."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from digits.errors import WorkerError
from digits.images.strokes import Points
from digits.prediction import Prediction
from tests import canvases

SEVEN = (np.array([[40.0, 60.0], [120.0, 62.0], [70.0, 200.0]]), np.array([[60.0, 130.0], [120.0, 128.0]]))
ONE = (np.array([[200.0, 60.0], [198.0, 130.0], [197.0, 200.0]]),)
LATE_BAR = (SEVEN[0], *ONE, SEVEN[1])


class Told:
    """A framework's worker that reads the digits that it was told, in their order."""

    def __init__(self, *said: Prediction) -> None:
        self.said = said
        self.seen: list[NDArray[np.uint8]] = []

    def predict_all(self, run: str, inks: NDArray[np.uint8]) -> list[Prediction]:
        self.seen.append(inks)
        if not self.said:
            raise WorkerError("The worker *ended*")
        return list(self.said[: len(inks)])


def sure(digit: int, share: float = 0.91, **more: Any) -> Prediction:
    rest = np.full(10, (1 - share) / 9)
    rest[digit] = share
    return Prediction(rest, 0.5, **more)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    """Who answers: PyTorch a 7 and a 1, TensorFlow a 2 and a 1."""
    found = {"pytorch": Told(sure(7), sure(1, 0.8)), "tensorflow": Told(sure(2), sure(1))}
    monkeypatch.setattr("ui.drawing.number.predictor", found.get)
    return found


def opened(monkeypatch: pytest.MonkeyPatch, strokes: tuple[Points, ...] = ()) -> AppTest:
    def script() -> None:
        from types import SimpleNamespace

        from ui.drawing.number import show_number

        recipes = [SimpleNamespace(framework=name, frame="centred") for name in ("pytorch", "tensorflow")]
        show_number([SimpleNamespace(id=one.framework, recipe=one) for one in recipes])  # type: ignore[misc]

    if strokes:
        canvases.put(monkeypatch, strokes)
    else:
        monkeypatch.setattr("ui.canvas.drawable.st_canvas", lambda **_: None)
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def pictures(app: AppTest) -> list[str]:
    return [image.alt for element in app.get("image") for image in element.proto.imgs]


def test_a_blank_canvas_asks_nobody(told: dict[str, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch)
    assert "Draw a number, its digits side by side" in shown(app)
    assert [metric.value for metric in app.metric] == ["–", "–"]
    assert not any(one.seen for one in told.values())
    assert not pictures(app)


def test_both_read_each_digit_alone_from_left_to_right_however_late_its_bar_came(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(monkeypatch, LATE_BAR)
    assert [metric.value for metric in app.metric] == ["71", "21"]
    assert "They disagree: PyTorch reads **71** and TensorFlow reads **21**." in shown(app)
    assert "2 digits, the least sure with 80.0 % · 1.00 ms" in shown(app)
    assert [caption.value for caption in app.caption if caption.value.startswith(("PyTorch", "TensorFlow"))] == [
        "PyTorch  \n**7** · 91 %", "TensorFlow  \n**2** · 91 %",
        "PyTorch  \n**1** · 80 %", "TensorFlow  \n**1** · 91 %",
    ]  # fmt: skip
    ((seven, one),) = told["pytorch"].seen
    assert seven.shape == (28, 28)
    assert np.ptp(np.nonzero(one)[1]) < np.ptp(np.nonzero(seven)[1]) / 2
    assert len(told["tensorflow"].seen) == 1


def test_what_belongs_together_is_shown_in_colours(told: dict[str, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(monkeypatch, LATE_BAR)
    assert sorted(pictures(app)) == ["Digit 1 as the models see it, centred", "Digit 2 as the models see it, centred",
                                     "The drawing in 2 digits, each in a colour"]  # fmt: skip
    assert "2 digits, from left to right" in shown(app)


def test_models_that_agree_say_so(told: dict[str, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    told["tensorflow"].said = (sure(7), sure(1))
    assert "They agree: **71**." in shown(opened(monkeypatch, LATE_BAR))


def test_digits_that_a_model_is_not_sure_of_are_marked(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told["pytorch"].said = (sure(7, unsure=True), sure(1, far=True))
    app = opened(monkeypatch, LATE_BAR)
    assert app.metric[0].value == "7? 1?"
    assert "digit 1 may be 7 or 0 · digit 2 is far from everything it was trained on" in shown(app)


def test_who_reads_the_same_digits_agrees_however_sure(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told["pytorch"].said = (sure(7), sure(1, unsure=True))
    told["tensorflow"].said = (sure(7, far=True), sure(1))
    assert "They agree: **7? 1?**." in shown(opened(monkeypatch, LATE_BAR))


def test_two_digits_that_both_hold_possible_are_one_answer(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def between(first: int, second: int) -> Prediction:
        shares = np.zeros(10)
        shares[[first, second]] = 0.55, 0.45
        return Prediction(shares, 0.5, unsure=True)

    told["pytorch"].said, told["tensorflow"].said = (sure(7), between(1, 7)), (sure(7), between(7, 1))
    assert "They agree: **7 (1 or 7)?**." in shown(opened(monkeypatch, LATE_BAR))


def test_what_a_percentage_means_is_said_of_each_model(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told["tensorflow"].said = (sure(7, missing="It has no validation part."), sure(1, missing="It has no …"))
    torch, other = opened(monkeypatch, LATE_BAR).metric
    assert "nine in ten" in torch.help
    assert "nine in ten" not in other.help
    assert "not calibrated" in other.help


def test_a_worker_that_ends_is_told_beside_what_the_other_reads(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told["pytorch"].said = ()
    app = opened(monkeypatch, LATE_BAR)
    assert [metric.value for metric in app.metric] == ["21"]
    assert "The worker *ended*" in shown(app)
    assert "agree" not in shown(app)


def test_more_pieces_than_a_number_has_digits_are_said_to_be_too_many(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in told.values():
        one.said = (sure(1),) * 20
    many = tuple(np.array([[x, 60.0], [x, 130.0], [x, 200.0]]) for x in np.arange(20.0, 580.0, 40.0))
    app = opened(monkeypatch, many)
    assert "These are 14 pieces; the first 12 are read." in shown(app)
    assert app.metric[0].value == "1" * 12


def test_of_more_strokes_than_digits_have_it_is_said_that_only_the_largest_are_read(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in told.values():
        one.said = (sure(1),) * 20
    specks = [np.array([[x, 250.0], [x + 9, 240.0], [x, 230.0]]) for x in np.linspace(20, 580, 59)]
    assert "largest" not in shown(opened(monkeypatch, (ONE[0], *specks)))
    words = shown(opened(monkeypatch, (*LATE_BAR, *specks)))
    assert "These are 62 strokes; the 60 largest are put together." in words


def test_each_digits_ink_has_its_colour_and_no_other() -> None:
    from PIL import ImageColor

    from digits.images.numbers import separate
    from digits.images.strokes import drawn_ink
    from ui.drawing.number import COLOURS, coloured

    ink = drawn_ink(LATE_BAR, canvas=(280, 600))
    picture = coloured(ink, separate(ink, LATE_BAR))
    assert picture.shape == (280, 600, 3)
    colours = [ImageColor.getrgb(colour) for colour in COLOURS]
    assert tuple(picture[130, 198]) == colours[1]
    assert tuple(picture[129, 70]) == tuple(picture[62, 90]) == colours[0]
    assert tuple(picture[250, 300]) == (255, 255, 255)
