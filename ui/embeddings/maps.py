"""The maps: drawn where they are not yet, shown side by side, and what was chosen on them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.embedding.maps import Drawn, drawn, open_map, result, start_map
from digits.embedding.recipe import MapRecipe
from digits.job import LIVE, Job
from digits.training.run import Run
from ui.digit_map import Pane, show_maps
from ui.embeddings.choose import Choice
from ui.embeddings.chosen import show_chosen
from ui.frame import duration, errors_shown, owner, plain

STYLE_WORDS = {
    "digits": ", drawn as the digit that the model answers",
    "dots": "; a cross is misread",
    "pictures": "",
}


def show(choice: Choice) -> None:
    """Open the maps of a choice and show them; while one is drawn, look twice a second."""
    recipes = [choice.recipe(run) for run in choice.runs]
    jobs = [open_map(recipe, owner=owner()) for recipe in recipes]
    live = any(job.state in LIVE for job in jobs)
    st.fragment(_watch, run_every=0.5 if live else None)(choice, recipes, jobs, live)


def _watch(choice: Choice, recipes: list[MapRecipe], jobs: list[Job], was_live: bool) -> None:
    with errors_shown():
        found = [drawn(job) for job in jobs]
        for job, recipe in dict(zip(jobs, recipes, strict=True)).items():
            _row(job, recipe, ready=drawn(job) is not None)
        ready = [one for one in found if one is not None]
        if len(ready) == len(jobs):
            _show(choice, jobs, ready)
        elif any(job.state in LIVE for job in jobs):
            st.skeleton(height=460)
    if was_live and not any(job.state in LIVE for job in jobs):
        st.rerun(scope="app")


def _row(job: Job, recipe: MapRecipe, *, ready: bool) -> None:
    """Show how far a map is, with a stop, or why it ended, with another start; nothing when it can be seen."""
    status = job.status()
    live = status["state"] in LIVE
    if ready and (live or status["state"] == "finished"):
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    if live:
        left.progress(_share(status), text=_words(status))
        if right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
            job.request_stop()
        return
    reason = f" · {plain(status['error'])}" if status.get("error") else ""
    left.markdown(f":material/error: The map is {status['state']}{reason}")
    if right.button("Draw again", key=f"again-{job.id}", icon=":material/refresh:", width="stretch"):
        start_map(recipe, owner=owner())
        st.rerun(scope="app")


def _share(status: dict) -> float:
    """Return how much of a map is done: the search is about a third, the layout the rest."""
    done = status["done"] / status["total"] if status.get("total") else 0.0
    return done / 3 if status.get("phase") == "finding neighbours" else (1 + 2 * done) / 3 if done else 0.0


def _words(status: dict) -> str:
    phase, done = str(status["phase"]), f"{status.get('done', 0):,} of {status.get('total', 0):,}"
    if phase == "laying out":
        return f"Laying out, epoch {done} · {duration(status.get('seconds_left'))} left"
    if phase == "finding neighbours":
        return f"Finding neighbours, {done} images"
    if phase == "starting UMAP":
        return "Starting UMAP: a few seconds, once"
    return "Waits for the map before it" if status["state"] == "queued" else phase.capitalize()


def _show(choice: Choice, jobs: list[Job], found: list[Drawn]) -> None:
    panes = [_pane(run, job, one) for run, job, one in zip(choice.runs, jobs, found, strict=True)]
    linked = all(np.array_equal(one.rows, found[0].rows) for one in found)
    chosen = show_maps(panes, linked=linked, key="maps", **choice.view)
    st.caption(_caption(panes, jobs, choice.view["style"]))
    if not linked:
        st.caption("The two runs were tested on other images, so each map shows its own.")
    number, members = chosen or (0, None)
    show_chosen(choice.runs[number], found[number], panes if linked else [panes[number]], members)


def _pane(run: Run, job: Job, found: Drawn) -> Pane:
    """Return the answers of `run` at the positions of a map, which may be another run's of the same images."""
    order = np.argsort(rows := run.evaluation("rows"))
    places = order[np.searchsorted(rows, found.rows, sorter=order).clip(max=len(rows) - 1)]
    if not np.array_equal(rows[places], found.rows):
        places = found.places[:0]
    answers, labels = run.evaluation("logits").argmax(axis=1)[places], run.evaluation("labels")[places]
    return Pane(run.title, run.recipe.framework, found.positions[: len(places)], answers, labels,
                (job.folder / "sheet.png").read_bytes())  # fmt: skip


def _caption(panes: list[Pane], jobs: list[Job], style: str) -> str:
    """Say in words what the maps show."""
    first, *_ = panes
    text = f"{len(first.labels):,} test images, each where UMAP puts it{STYLE_WORDS[style]}. "
    for pane in panes:
        text += f"{plain(pane.title)} misreads {int((pane.answers != pane.labels).sum()):,}. "
    told = [told for job in dict.fromkeys(jobs) if (told := result(job))]
    if told:
        seconds = " and ".join(f"{one['seconds']:.1f} s" for one in told)
        judged = " and ".join(f"{one['trustworthiness']:.3f}" for one in told)
        text += (
            f"Drawn in {seconds}; trustworthiness {judged}: how far neighbours are neighbours in truth, at most 1."
        )
    return text
