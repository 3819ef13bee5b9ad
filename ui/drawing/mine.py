"""The drawings that were kept: a gallery, one of them to correct or delete, and what can be done with all."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import streamlit as st

from digits.drawings import Kept
from digits.training.run import readable_runs
from ui.drawing import kept as shelves
from ui.drawing.all_mine import show_all, upload
from ui.drawing.kept import Looked, counts_of, look, say, shelf, that_was_a
from ui.frame import errors_shown, plain
from ui.gallery import gallery
from ui.pictures import edged

PAGE, MOST_DAMAGED = 40, 5
CHOSEN = "drawing-chosen"  # in the session: the id of the drawing that was clicked last


def show_mine() -> None:
    """Show the drawings of the lab, newest first."""
    with errors_shown():
        kept, damaged = shelf()
        say()
        st.caption(counts_of(kept) + ("" if kept else " Draw a digit, and say what it was."))
        if not kept and not damaged:
            upload()
            return
        left, right = st.columns([3, 2], gap="large")
        with left:
            wrong = _browse(kept)
        with st.container():
            _say_damaged([*damaged.values(), *wrong], list(damaged))
        with right:
            _show_chosen(kept)
        show_all(kept)


def _browse(kept: list[Kept]) -> list[str]:
    """Show a page of the gallery, and remember the drawing that is clicked in it; return which cannot be read."""
    digit = st.segmented_control("Digit", ["all", *map(str, range(10))], default="all", required=True,
                                 key="mine-digit", wrap=True)  # fmt: skip
    there = [one for one in kept if digit in ("all", str(one.digit))]
    pages = max(1, -(-len(there) // PAGE))
    number = st.pagination(pages, key=f"mine-page-{digit}", width="stretch") if pages > 1 else 1
    found, wrong = look(there[(number - 1) * PAGE : number * PAGE])
    if not there:
        st.caption(f"There is no drawing of {digit}.")
    if found:
        clicked = gallery(np.stack([one.image for one in found]), [_caption(one) for one in found], key="mine")
        st.caption("Newest first, each centred as in a data set. Click one to see it as it was drawn.")
        if clicked is not None:
            st.session_state[CHOSEN] = found[clicked].kept.id
    return wrong


def _caption(one: Looked) -> str:
    return f"{one.kept.digit}, by {one.kept.writer}, {_when(one.kept)}"


def _when(kept: Kept) -> str:
    """Return the day and the time of a drawing, in UTC."""
    try:
        return f"{datetime.fromisoformat(kept.time):%d %B %Y, %H:%M} UTC"
    except ValueError:
        return kept.time[:40]


def _say_damaged(reasons: list[str], ids: list[str]) -> None:
    """Name the drawings that cannot be read, and offer to delete them."""
    for reason in reasons[:MOST_DAMAGED]:
        st.caption(f":material/warning: Left out: {plain(reason)}")
    if len(reasons) > MOST_DAMAGED:
        st.caption(f"and {len(reasons) - MOST_DAMAGED} more.")
    if ids:
        st.button("Delete what cannot be read", icon=":material/delete:", on_click=shelves.delete, args=(ids,),
                  key="mine-delete-damaged")  # fmt: skip


def _show_chosen(kept: list[Kept]) -> None:
    """Show the drawing that was clicked as it was drawn, and let people correct or delete it."""
    one = next((each for each in kept if each.id == st.session_state.get(CHOSEN)), None)
    if one is None:
        st.caption("Click a drawing to correct or delete it.")
        return
    with errors_shown():
        st.image(edged(255 - one.ink()), width=168, alt=f"The drawing of a {one.digit} as it was drawn")
        st.caption(f"By {plain(one.writer)}, {_when(one)}. {_answers(one)}")
    key = f"mine-correct-{one.id}-{one.digit}"
    that_was_a(one.digit, key, act=_correct, args=(one.id, key), required=True)
    st.button("Delete", icon=":material/delete:", key=f"mine-delete-{one.id}", on_click=shelves.delete,
              args=([one.id],))  # fmt: skip


def _correct(id: str, key: str) -> None:
    shelves.correct(id, st.session_state[key])


def _answers(kept: Kept) -> str:
    """Return what runs said when the drawing was kept, as a sentence."""
    titles = {run.id: run.title for run in readable_runs()} if kept.answers else {}
    said = [f"{plain(titles[run])} said {digit}" for run, digit in kept.answers.items() if run in titles]
    gone = len(kept.answers) - len(said)
    said += [f"{gone} model{'s' * (gone > 1)} that {'are' if gone > 1 else 'is'} gone answered too"] if gone else []
    return f"{'; '.join(said)}." if said else ""
