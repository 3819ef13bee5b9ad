"""*That was a …*: a click keeps what is on the canvas as a digit; another corrects it, a third takes it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st

from digits import drawings
from digits.errors import DigitsError, NotFoundError
from digits.training.run import Run
from ui.drawing.drawn import Drawn
from ui.drawing.kept import counts_of, shelf, that_was_a
from ui.frame import errors_shown, plain

TAUGHT = "taught"  # in the session: the id of the drawing that was kept of each canvas, by what was on that
WRONG, TRIES = "taught-wrong", "taught-tries"  # in the session: an error to say, and how many there were
CHANGED = "taught-changed"  # in the session: whether the other sections must look again


def show_teach(chosen: list[Run], drawn: Drawn | None, answers: dict[str, int]) -> None:
    """Ask what was drawn, and keep it as that; `answers` are what the chosen runs say of it, by their ids."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()  # the whole page: the other sections show the drawings too
    with st.container(), errors_shown():  # one place, so that what follows keeps its own
        kept = shelf().drawings
        if drawn is None:
            st.caption(f"Say what you drew, and it is kept for you to teach with. {counts_of(kept)}")
            return
        mark = _mark(drawn)
        known = {one.id: one.digit for one in kept}.get(st.session_state.get(TAUGHT, {}).get(mark, ""))
        said = {run.id: answers[run.id] for run in chosen if run.id in answers}
        # it shows what is kept: anew when that has changed, here or elsewhere, and when a click came to nothing
        key = f"teach-{mark}-{known}-{st.session_state.get(TRIES, 0)}"
        that_was_a(known, key, act=_teach, args=(key, mark, drawn, said))
        wrong = st.session_state.pop(WRONG, None)
        if wrong:
            st.error(plain(wrong), icon=":material/error:")
        if known is not None:
            row = st.container(horizontal=True, vertical_alignment="center", gap="small")
            row.markdown(f":material/check: Kept as a **{known}**.", width="content")
            row.button(
                "Undo", icon=":material/undo:", type="tertiary", key="teach-undo", on_click=_forget, args=(mark,)
            )
        st.caption(counts_of(kept))


def _mark(drawn: Drawn) -> str:
    """Return what tells what is on the canvas from anything else that was."""
    return hashlib.sha256(drawn.ink.tobytes()).hexdigest()[:16]


def _teach(key: str, mark: str, drawn: Drawn, answers: dict[str, int]) -> None:
    """Keep the drawing as the digit that was clicked, or correct it; a second click on its digit takes it back."""
    digit, taught = st.session_state[key], st.session_state.setdefault(TAUGHT, {})
    if digit is None:
        _forget(mark)
        return
    with _said():
        with suppress(NotFoundError):  # it was deleted meanwhile: then it is kept anew
            if mark in taught:
                drawings.correct(taught[mark], digit)
                return
        taught[mark] = drawings.keep(digit, drawn, answers=answers).id


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
        st.session_state[WRONG] = str(error)
        st.session_state[TRIES] = st.session_state.get(TRIES, 0) + 1
