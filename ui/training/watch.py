"""What trains now, or trained last: curves on the same axes, a row a run, the log, the notebook's figures beside."""

from __future__ import annotations

import streamlit as st

from digits import settings
from digits.job import LIVE
from digits.training.run import Run, all_runs, readable_runs, sound, told_apart
from ui.boxes import missing
from ui.curves import show_curves
from ui.frame import errors_shown
from ui.jobs import run_row
from ui.live import live
from ui.readers import left_out
from ui.training.begin import SHOWN
from ui.training.log import beside_the_notebook, log

LIVE_SECONDS, IDLE_SECONDS = 0.7, 5.0  # how often the page looks while something trains, and while nothing does


def watch() -> None:
    """Show the runs of the URL, or what is at work and the newest; looks again by itself while something may change.

    Runs that the URL names and that have ended stay what they are: nobody asks for them any more.
    """
    at_work = _at_work()
    live(_watch, at_work, every=LIVE_SECONDS if at_work else None)
    if not at_work and not _asked():
        live(_await, every=IDLE_SECONDS)


def _at_work() -> bool:
    return any(run.job.state in LIVE for run in readable_runs())


def _await() -> None:
    """Draw the page anew as soon as somebody else trains something: this draws nothing itself."""
    with errors_shown():
        if _at_work():
            st.rerun(scope="app")


def _watch(was_live: bool) -> None:
    with errors_shown():
        there, damaged = sound(all_runs())
        left_out(damaged)
        runs = shown_runs(there)
        unknown = [id for id in _asked() if id not in {run.id for run in there}]
        if unknown:
            named = len(unknown) < len(_asked())
            st.caption(missing(unknown, "the others" if named else "the newest of each framework"))
        if not runs:
            st.caption("The curves of both frameworks appear here, on the same axes, as soon as a training starts.")
        else:
            show_curves(runs, key="live")
            if any(run.recipe.dropout for run in runs):
                st.caption("With dropout, the loss of training images is that of the thinned network.")
        at_work = [run_row(run) for run in runs]
        shown = {run.id for run in runs}
        others = [run for run in there if run.job.state in LIVE and run.id not in shown]
        if others:
            st.markdown("**Also at work**")
            at_work += [run_row(run) for run in reversed(others)]
        if runs:
            _offer_newest(runs, there)
            log(runs)
            beside_the_notebook(runs)
        if was_live != any(at_work):
            st.rerun(scope="app")


def shown_runs(there: list[Run]) -> list[Run]:
    """Return the runs that the URL names, looked up among those that are `there`; else the newest ones."""
    known = {run.id: run for run in there}
    asked = [known[id] for id in _asked() if id in known]
    return told_apart(asked or newest_runs(there))


def _asked() -> list[str]:
    return [id for id in st.query_params.get(SHOWN, "").split(",") if id]


def newest_runs(runs: list[Run]) -> list[Run]:
    """Return what trains and waits, at most two of each framework, filled up to the newest of each."""
    found: list[Run] = []
    for framework in settings.FRAMEWORKS:
        mine = [run for run in runs if run.recipe.framework == framework]
        live = [run for run in mine if run.job.state in LIVE]
        found += live[-2:] or mine[:1]
    return found


def _offer_newest(runs: list[Run], there: list[Run]) -> None:
    """Lead from the runs that the URL names to newer ones that are `there`."""
    newer = {run.id for run in newest_runs(there)} - {run.id for run in runs}
    if st.query_params.get(SHOWN) and newer and st.button("Show the newest runs", icon=":material/update:"):
        del st.query_params[SHOWN]
        st.rerun(scope="app")
