"""Boxes that name a data set, runs or duels. What they name may be renamed or deleted while a page is open, and a
click on such a page must not act on what stands in the box instead.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.frame import plain

SHOWN = "dataset-shown"  # in the session: the data set that the last page showed


def dataset_box(names: list[str], place: Any = st) -> str:
    """Ask for one of the data sets `names`; say so if the one that was on show is gone.

    The keys of buttons that act on a data set carry its name: a click that was meant for another one is then lost.
    """
    before = st.session_state.get(SHOWN)
    name = str(place.selectbox("Data set", names, key="name", bind="query-params"))
    if before and before not in names:
        st.warning(f"The data set {plain(before)} is not there any more: it was renamed or deleted. Here is "
                   f"{plain(name)}; nothing was done to it.", icon=":material/warning:")  # fmt: skip
        st.toast(f"Nothing was done: {plain(before)} is not there any more.", icon=":material/warning:")
    st.session_state[SHOWN] = name
    return name


def run_box(place: Any, label: str, titles: dict[str, str], *, key: str, usual: str | None = None) -> str:
    """Ask for one of the runs or duels in `titles` (by id) and return its id; by default `usual`, else the first.

    The URL names it by its id under `key`, unless it is the default: a bookmark holds when the run is named anew.
    """
    usual, state, box, unknown = usual or next(iter(titles)), st.session_state, f"{key}-box", f"{key}-unknown"
    asked = st.query_params.get(key)
    if box not in state or asked != state.get(f"{key}-said"):  # the page is new, or a link was followed
        state[box], state[unknown] = asked, "" if asked is None or asked in titles else asked
    if state[box] not in titles:
        state[box] = usual
    id = str(place.selectbox(label, list(titles), format_func=titles.get, key=box, on_change=_known, args=(unknown,)))
    if state.get(unknown):
        place.caption(missing([state[unknown]], "this one", "duel" if key == "duel" else "run"))
    if id != usual:
        st.query_params[key] = id
    elif asked is not None:
        del st.query_params[key]
    state[f"{key}-said"] = st.query_params.get(key)
    return id


def _known(unknown: str) -> None:
    st.session_state[unknown] = ""


def missing(ids: list[str], instead: str, what: str = "run") -> str:
    """Return a sentence, as Markdown: there are no runs (or what else) `ids`, what the page shows `instead`."""
    return f":material/warning: No {what} {plain(', '.join(ids)[:200])} is there; showing {instead}."
