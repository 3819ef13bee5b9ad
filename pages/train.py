"""Train: how do the two learn?"""

from __future__ import annotations

import streamlit as st

from digits.dataset.dataset import dataset_names
from digits.training.recipe import Recipe
from digits.training.run import readable_runs
from ui.frame import errors_shown, page
from ui.training.begin import begin
from ui.training.network import model
from ui.training.preview import show_split
from ui.training.takeaway import take_away
from ui.training.watch import shown_runs, watch


@errors_shown()
def main() -> None:
    """Draw the page."""
    page("Train", "How do the two learn? Each training is a process of its own: close the tab, it goes on.")
    names = dataset_names()
    if not names:
        st.markdown("There is nothing to train on yet.")
        st.page_link("app.py", label="Begin with the starter set", icon=":material/home:")
        st.page_link("pages/dataset.py", label="Build a data set", icon=":material/grid_view:")
        return
    left, right = st.columns([2, 5], gap="medium")
    chosen: list[Recipe] = []
    with left, errors_shown():
        chosen = begin(names)
    with right:
        watch()
        look_inside(chosen)


def look_inside(chosen: list[Recipe]) -> None:
    """Show what is opened: split and model of the chosen recipe, and the weights of the runs above."""
    opened = st.expander("The split", icon=":material/call_split:", key="split", on_change="rerun")
    if opened.open and chosen:
        with opened, errors_shown():
            show_split(chosen[0])
    opened = st.expander("The model", icon=":material/schema:", key="model", on_change="rerun")
    if opened.open and chosen:
        with opened, errors_shown():
            model(chosen[0])
    opened = st.expander("Take the weights", icon=":material/download:", key="weights", on_change="rerun")
    if opened.open:
        with opened, errors_shown():
            take_away(shown_runs(readable_runs()))


main()
