"""The maps: drawn where they are not yet, shown side by side, and what was chosen on them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.embedding.maps import Drawn, draw_again, drawn, open_map, result
from digits.embedding.recipe import MapRecipe
from digits.errors import IntegrityError
from digits.files import Json
from digits.job import LIVE, Job
from digits.training.run import Run
from ui.digit_map import Pane, show_maps
from ui.embeddings.choose import Choice
from ui.embeddings.chosen import Places, show_chosen
from ui.frame import duration, errors_shown, owner, plain
from ui.live import live

STYLE_WORDS = {
    "digits": ", drawn as the digit that the model answers",
    "dots": "; a cross is misread",
    "pictures": "",
}


def show(choice: Choice) -> None:
    """Open the maps of a choice and show them; while one is drawn, look twice a second."""
    recipes = [choice.recipe(run) for run in choice.runs]
    jobs = [open_map(recipe, owner=owner()) for recipe in recipes]
    at_work = any(job.state in LIVE for job in jobs)
    live(_watch, choice, recipes, jobs, at_work, every=0.5 if at_work else None)


def _watch(choice: Choice, recipes: list[MapRecipe], jobs: list[Job], was_live: bool) -> None:
    with errors_shown():
        found = {job: _look(job, recipe) for job, recipe in dict(zip(jobs, recipes, strict=True)).items()}
        ready = [one for job in jobs if (one := found[job]) is not None]
        if len(ready) == len(jobs):
            _show(choice, jobs, ready)
        elif any(job.state in LIVE for job in jobs):
            st.skeleton(height=460)
    if was_live and not any(job.state in LIVE for job in jobs):
        st.rerun(scope="app")


def _look(job: Job, recipe: MapRecipe) -> Drawn | None:
    """Return what a map shows; until it can be seen whole, say how far it is, or why it ended."""
    status = job.status()
    try:
        found, wrong = drawn(job), ""
    except IntegrityError as error:
        found, wrong = None, str(error)
    if wrong:
        _ended(wrong, job, recipe)
    elif status["state"] in LIVE and found is None:
        _live(status, job)
    elif status["state"] not in (*LIVE, "finished"):
        reason = f": {status['error']}" if status.get("error") else ""
        _ended(f"The map is {status['state']}{reason}", job, recipe)
    return found


def _live(status: Json, job: Job) -> None:
    """Show how far a map is, with a stop."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.progress(_share(status), text=_words(status))
    if right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
        job.request_stop()


def _ended(words: str, job: Job, recipe: MapRecipe) -> None:
    """Say why there is no sound map, with another start."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.markdown(f":material/error: {plain(words)}")
    if right.button("Draw again", key=f"again-{job.id}", icon=":material/refresh:", width="stretch"):
        draw_again(recipe, owner=owner())
        st.rerun(scope="app")


def _share(status: Json) -> float:
    """Return how much of a map is done: the search is about a third, the layout the rest."""
    done = status["done"] / status["total"] if status.get("total") else 0.0
    return done / 3 if status.get("phase") == "finding neighbours" else (1 + 2 * done) / 3 if done else 0.0


def _words(status: Json) -> str:
    phase, done = str(status["phase"]), f"{status.get('done', 0):,} of {status.get('total', 0):,}"
    if phase == "laying out":
        return f"Laying out, epoch {done} · {duration(status.get('seconds_left'))} left"
    if phase == "finding neighbours":
        return f"Finding neighbours, {done} images"
    if phase == "starting UMAP":
        return "Starting UMAP: a few seconds, once"
    return "Waits for the map before it" if status["state"] == "queued" else phase.capitalize()


def _show(choice: Choice, jobs: list[Job], found: list[Drawn]) -> None:
    seen: list[tuple[Run, Drawn, Pane]] = []
    for run, job, one in zip(choice.runs, jobs, found, strict=True):
        places = places_of(run, choice.source(run), one)
        if places is None:
            st.caption(f"{plain(run.title)} was not tested on these images, so it has no answers to them.")
        else:
            seen.append((run, one, _pane(run, job, one, places)))
    panes = [pane for _, _, pane in seen]
    linked = all(run.spec["fingerprint"] == seen[0][0].spec["fingerprint"]
                 and np.array_equal(one.rows, seen[0][1].rows) for run, one, _ in seen)  # fmt: skip
    chosen = show_maps(panes, linked=linked, key="maps", **choice.view)
    st.caption(_caption(panes, jobs, choice.view["style"]))
    if not linked:
        st.caption("The two runs were tested on other images, so each map shows its own.")
    number, members = chosen or (0, None)
    run, one, pane = seen[number]
    show_chosen(run, one, panes if linked else [pane], members)


def places_of(run: Run, source: Run, found: Drawn) -> Places | None:
    """Return where the images of a map of `source` are in the test part of `run`; None if they are not all there."""
    if run.spec["fingerprint"] != source.spec["fingerprint"]:
        return None
    order = np.argsort(rows := run.evaluation("rows"))
    places = order[np.searchsorted(rows, found.rows, sorter=order).clip(max=len(rows) - 1)]
    return places if np.array_equal(rows[places], found.rows) else None


def _pane(run: Run, job: Job, found: Drawn, places: Places) -> Pane:
    """Return the answers of `run` to the images at `places` of its test part, at the positions of a map."""
    answers, labels = run.evaluation("logits").argmax(axis=1)[places], run.evaluation("labels")[places]
    return Pane(run.title, run.recipe.framework, found.positions, answers, labels,
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
