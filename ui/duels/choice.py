"""Which duel is shown: the one that the URL names, else the newest; one that is damaged is named among the others."""

from __future__ import annotations

import time
from collections import Counter

import streamlit as st

from digits.errors import DigitsError
from digits.training.duel import Duel
from ui.boxes import run_box
from ui.frame import errors_shown, plain


def choose(duels: list[Duel]) -> Duel:
    """Ask which of `duels` is shown, and offer to delete it."""
    known = {duel.id: duel for duel in duels}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        id = run_box(st, "Duel", titles(duels), key="duel")
        with st.popover("Delete", icon=":material/delete:"):
            _delete(known[id])
    return known[id]


def titles(duels: list[Duel]) -> dict[str, str]:
    """Return how the list names `duels`, by id; those of one title by their short ids too: a list repeats none."""
    found = {duel.id: title(duel) for duel in duels}
    often = Counter(found.values())
    return {id: f"{name} · {id[:6]}{id[16:]}" if often[name] > 1 else name for id, name in found.items()}


def title(duel: Duel) -> str:
    """Return how the list names a duel: data set, recipe, seeds, when it was asked for, and its state if not done."""
    try:
        status, on = duel.status, duel.dataset_name
        asked = time.strftime("%d %b %H:%M", time.localtime(status["created"]))
        state = "" if status["state"] == "finished" else f" · {status['state']}"
        return f"{on} · {duel.title} · {asked}{state}"
    except (DigitsError, KeyError, TypeError):  # a file is broken, was written by hand, or is of a later version
        return f"A damaged duel · {duel.id}"


def _delete(duel: Duel) -> None:
    """Delete `duel`, once that is confirmed."""
    st.markdown(f"Removes {plain(title(duel))} with all that it measured. Nothing else shows its figures.")
    sure = st.checkbox("Yes, delete this duel", key=f"sure-{duel.id}")
    if st.button("Delete it", key=f"delete-{duel.id}", icon=":material/delete:", disabled=not sure):
        with errors_shown():
            duel.job.delete()
            st.rerun()
