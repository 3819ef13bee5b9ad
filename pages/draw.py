"""Draw: does it read mine?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits.training.run import Run, all_runs, sound
from ui.canvas import canvas
from ui.drawing.answers import answer_places, show_answers
from ui.drawing.certainty import show_certainty
from ui.drawing.choosing import choose, whose
from ui.drawing.hand import show_hand
from ui.drawing.layout import parts
from ui.drawing.mine import show_mine
from ui.drawing.number import show_number
from ui.drawing.position import show_position
from ui.drawing.seen import show_seen
from ui.drawing.stranger import show_stranger, show_truth
from ui.drawing.teach import show_teach
from ui.drawing.tune import await_tuned, show_tune
from ui.drawing.why import show_why
from ui.frame import errors_shown, page
from ui.readers import best_runs, left_out

SECTIONS = {"Why": show_why, "How sure": show_certainty, "Position": show_position}


@errors_shown()  # a run may be deleted at any moment
def main() -> None:
    """Draw the page."""
    page("Draw", "Does it read mine? Draw a digit: both models answer when you lift the pen.")
    runs, damaged = sound(all_runs())
    left_out(damaged)
    best = best_runs(runs)
    if not best:
        st.markdown("No model is trained yet, so nobody can read.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    ways = {"One digit": one_digit, "A whole number": show_number, "My drawings": my_drawings}
    way = st.segmented_control("What", list(ways), default="One digit", required=True, label_visibility="collapsed",
                               key="draw", bind="query-params") or "One digit"  # fmt: skip # an address may name none
    above = st.container()
    chosen = choose(runs, st.columns(2), best)
    whose(chosen, best)
    below = st.container()
    with above:
        st.fragment(ways[way])(chosen, *([below] if way == "One digit" else []))
    await_tuned()  # last: where it ends, nothing moves


def one_digit(chosen: list[Run], below: Any) -> None:
    """Show the canvas, what the models answer, what they see; `below`, why: answers first, what takes longer last."""
    sheet, seen, right = parts()
    with sheet:
        drawing = canvas("digit")
        show_stranger("digit")
        truth = st.container(key="truth")
    with right:
        said = show_answers(chosen, drawing, answer_places())
        with st.container(key="teach"):
            show_teach(chosen, drawing, {id: one.digit for id, one in said.items()})
    with truth:
        show_truth(drawing)
    with seen:
        show_seen(chosen, drawing)
    tabs = below.tabs(list(SECTIONS), key="more", bind="query-params")
    for tab, show in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                show(chosen, drawing, said)


def my_drawings(chosen: list[Run]) -> None:
    """Show the drawings that were kept, let both models learn from them, and show how the hand differs."""
    show_mine()
    show_tune(chosen)
    st.subheader("How your hand differs", anchor=False)
    show_hand(chosen)


main()
