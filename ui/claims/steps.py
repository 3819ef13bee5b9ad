"""What is missing in the chart, and a button or link that does it; what is at it, with a bar and a stop."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.split import families_hash
from digits.engine import evaluations, local
from digits.engine.families import searches_of, start_search
from digits.errors import DigitsError
from digits.evaluation.honest import Honesty
from digits.job import LIVE, Job
from digits.training.presets import title
from digits.training.recipe import Recipe
from digits.training.run import Run
from ui.frame import duration, owner, plain


def next_steps(found: Honesty, dataset: Dataset, others: list[Dataset], runs: list[Run]) -> None:
    """Offer what the chart of `dataset` still lacks, one step after the other."""
    searches = [job for job in searches_of(dataset) if job.state in LIVE]
    for job in searches:
        job_row(job, "Looking for families")
    if not searches and families_hash(dataset) is None:
        _find(dataset)
    elif not searches and not found.whole:
        _folds(found, dataset, runs)
    if not others:
        st.page_link("pages/dataset.py", label="Add another data set: other people's digits", icon=":material/add:")
    else:
        _evaluate(found, others, runs)


def _find(dataset: Dataset) -> None:
    if st.button(f"Find the copies in {plain(dataset.name)}", icon=":material/family_history:", type="primary",
                 key=f"find-{dataset.name}", help="Which images are copies of one drawing: a minute or two for "
                 "100,000 images.") and _begin(lambda: start_search(dataset, owner=owner())):  # fmt: skip
        st.rerun()


def _folds(found: Honesty, dataset: Dataset, runs: list[Run]) -> None:
    """Offer to train the folds that are missing; those at work are counted out."""
    wanted = [found.fold(name, fold, dataset.name) for name, folds in found.missing.items() for fold in folds]
    known = families_hash(dataset)
    busy = {run.recipe.changed(dataset=dataset.name) for run in runs if run.job.state in LIVE
            and run.learnt_from == (dataset.fingerprint, known, None)}  # fmt: skip
    left = [recipe for recipe in wanted if recipe not in busy]
    if busy & set(wanted):
        st.caption(
            f":material/hourglass: {len(busy & set(wanted))} of {2 * found.folds} folds are in training or wait."
        )
    if left and st.button(f"Train the folds by family ({len(left)} runs)", icon=":material/call_split:",
                          type="primary", key=f"folds-{dataset.name}",
                          help=f"{title(found.recipe)}, in both frameworks, one after the other.") and _begin(
        lambda: list(map(_start, left))
    ):  # fmt: skip
        st.rerun()


def _start(recipe: Recipe) -> Run:
    """Start a fold, or go on with the one that ended early."""
    run = local.start_training(recipe, owner=owner())
    if run.job.state in ("stopped", "interrupted", "failed"):
        local.resume(run, owner=owner())
    return run


def _evaluate(found: Honesty, others: list[Dataset], runs: list[Run]) -> None:
    wanted = set(found.readers())
    evaluate_all([run for run in runs if run.id in wanted], others, key="claims")


def evaluate_all(runs: list[Run], datasets: list[Dataset], *, key: str) -> None:
    """Offer to evaluate finished `runs` on those of `datasets` that they did not read yet; show what is at it."""
    missing = evaluations.missing(runs, datasets)
    live = False
    for job in evaluations.recent():
        if missing or job.state in LIVE:  # why one ended matters as long as something is missing
            live = job_row(job, "Reading other data sets") or live
    if missing and not live:
        images = sum(int(dataset.report["images"]) for _, dataset in missing)
        label = f"Evaluate all ({len(missing)} missing)"
        if st.button(label, icon=":material/fact_check:", key=f"evaluate-{key}",
                     help=f"{images:,} images are read, each by the framework of its run.") and _begin(
            lambda: evaluations.start_evaluations(missing, owner=owner())
        ):  # fmt: skip
            st.rerun()


def _begin(start: Callable[[], object]) -> bool:
    """Do what was clicked; False if it could not be done, which is then said."""
    try:
        start()
    except DigitsError as error:
        st.error(plain(error), icon=":material/error:")
        return False
    return True


def job_row(job: Job, title: str) -> bool:
    """Show a job with its bar, the time left and a stop, or why it ended; return whether it is at work."""
    status = job.status()
    if status["state"] not in LIVE:
        reason = f": {plain(status['error'])}" if status.get("error") else ""
        st.markdown(f":material/error: {title} {status['state']}{reason}")
        return False
    left, right = st.columns([5, 1], vertical_alignment="center")
    done, total = status.get("done", 0), status.get("total", 0)
    words = "waits for its turn" if status["phase"] == "waiting" else plain(status["phase"])
    if total:
        words += f" · {done:,} of {total:,} images · {duration(status.get('seconds_left'))} left"
    left.progress(min(1.0, done / total) if total else 0.0, text=f"**{title}** · {words}")
    if right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
        job.request_stop()
    return True
