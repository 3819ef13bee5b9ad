"""Duel: which framework is better when the fight is fair?"""

from __future__ import annotations

import streamlit as st

from digits.dataset.dataset import dataset_names
from digits.job import LIVE
from digits.training.duel import all_duels
from ui.duels.begin import OPENED, begin
from ui.duels.choice import choose
from ui.duels.lockstep import show_lockstep
from ui.duels.outcome import show
from ui.duels.watch import ended, searching, watch
from ui.frame import errors_shown, page


@errors_shown()
def main() -> None:
    """Draw the page."""
    page("Duel", "Which framework is better when the fight is fair? Same weights, same batches, timed in turn.")
    names = dataset_names()
    if not names:
        st.markdown("There is nothing to fight on yet.")
        st.page_link("app.py", label="Begin with the starter set", icon=":material/home:")
        st.page_link("pages/dataset.py", label="Build a data set", icon=":material/grid_view:")
        return
    fight, lockstep = st.tabs(["Duel", "Lockstep"], key="view", bind="query-params")
    with fight, errors_shown():
        if fight.open:
            duels(names)
    with lockstep:
        if lockstep.open:
            show_lockstep(names)


def duels(names: list[str]) -> None:
    """Show the form, and the duel that is chosen."""
    there = all_duels()
    if st.session_state.pop(f"{OPENED}-close", False):  # one was started: make room for it
        st.session_state[OPENED] = False
    form = st.expander("New duel", not there, key=OPENED, icon=":material/swords:", on_change="rerun")
    if form.open:
        with form:
            begin(names)
    searching()
    if not there:
        st.caption("There is no duel yet. Its verdict stands here: who is faster, more accurate, steadier, smaller.")
        return
    duel = choose(there)
    with errors_shown():
        state, _ = duel.job.state, duel.title  # or its files are damaged
        if state in LIVE:
            watch(duel)
        elif state == "finished":
            show(duel)
        else:
            ended(duel)


main()
