"""Which duel is shown: the one that the URL names, else the newest; one that is damaged is named among the others."""

from __future__ import annotations

import time

import streamlit as st

from digits.errors import DigitsError
from digits.training.duel import Duel
from ui.boxes import run_box
from ui.frame import errors_shown, plain


def choose(duels: list[Duel]) -> Duel:
    """Ask which of `duels` is shown, and offer to delete it."""
    known = {duel.id: duel for duel in duels}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        id = run_box(st, "Duel", {id: title(duel) for id, duel in known.items()}, key="duel")
        with st.popover("Delete", icon=":material/delete:"):
            _delete(known[id])
    return known[id]


def title(duel: Duel) -> str:
    """Return how the list names a duel: data set, recipe, seeds, when it was asked for, and its short id.

    No two are called alike, and none is called otherwise when it goes on: the browser holds what it was called.
    """
    short = f"{duel.id[:6]}{duel.id[16:]}"
    try:
        asked = time.strftime("%d %b %H:%M", time.localtime(duel.status["created"]))
        return f"{duel.dataset_name} · {duel.title} · {asked} ({short})"
    except (DigitsError, KeyError, TypeError):  # a file is broken, was written by hand, or is of a later version
        return f"A damaged duel ({short})"


def _delete(duel: Duel) -> None:
    """Delete `duel`, once that is confirmed."""
    st.markdown(f"Removes {plain(title(duel))} with all that it measured. Nothing else shows its figures.")
    sure = st.checkbox("Yes, delete this duel", key=f"sure-{duel.id}")
    if st.button("Delete it", key=f"delete-{duel.id}", icon=":material/delete:", disabled=not sure):
        with errors_shown():
            duel.job.delete()
            st.rerun()
