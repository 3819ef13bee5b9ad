"""A duel at work: whose epoch it is, how long it goes on, and what is known so far."""

from __future__ import annotations

from contextlib import suppress
from statistics import fmean

import streamlit as st

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.engine.following import wanted_after
from digits.errors import NotFoundError
from digits.files import Json
from digits.job import LIVE
from digits.settings import FRAMEWORKS
from digits.training.duel import Duel
from digits.training.turns import timed
from ui.datasets.families import search_row
from ui.duels.accuracy import draw_race
from ui.duels.begin import Wish
from ui.duels.times import draw_ratios
from ui.frame import duration, errors_shown, plain
from ui.jobs import ICONS
from ui.live import live
from ui.queue import place

SECONDS = 2.0  # between two looks
DRAWN_SECONDS = 10.0  # between two drawings: they take the very cores on which epochs are timed


def searching() -> None:
    """Show the searches for families after which a duel starts, and the last of them if it failed."""
    for number, job in enumerate(jobs.all_jobs("searches")):
        with errors_shown():
            spec, status = job.spec(), job.status()
            if not any("duel" in wanted for wanted in wanted_after(job)):
                continue
            if status["state"] in LIVE:
                st.markdown(f"The families of {plain(spec['dataset'])} are looked for; then the duel starts.")
                search_row(Dataset.of(spec["dataset"], spec["fingerprint"]))
            elif not number and status["state"] != "finished":
                reason = plain(status.get("error") or "its process died")
                st.warning(f"A duel was to follow the search for families of {plain(spec['dataset'])}, which "
                           f"{status['state']}: {reason}", icon=":material/warning:")  # fmt: skip


def watch(duel: Duel) -> None:
    """Show a duel that waits or fights; draw the page anew when it has ended."""
    live(_look, duel, every=SECONDS)
    live(_draw, duel, every=DRAWN_SECONDS)


def _look(duel: Duel) -> None:
    with errors_shown():
        status = duel.status
        if status["state"] not in LIVE:
            st.rerun(scope="app")
        _row(duel, status)


def _draw(duel: Duel) -> None:
    with errors_shown():
        so_far(duel)


def _row(duel: Duel, status: Json) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    done, total = status.get("done", 0), status.get("total", 0)
    asked = (duel.folder / "stop").exists()
    said = f"**{plain(duel.title)}** · {_phase(duel, status, asked)}"
    if status.get("seconds_left") is not None and not asked:
        said += f" · {done:,} of {total:,} epochs · **{duration(status['seconds_left'])}** left"
    left.progress(min(1.0, done / total) if total else 0.0, text=said)
    right.button("Stop", key=f"stop-{duel.id}", icon=":material/stop:", width="stretch", disabled=asked,
                 on_click=_stop, args=(duel,))  # fmt: skip


def _stop(duel: Duel) -> None:
    with suppress(NotFoundError):  # it was deleted meanwhile
        duel.job.request_stop()


def _phase(duel: Duel, status: Json, asked: bool) -> str:
    if asked:
        return "stops after this epoch"
    return place(duel.job) or plain(status["phase"])


def so_far(duel: Duel) -> None:
    """Show what the turns so far tell: the curves of the last seed, and every ratio that counts."""
    turns = duel.turns()
    if not turns:
        st.caption("The curves and the ratios appear here as soon as the first epoch is trained.")
        return
    seed = turns[-1]["seed"]
    number, of = duel.seeds.index(seed) + 1, len(duel.seeds)
    mine = [turn for turn in turns if turn["seed"] == seed]
    st.caption(f"Accuracy on the test images, seed {number} of {of}. Each framework trains in two processes.")
    draw_race({name: [_means(mine, name, "accuracy", 0)] for name in FRAMEWORKS},
              {name: [_means(mine, name, "seconds", 1)] for name in FRAMEWORKS})  # fmt: skip
    counted = timed(turns)
    if counted:
        draw_ratios(counted)


def _means(turns: list[Json], framework: str, key: str, first: int) -> list[float]:
    """Return the mean of the framework's processes at each epoch from `first` on, as far as one has come."""
    of_epochs: dict[int, list[float]] = {}
    for turn in turns:
        if turn["framework"] == framework and turn["epoch"] >= first:
            of_epochs.setdefault(turn["epoch"], []).append(turn[key])
    return [fmean(of_epochs[epoch]) for epoch in sorted(of_epochs)]


def ended(duel: Duel) -> None:
    """Say how a duel ended that gave no result, show what it left, and offer to fight it again."""
    status = duel.status
    reason = plain(status.get("error") or ("its process died" if status["state"] == "interrupted" else ""))
    st.markdown(f":material/{ICONS.get(status['state'], 'help')}: **{plain(duel.title)}** · {status['state']}"
                + (f" · {reason}" if reason else "") + ". It gave no verdict.")  # fmt: skip
    if st.button("Start it again", key=f"again-{duel.id}", icon=":material/replay:"):
        st.query_params["duel"] = again(duel).start().id
        st.rerun()
    with errors_shown():
        so_far(duel)


def again(duel: Duel) -> Wish:
    """Return what asks for the same duel once more, on its data set as it is called now. Raises `NotFoundError`."""
    recipes = {name: duel.recipe(name) for name in FRAMEWORKS}
    compiled = tuple(name for name, recipe in recipes.items() if recipe.compilation == "compiler")
    recipe = recipes["pytorch"].changed(dataset=duel.dataset().name)
    return Wish(recipe, len(duel.seeds), compiled, float(duel.spec["target"]))
