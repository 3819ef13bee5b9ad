"""*That was a …*: a click keeps what is on the canvas as a digit; another corrects it, a third takes it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st

from digits import drawings
from digits.errors import DigitsError, NotFoundError
from digits.files import unwritable
from digits.images.strokes import LONGEST_WRITER
from digits.training.run import Run
from ui.canvas import stands_on
from ui.drawing.drawn import Drawn
from ui.drawing.kept import counts_of, shelf, that_was_a
from ui.drawing.stranger import stranger_of
from ui.frame import errors_shown, owner, plain

TAUGHT = "taught"  # in the session: the id of the drawing that was kept of each canvas, by what was on that
WRONG, TRIES = "taught-wrong", "taught-tries"  # in the session: an error to say, and how many there were
CHANGED = "taught-changed"  # in the session: whether the other sections must look again
CANVAS = "digit"  # the canvas that is asked about
EARLY = "taught-early"  # in the session: a digit that was clicked before the page knew all ink, and that drawing


def show_teach(chosen: list[Run], drawn: Drawn | None, answers: dict[str, int]) -> None:
    """Ask what was drawn, and keep it as that; `answers` are what the chosen runs say of it, by their ids."""
    said = {run.id: answers[run.id] for run in chosen if run.id in answers}
    _keep_early(drawn, said)
    if st.session_state.pop(CHANGED, False):
        st.rerun()  # the whole page: the other sections show the drawings too
    with st.container(), errors_shown():  # one place, so that what follows keeps its own
        kept = shelf().drawings
        if drawn is None:
            st.caption(f"Say what you drew, and it is kept for you to teach with. {counts_of(kept)}")
            return
        mark = _mark(drawn)
        known = {one.id: one.digit for one in kept}.get(st.session_state.get(TAUGHT, {}).get(mark, ""))
        # it shows what is kept: anew when that has changed, here or elsewhere, and when a click came to nothing
        key = f"teach-{mark}-{known}-{st.session_state.get(TRIES, 0)}"
        that_was_a(known, key, act=_teach, args=(key, known, drawn, said))
        wrong = st.session_state.pop(WRONG, None)
        if wrong:
            st.error(plain(wrong), icon=":material/error:")
        if known is not None:
            row = st.container(horizontal=True, vertical_alignment="center", gap="small")
            row.markdown(f":material/check: Kept as a **{known}**.", width="content")
            row.button(
                "Take back", icon=":material/undo:", type="tertiary", key="teach-undo", on_click=_forget, args=(mark,)
            )
        st.caption(counts_of(kept))


def _mark(drawn: Drawn) -> str:
    """Return what tells what is on the canvas from anything else that was."""
    return hashlib.sha256(drawn.ink.tobytes()).hexdigest()[:16]


def _teach(key: str, known: int | None, drawn: Drawn, answers: dict[str, int]) -> None:
    """Keep the drawing as the digit that was clicked, or correct it; a second click on its digit takes it back.

    Where a stroke came since the page was drawn, the digit is said of what is there now, as which it is kept as soon
    as that was answered.
    """
    digit, now = st.session_state[key], drawn
    with suppress(DigitsError):  # the page says what is wrong with what is there now
        now = stands_on(CANVAS) or drawn
    if _mark(now) != _mark(drawn):
        st.session_state[EARLY] = (known if digit is None else digit, now)
    elif digit is None:
        _forget(_mark(drawn))
    else:
        _keep(digit, drawn, answers)


def _keep_early(drawn: Drawn | None, answers: dict[str, int]) -> None:
    """Keep what was clicked before the page knew all of it; with the `answers`, where they are of that drawing."""
    digit, early = st.session_state.pop(EARLY, (None, None))
    if digit is not None:
        _keep(digit, early, answers if drawn is not None and _mark(drawn) == _mark(early) else {})


def _keep(digit: int, drawn: Drawn, answers: dict[str, int]) -> None:
    """Keep a drawing as a digit, or correct the one that is kept of it."""
    mark, taught = _mark(drawn), st.session_state.setdefault(TAUGHT, {})
    with _said():
        with suppress(NotFoundError):  # it was deleted meanwhile: then it is kept anew
            if mark in taught:
                drawings.correct(taught[mark], digit)
                return
        taught[mark] = drawings.keep(digit, drawn, writer=_writer(drawn), answers=answers).id


def _writer(drawn: Drawn) -> str:
    """Return who drew it: the stranger whose digit was put there, else who is logged in, else "me".

    A login may be longer than a writer's name.
    """
    stranger = stranger_of(drawn)
    if stranger is not None:
        return stranger.writer
    return owner()[:LONGEST_WRITER] if st.user and st.user.get("is_logged_in") else "me"


def _forget(mark: str) -> None:
    """Delete what was kept of the canvas."""
    taught = st.session_state.get(TAUGHT, {})
    with _said():
        if mark in taught:
            drawings.delete([taught[mark]], missing_ok=True)
            del taught[mark]


@contextmanager
def _said() -> Iterator[None]:
    """Let the page be drawn anew after what the block changes; say what went wrong in it."""
    try:
        yield
        st.session_state[CHANGED] = True
    except (DigitsError, OSError) as error:
        refusal = unwritable(error) if isinstance(error, OSError) else None
        st.session_state[WRONG] = str(refusal or error)
        st.session_state[TRIES] = st.session_state.get(TRIES, 0) + 1
