"""*That was a …*: what a click keeps, and how it is taken back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from digits import drawings


def opened() -> AppTest:
    """The section for what the session says is on the canvas: drawing number `on-canvas`, none by default."""

    def script() -> None:
        from types import SimpleNamespace

        import streamlit as st

        from tests.drawings.made import drawn
        from ui.drawing.teach import show_teach

        number = st.session_state.get("on-canvas")
        runs = [SimpleNamespace(id="a" * 16), SimpleNamespace(id="b" * 16)]
        said = {"a" * 16: 9, "c" * 16: 1}
        show_teach(runs, None if number is None else drawn(number), said)  # type: ignore[arg-type]

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def draw(app: AppTest, number: int | None) -> AppTest:
    app.session_state["on-canvas"] = number
    app.run()
    assert not app.exception, app.exception
    return app


def say(app: AppTest, digit: int | None) -> AppTest:
    app.segmented_control[0].set_value(digit).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


def test_a_blank_canvas_keeps_nothing_and_says_what_can_be_done() -> None:
    app = opened()
    assert "Say what you drew, and it is kept" in words(app)
    assert not app.segmented_control


def test_a_click_keeps_the_drawing_with_what_the_chosen_runs_said() -> None:
    app = say(draw(opened(), 0), 4)
    (kept,) = drawings.all_drawings()
    assert (kept.digit, kept.pen, kept.answers) == (4, 16.0, {"a" * 16: 9})
    assert "Kept as a **4**." in words(app)
    assert "1 drawing kept: 4 ×1; none yet of 0, 1, 2, 3, 5, 6, 7, 8, 9." in words(app)
    assert app.segmented_control[0].value == 4


def test_another_digit_corrects_the_drawing_and_does_not_keep_it_twice() -> None:
    app = say(say(draw(opened(), 0), 4), 9)
    assert [kept.digit for kept in drawings.all_drawings()] == [9]
    assert "Kept as a **9**." in words(app)


@pytest.mark.parametrize("way", ["undo", "the same digit"])
def test_what_was_kept_can_be_taken_back_and_kept_again(way: str) -> None:
    app = say(draw(opened(), 0), 4)
    if way == "undo":
        app.button(key="teach-undo").click().run()
    else:
        say(app, None)
    assert drawings.all_drawings() == []
    assert app.segmented_control[0].value is None
    assert "Kept as" not in words(app)
    say(app, 7)
    assert [kept.digit for kept in drawings.all_drawings()] == [7]


def test_the_next_drawing_is_another_and_the_first_is_known_when_it_is_there_again() -> None:
    app = say(draw(opened(), 0), 4)
    assert draw(app, 1).segmented_control[0].value is None
    say(app, 5)
    assert sorted(kept.digit for kept in drawings.all_drawings()) == [4, 5]
    assert draw(app, 0).segmented_control[0].value == 4
    say(app, 6)
    assert sorted(kept.digit for kept in drawings.all_drawings()) == [5, 6]


def test_a_drawing_that_was_deleted_or_corrected_elsewhere_is_shown_so() -> None:
    app = say(draw(opened(), 0), 4)
    (kept,) = drawings.all_drawings()
    drawings.correct(kept.id, 3)
    assert draw(app, 0).segmented_control[0].value == 3
    drawings.delete([kept.id])
    assert draw(app, 0).segmented_control[0].value is None
    say(app, 8)
    assert [one.digit for one in drawings.all_drawings()] == [8]


def test_what_goes_wrong_is_said_and_nothing_seems_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    app = draw(opened(), 0)
    with monkeypatch.context() as patch:
        patch.setattr(drawings, "keep", full)
        assert "No space left on device" in words(say(app, 4))
    assert app.segmented_control[0].value is None
    say(app, 4)
    for act, name in (
        (lambda: app.button(key="teach-undo").click().run(), "delete"),
        (lambda: say(app, 5), "correct"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(drawings, name, full)
            act()
        assert "No space left on device" in words(app)
        assert app.segmented_control[0].value == 4
    assert [kept.digit for kept in drawings.all_drawings()] == [4]
