"""All modes of lockstep in one table: what was run, and one click for what was not."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import streamlit as st

from digits import figures
from digits.engine.locksteps import lockstep_of, start_lockstep
from digits.errors import DigitsError
from digits.figures.lockstep import VALUES
from digits.files import Json
from digits.job import LIVE
from digits.training.lockstep import OPTIMISERS, Mode
from ui.duels.steps import scientific
from ui.frame import count, errors_shown, owner, plain
from ui.live import live

SECONDS = 2.0  # between two looks while some are at work
HEADS = ("Mode", "|Δloss|, nats", "|Δweight|", "|Δlogit|")


def modes_like(mode: Mode) -> list[Mode]:
    """Return all twelve modes on the data set, with the steps and the scale of `mode`."""
    return [replace(mode, optimizer=optimizer, native=native, dtype=dtype)
            for optimizer, native, dtype in product(OPTIMISERS, (False, True), ("float64", "float32"))]  # fmt: skip


def show_modes(mode: Mode) -> None:
    """Show the largest differences in every mode like `mode`, and offer to run those that are missing."""
    st.subheader("All modes", anchor=False)
    at_work = any(_state(one) in LIVE for one in modes_like(mode))
    live(_look, mode, at_work, every=SECONDS if at_work else None)


def _look(mode: Mode, was_live: bool) -> None:
    with errors_shown():
        modes = modes_like(mode)
        lines = [_row(one) for one in modes]
        st.html(figures.table(HEADS, lines, f"The largest differences over {mode.steps} steps in every mode"))
        st.caption(f"The largest differences over {count(mode.steps, 'step')} on {plain(mode.dataset)}, full ink "
                   f"being {mode.scale:g}. 0: equal to the bit after every step.")  # fmt: skip
        states = [_state(one) for one in modes]
        missing = [one for one, state in zip(modes, states, strict=True) if state not in ("finished", *LIVE)]
        words = "Each imports both frameworks and steps; they wait for one another."
        if missing and st.button(f"Run all modes ({len(missing)} missing)", f"all-modes-{mode.dataset}", words,
                                 icon=":material/playlist_play:"):  # fmt: skip
            for one in sorted(missing, key=lambda one: one != mode):  # what is on show goes first
                start_lockstep(one, owner=owner())
            st.rerun(scope="app")
        if was_live and not any(state in LIVE for state in states):
            st.rerun(scope="app")


def _state(mode: Mode) -> str:
    """Return the state of a mode's lockstep, *not run*, or *damaged*."""
    found = lockstep_of(mode)
    if found is None:
        return "not run"
    try:
        return found.job.state
    except DigitsError:
        return "damaged"


def _row(mode: Mode) -> Json:
    """Return a row of the table: the largest differences, or the state where they are not known."""
    found = lockstep_of(mode)
    try:
        result = found.result() if found else None
    except DigitsError:
        result = None
    if result is None:
        return {"name": mode.title, "values": [_state(mode)], "same": True}
    largest = [result[f"largest_{name}_difference"] for name in VALUES]
    return {"name": mode.title, "values": [scientific(value) for value in largest]}
