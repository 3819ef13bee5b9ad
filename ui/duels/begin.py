"""Asking for a duel: what both frameworks train, how often, and what each may use; started with one click."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean

import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.engine.duels import MOST_SEEDS, SEEDS, TARGET, asked, honest, start_duel
from digits.engine.families import start_search
from digits.errors import DigitsError
from digits.evaluation.sentences import ROUNDS_NEEDED
from digits.settings import FRAMEWORKS, cores
from digits.training import presets
from digits.training.duel import Duel, all_duels
from digits.training.recipe import Recipe
from digits.training.run import Run, runs_on
from ui.boxes import dataset_box
from ui.duels.settings import more
from ui.frame import duration, errors_shown, owner, plain
from ui.presets import story, title
from ui.training.preview import leak_sentence

OPENED = "duel-form"  # the key of the expander
BEFORE_SECONDS = 40.0  # four processes import their framework, one after the other


@dataclass(frozen=True)
class Wish:
    """A duel that somebody asks for: the recipe of both, so many seeds, who uses a compiler, an accuracy to reach."""

    recipe: Recipe
    seeds: int = SEEDS
    compiled: tuple[str, ...] = ()
    target: float = TARGET

    def start(self) -> Duel:
        """Start it. Raises as `start_duel`."""
        return start_duel(self.recipe, owner=owner(), seeds=self.seeds, compiled=self.compiled, target=self.target)

    def start_after_search(self) -> None:
        """Look for the families of its data set first; the duel starts when they are found."""
        then = asked(self.recipe, seeds=self.seeds, compiled=self.compiled, target=self.target)
        start_search(Dataset.open(self.recipe.dataset), owner=owner(), then=[then])


def begin(names: list[str]) -> None:
    """Ask for a duel on one of the data sets `names`, and start it on a click."""
    wish, why = None, None
    try:
        wish, why = _asked(names)
        st.caption(why or leak_sentence(wish.recipe))
        st.caption(cost(wish))
    except DigitsError as error:
        st.error(plain(error), icon=":material/error:")
    with st.container(horizontal=True):
        key = f"fight-{wish.recipe.dataset}" if wish else None  # a click that was meant for another data set is lost
        if st.button("Start the duel", key, type="primary", icon=":material/play_arrow:",
                     disabled=wish is None or why is not None):  # fmt: skip
            _started(wish)
        if wish and why and families_of(Dataset.open(wish.recipe.dataset)) is None:
            _search_first(wish)


def _asked(names: list[str]) -> tuple[Wish, str | None]:
    """Ask for everything; return the wish, and why it cannot start as it is, if it cannot."""
    first, second, third, fourth = st.columns([3, 4, 2, 2])
    dataset = dataset_box(names, first)
    preset = second.selectbox("Recipe", list(presets.PRESETS), index=1, key="recipe", bind="query-params",
                              format_func=title)  # fmt: skip
    epochs = third.number_input(
        "Epochs", 2, 10_000, presets.PRESETS[preset]["epochs"], key=f"duel-epochs-{preset}", persist_state="session",
        help="How often all training images are seen. The first epoch of each seed is not compared.",
    )  # fmt: skip
    seeds = fourth.number_input(
        "Seeds", 1, MOST_SEEDS, SEEDS, key="duel-seeds", persist_state="session",
        help="Each seed is another training from the start: other first weights, another order. It takes 3 to say "
        "who is steadier, and says more of the frameworks and less of one lucky start.",
    )  # fmt: skip
    st.caption(story(preset))
    base = presets.preset(preset, framework=FRAMEWORKS[0], dataset=dataset, epochs=epochs)
    chosen = more(base)
    return Wish(chosen.recipe, seeds, chosen.compiled, chosen.target), chosen.why


def _search_first(wish: Wish) -> None:
    if st.button("Find families and start", f"search-{wish.recipe.dataset}", type="primary",
                 icon=":material/family_history:"):  # fmt: skip
        with errors_shown():
            wish.start_after_search()
            st.session_state[f"{OPENED}-close"] = True
            st.rerun()


def _started(wish: Wish | None) -> None:
    with errors_shown():
        if wish:
            st.query_params["duel"] = wish.start().id
            st.session_state[f"{OPENED}-close"] = True
            st.rerun()


def cost(wish: Wish) -> str:
    """Return in a sentence what a duel trains, and how long that takes, if epochs like these were timed before."""
    recipe = wish.recipe
    epochs = 4 * recipe.epochs * wish.seeds
    said = (f"{epochs:,} epochs, one at a time: {recipe.epochs:,} in each of two processes a framework, "
            f"{wish.seeds:,} time{'' if wish.seeds == 1 else 's'}.")  # fmt: skip
    if (recipe.epochs - 1) * wish.seeds < ROUNDS_NEEDED:
        said += (f" Too few for an answer on speed, which takes {ROUNDS_NEEDED} rounds; the first epoch of each seed "
                 "does not count.")  # fmt: skip
    both = _epoch_seconds(recipe)
    if both is None:
        return said
    return (
        f"{said} About {duration(BEFORE_SECONDS + 2 * both * recipe.epochs * wish.seeds)} by what was timed before."
    )


def _epoch_seconds(recipe: Recipe) -> float | None:
    """Return how long an epoch of both took, in seconds together, in the last duel or runs like it; None if none."""
    dataset = Dataset.open(recipe.dataset)
    for duel in all_duels():
        with suppress(DigitsError):  # a damaged one is named elsewhere
            if duel.spec["fingerprint"] == dataset.fingerprint and _alike(duel.recipe("pytorch"), recipe):
                return float(sum(duel.result()["epoch_seconds"].values()))
    found: dict[str, float] = {}
    for run in runs_on(dataset):
        if run.job.state == "finished" and run.tuning is None and _alike(run.recipe, recipe):
            found.setdefault(run.recipe.framework, fmean(run.result()["epoch_seconds"]))
    return sum(found.values()) if len(found) == len(FRAMEWORKS) else None


def _alike(one: Recipe, other: Recipe) -> bool:
    """Tell whether an epoch of both is about the same work."""
    return all(getattr(one, name) == getattr(other, name) for name in ("batch", "network", "pixels", "dtype"))


def fair(run: Run) -> Wish:
    """Return the fair duel of a run's recipe: one formula, the split that is honest, each compiled as usual.

    It has as many epochs as the run, and no fewer than an answer on speed takes. Of a run that was tuned on drawings
    it is that of the recipe by which it was trained before.

    Raises `NotFoundError` if its data set is gone.
    """
    dataset = run.dataset()
    epochs = max(1 + -(-ROUNDS_NEEDED // SEEDS), run.first_recipe.epochs)
    same = presets.reference(run.first_recipe).changed(
        epochs=epochs, compilation="usual", threads=cores(), dataset=dataset.name
    )
    if families_of(dataset) is None:
        return Wish(same.changed(split="family", test_share=Recipe.test_share))
    return Wish(honest(same)[0])


def fight(wish: Wish) -> None:
    """Start `wish`, its families first where they are unknown, and go to the page that shows it."""
    query = {}
    if wish.recipe.split == "family" and families_of(Dataset.open(wish.recipe.dataset)) is None:
        wish.start_after_search()
    else:
        query["duel"] = wish.start().id
    st.switch_page("pages/duel.py", query_params=query)
