"""Starting a recipe: both frameworks with one click; what exists is opened, not trained twice."""

from __future__ import annotations

import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.split import split_by
from digits.engine import local
from digits.engine.families import start_search
from digits.errors import DigitsError
from digits.training.recipe import Recipe
from digits.training.run import Run, all_runs
from ui.datasets.families import search_row
from ui.frame import errors_shown, owner, plain
from ui.settings import recipe_form
from ui.training.cautions import cautions
from ui.training.preview import leak_sentence

SHOWN = "runs"  # the parameter of the URL that names the runs on show
RECALLED = "recipe-recalled"  # in the session
STARTED, OPENED, RESUMED = "Started", "Trained already: here it is", "Goes on"


def begin(names: list[str]) -> list[Recipe]:
    """Ask for a recipe and start it on a click; return it for each chosen framework."""
    failed = False
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
    if search_row(dataset):
        return
    st.caption("Which images are copies of one drawing is not known yet: it is found first, then training starts.")
    if st.button("Find families and start", type="primary", icon=":material/play_arrow:", width="stretch"):
        with errors_shown():
            start_search(dataset, owner=owner(), then=[recipe.as_json() for recipe in chosen])
            st.rerun()


def recalled(names: list[str]) -> Recipe | None:
    """Return the recipe of the first run that the URL named when the session came here: a reload keeps the form."""
    state = st.session_state
    if RECALLED not in state:
        asked = st.query_params.get(SHOWN, "").split(",")
        run = next((run for run in all_runs() if run.id == asked[0]), None)
        state[RECALLED] = run.recipe if run else None
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
    known = (dataset.fingerprint, split_by(dataset, recipe))
    same = [
        run
        for run in all_runs()
        if (run.spec["fingerprint"], run.spec.get("families")) == known
        and run.recipe.changed(dataset=recipe.dataset) == recipe
    ]
    return max(same, key=_number, default=None)


def _number(run: Run) -> int:
    """Return which of the runs of one recipe it is: 1 for the first, whose id carries no number."""
    return int(run.id.partition("-")[2] or 1)
