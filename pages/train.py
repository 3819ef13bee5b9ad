"""Train: how do the two learn?"""

from __future__ import annotations

import streamlit as st

from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.job import LIVE
from digits.training import recipe as recipes
from digits.training.run import Run, all_runs
from ui.curves import show_curves
from ui.frame import errors_shown, owner, page
from ui.jobs import run_row
from ui.settings import recipe_form


def main() -> None:
    """Draw the page."""
    page("Train", "How do the two learn? Each training is a process of its own: close the tab, it goes on.")
    names = dataset_names()
    if not names:
        st.markdown("There is nothing to train on yet.")
        st.page_link("app.py", label="Begin with the starter set", icon=":material/home:")
        st.page_link("pages/dataset.py", label="Build a data set", icon=":material/grid_view:")
        return
    left, right = st.columns([1, 2], gap="large")
    with left, errors_shown():
        start(names)
    with right:
        runs = shown_runs()
        live = any(run.job.state in LIVE for run in runs)
        st.fragment(watch, run_every=0.7 if live else None)(live)


def start(names: list[str]) -> None:
    """Ask for a recipe and start it in the chosen frameworks."""
    frameworks, values, again = recipe_form(names)
    if not st.button("Start", type="primary", icon=":material/play_arrow:", width="stretch", disabled=not frameworks):
        return
    for framework in frameworks:
        recipe = recipes.Recipe(framework=framework, **values)
        run = local.start_training(recipe, owner=owner(), again=again)
        if run.job.state in ("stopped", "interrupted", "failed"):
            local.resume(run, owner=owner())
        elif run.job.state == "finished":
            st.toast("This recipe has been trained already: here it is. *Train again* makes another run.")
    st.rerun()


def shown_runs() -> list[Run]:
    """Return what is at work, filled up to the newest run of each framework."""
    runs = all_runs()
    live = [run for run in runs if run.job.state in LIVE]
    for framework in settings.FRAMEWORKS:
        mine = [run for run in runs if run.recipe.framework == framework]
        if mine and not any(run.recipe.framework == framework for run in live):
            live.append(mine[0])
    return sorted(live, key=lambda run: run.recipe.framework)


def watch(was_live: bool) -> None:
    """Show curves and numbers of the runs at work."""
    with errors_shown():
        runs = shown_runs()
        if not runs:
            st.caption("The curves of both frameworks appear here, on the same axes, as soon as a training starts.")
            return
        show_curves(runs, key="live")
        live = [run_row(run) for run in runs]
        if was_live and not any(live):
            st.rerun(scope="app")


main()
