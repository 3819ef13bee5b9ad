"""Draw: does it read mine?"""

from __future__ import annotations

import streamlit as st

from digits.training.run import Run, all_runs
from ui.canvas import canvas
from ui.drawing.answers import answer_places, show_answers
from ui.drawing.choosing import choose, whose
from ui.drawing.drawn import Drawn
from ui.drawing.hand import show_hand
from ui.drawing.layout import parts
from ui.drawing.mine import show_mine
from ui.drawing.position import show_position
from ui.drawing.seen import show_seen
from ui.drawing.stranger import show_stranger, show_truth
from ui.drawing.teach import show_teach
from ui.frame import page
from ui.readers import best_runs

SECTIONS = {"Position": show_position}


def main() -> None:
    """Draw the page."""
    page("Draw", "Does it read mine? Draw a digit: both models answer when you lift the pen.")
    if not best_runs(all_runs()):
        st.markdown("No model is trained yet, so nobody can read.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    ways = {"One digit": one_digit, "My drawings": my_drawings}
    way = st.segmented_control("What", list(ways), default="One digit", required=True, label_visibility="collapsed",
                               key="draw", bind="query-params")  # fmt: skip
    st.fragment(ways[way])()


def one_digit() -> None:
    """Show the canvas, what the models see and what they answer; then what takes longer."""
    sheet, seen, right = parts()
    chosen = choose(st.columns(2))
    with sheet:
        drawing = canvas("digit")
        show_stranger("digit")
        truth = st.container(key="truth")
    with right:
        said = show_answers(chosen, drawing, answer_places())
        show_teach(chosen, drawing, {id: one.digit for id, one in said.items()})
    with truth:
        show_truth(drawing)
    with seen:
        show_seen(chosen, drawing)
    whose(chosen)
    more(chosen, drawing)


def more(chosen: list[Run], drawing: Drawn | None) -> None:
    """Show the section that is open of those that say more of the answers."""
    tabs = st.tabs(list(SECTIONS), key="more", bind="query-params")
    for tab, show in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                show(chosen, drawing)


def my_drawings() -> None:
    """Show the drawings that were kept, and how they differ from what the models were trained on."""
    show_mine()
    st.subheader("How your hand differs", anchor=False)
    show_hand(choose(st.columns(2)))


main()
