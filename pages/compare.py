"""Compare: which is better, and is the difference real?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digits.job import LIVE
from digits.training.run import Run, all_runs, sound
from ui.comparison.board import show_board
from ui.comparison.choice import choose, heads, watch
from ui.comparison.confusion import show_matrices
from ui.comparison.disagreement import show_disagreements
from ui.comparison.first_layer import show_first_layer
from ui.comparison.judgement import conclude
from ui.comparison.per_digit import show_reports
from ui.curves import show_curves
from ui.frame import errors_shown, page
from ui.live import live
from ui.readers import left_out

SHOWN = 4
BOARD = "Other people's digits"
TABS: dict[str, Callable[[list[Run], bool], None]] = {
    "Confusion": show_matrices,
    "Digits": show_reports,
    "Disagreements": show_disagreements,
    "First layer": show_first_layer,
}


@errors_shown()
def main() -> None:
    """Draw the page."""
    page("Compare", "Which is better, and is the difference real? Choose runs by the boxes of the table.")
    runs = all_runs()
    if not runs:
        st.markdown("There is no run to compare yet.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    readable, damaged = sound(runs)
    left_out(damaged)
    if not readable:
        return
    chosen = choose(readable)
    if not chosen:
        st.caption("No run is chosen. Tick a box at the left of the table.")
        return
    watch(chosen)
    finished = [run for run in chosen if run.job.state == "finished"]
    heads(finished[:SHOWN])
    conclude(chosen, finished)
    tabs(chosen, finished)


def tabs(chosen: list[Run], finished: list[Run]) -> None:
    """Show the tabs; only the open one computes, the others keep what is chosen in them."""
    curves, *others, board = st.tabs(["Curves", *TABS, BOARD], key="tab", bind="query-params")
    with curves:
        at_work = curves.open and any(run.job.state in LIVE for run in chosen)
        live(draw, chosen, curves.open, every=1.0 if at_work else None)
    for tab, show in zip(others, TABS.values(), strict=True):
        with tab, errors_shown():
            few(finished, show, tab.open)
    with board, errors_shown():
        show_board(finished, board.open)


def draw(chosen: list[Run], opened: bool) -> None:
    """Show the curves of all chosen runs."""
    with errors_shown():
        show_curves(chosen, key="compare", opened=opened)


def few(finished: list[Run], show: Callable[[list[Run], bool], None], opened: bool) -> None:
    """Show a tab of at most four finished runs."""
    if not finished:
        st.caption("None of the chosen runs is finished. What they answered stands here as soon as one is.")
        return
    if len(finished) > SHOWN:
        st.caption(f"The best {SHOWN} of the {len(finished)} chosen runs are shown.")
    show(finished[:SHOWN], opened)


main()
