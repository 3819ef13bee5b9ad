"""*That was a …*: what a click keeps, and how it is taken back."""

from __future__ import annotations

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digits import drawings
from tests import canvases  # noqa: F401, before what it stands in for
from tests.drawings.made import drawn
from ui.drawing import stranger, teach


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


def test_a_click_keeps_what_was_drawn_whatever_the_browser_sends_of_the_canvas_meanwhile() -> None:
    app = draw(opened(), 3)
    app.session_state[teach.CANVAS] = {"drawing": {"data": "what no canvas sends"}}
    say(app, 8)
    assert [kept.digit for kept in drawings.all_drawings()] == [8]


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


def test_a_digit_that_is_clicked_before_the_last_stroke_has_come_is_said_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = draw(opened(), 0)
    monkeypatch.setattr(teach, "stands_on", lambda key: drawn(1))
    app.session_state["on-canvas"] = 1  # it comes with the click
    say(app, 7)
    (kept,) = drawings.all_drawings()
    assert (kept.digit, kept.answers) == (7, {"a" * 16: 9})
    np.testing.assert_array_equal(kept.ink(), drawn(1).ink)
    assert "Kept as a **7**." in words(app)
    monkeypatch.setattr(teach, "stands_on", lambda key: drawn(2))
    app.session_state["on-canvas"] = 3  # and one more stroke since: nobody has answered what was clicked
    say(app, None)  # a second click on the seven, which was said of less
    kept = drawings.all_drawings()[0]
    assert (kept.digit, kept.answers) == (7, {})
    np.testing.assert_array_equal(kept.ink(), drawn(2).ink)
    assert "Kept as" not in words(app)


def test_a_strangers_digit_stays_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    app = draw(opened(), 0)
    app.session_state[stranger.SHOWN] = stranger.Stranger(4, "w12", "Writer w12", drawn(0).strokes)
    say(app, 4)
    assert [kept.writer for kept in drawings.all_drawings()] == ["w12"]
    say(draw(app, 9), 4)
    assert [kept.writer for kept in drawings.all_drawings()] == ["me", "w12"]


@pytest.mark.parametrize("login", ["ann@lab", "ann@" + 90 * "l"])
def test_where_people_log_in_a_drawing_is_theirs(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "user", {"is_logged_in": True, "email": login})
    say(draw(opened(), 0), 4)
    assert [kept.writer for kept in drawings.all_drawings()] == [login[:80]]


def test_a_full_disk_is_said_with_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere/drawings/.0123.png")

    monkeypatch.setattr(drawings, "keep", full)
    said = words(say(draw(opened(), 0), 4))
    assert "Make room" in said
    assert "0123" not in said
