"""Starting a recipe: both frameworks with one click; what exists is opened, not trained twice."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.split import split_by
from digits.engine import local
from digits.engine.families import searches_of, start_search
from digits.engine.following import wanted_after
from digits.errors import DigitsError
from digits.job import LIVE
from digits.training.recipe import Recipe
from digits.training.run import Run, readable_runs
from ui.datasets.families import say_why_not, search_row
from ui.frame import errors_shown, owner, plain
from ui.settings import recipe_form
from ui.training.cautions import cautions
from ui.training.preview import leak_sentence

SHOWN = "runs"  # the parameter of the URL that names the runs on show
RECALLED = "recipe-recalled"  # in the session
FOLLOWING = "following-search"  # in the session: the search that it began, and the recipes that follow
STARTED, OPENED, RESUMED = "Started", "Trained already: here it is", "Goes on"


def begin(names: list[str]) -> list[Recipe]:
    """Ask for a recipe and start it on a click; return it for each chosen framework."""
    failed = False
    show_followers()
    try:
        chosen = recipe_form(names, recalled(names))
        if chosen and chosen[0].split == "family" and families_of(Dataset.open(chosen[0].dataset)) is None:
            find_first(chosen)
            return []
        sentences = [*cautions(chosen[0]), leak_sentence(chosen[0])] if chosen else []
    except DigitsError as error:
        st.error(plain(error), icon=":material/error:")
        chosen, sentences, failed = [], [], True
    for sentence in sentences:
        st.caption(sentence)
    if not chosen and not failed:
        st.caption("Choose a framework.")
    again = st.checkbox("Train again", help="Make another run of the same recipe, beside the one that exists.")
    key = f"start-{chosen[0].dataset}" if chosen else None  # a click that was meant for another data set is lost
    if st.button("Start", key, type="primary", icon=":material/play_arrow:", width="stretch", disabled=not chosen):
        begun = [start(recipe, again=again) for recipe in chosen]
        st.query_params[SHOWN] = ",".join(run.id for run, _ in begun)
        for word in dict.fromkeys(word for _, word in begun):
            st.toast(word)
    return chosen


@st.fragment
def find_first(chosen: list[Recipe]) -> None:
    """Offer to find the families that the split needs, and to train afterwards; show the search that is at it."""
    dataset = Dataset.open(chosen[0].dataset)
    at_work = next((job for job in searches_of(dataset) if job.state in LIVE), None)
    search_row(dataset)
    wanted = [recipe.as_json() for recipe in chosen]
    if at_work and all(one in wanted_after(at_work) for one in wanted):
        st.caption("Training starts as soon as they are found.")
        return
    if not at_work:
        say_why_not(dataset)
        st.caption(
            "Which images are copies of one drawing is not known yet: it is found first, then training starts."
        )
    label = "Start when they are found" if at_work else "Find families and start"
    if st.button(label, type="primary", icon=":material/play_arrow:", width="stretch"):
        with errors_shown():
            tolerance = float(at_work.spec()["tolerance"]) if at_work else 1.0
            job = start_search(dataset, owner=owner(), tolerance=tolerance, then=wanted)
            st.session_state[FOLLOWING] = (job, chosen)
            st.rerun()


def show_followers() -> None:
    """Name in the URL the runs that followed the search for families which this session began."""
    job, chosen = st.session_state.get(FOLLOWING, (None, []))
    with suppress(DigitsError):
        if job is None or job.state in LIVE:
            return
        begun = [run for recipe in chosen if (run := newest(recipe))]
        if begun:
            st.query_params[SHOWN] = ",".join(run.id for run in begun)
            st.toast(STARTED)
    st.session_state.pop(FOLLOWING, None)


def recalled(names: list[str]) -> Recipe | None:
    """Return the recipe of the first run that the URL named when the session came here: a reload keeps the form."""
    state = st.session_state
    if RECALLED not in state:
        asked = st.query_params.get(SHOWN, "").split(",")
        run = next((run for run in readable_runs() if run.id == asked[0]), None)
        state[RECALLED] = run.first_recipe if run else None
        if run and "name" not in {*state, *st.query_params} and run.dataset_name in names:
            state["name"] = run.dataset_name
    found: Recipe | None = state[RECALLED]
    return found


def start(recipe: Recipe, *, again: bool) -> tuple[Run, str]:
    """Start a run of `recipe`, go on with the one that ended early, or open the newest that exists."""
    existing = None if again else newest(recipe)
    if existing is None:
        return local.start_training(recipe, owner=owner(), again=again), STARTED
    if existing.job.state in ("stopped", "interrupted", "failed"):
        local.resume(existing, owner=owner())
        return existing, RESUMED
    return existing, OPENED if existing.job.state == "finished" else "At work already"


def newest(recipe: Recipe) -> Run | None:
    """Return the last run of `recipe` on the same data, whatever that was called then, split by the same families."""
    dataset = Dataset.open(recipe.dataset)
    known = (dataset.fingerprint, split_by(dataset, recipe), None)  # a tuned run is another
    same = [run for run in readable_runs()
            if run.learnt_from == known and run.recipe.changed(dataset=recipe.dataset) == recipe]  # fmt: skip
    return max(same, key=_number, default=None)


def _number(run: Run) -> int:
    """Return which of the runs of one recipe it is: 1 for the first, whose id carries no number."""
    return int(run.id.partition("-")[2] or 1)
