"""Who reads: one warm worker a framework, which the whole server shares, and the runs that it may load."""

from __future__ import annotations

import threading
from contextlib import suppress

import streamlit as st

from digits import settings
from digits.errors import DigitsError
from digits.prediction import Predictor
from digits.training.run import Run, readable_runs
from ui.frame import plain


@st.cache_resource
def predictor(framework: str) -> Predictor:
    """Return the framework's worker, shared by all sessions."""
    return Predictor(framework)


def prepare(run: Run) -> None:
    """Load a run in the background, before the first stroke; what goes wrong is said with the answer."""
    worker = predictor(run.recipe.framework)
    if not worker.is_warm(run.id):
        threading.Thread(target=_warm, args=(worker, run.id), daemon=True).start()


def _warm(worker: Predictor, id: str) -> None:
    with suppress(DigitsError):
        worker.warm(id)


def finished_runs(framework: str) -> list[Run]:
    """Return the framework's finished runs, newest first."""
    return [run for run in readable_runs() if run.recipe.framework == framework and run.job.state == "finished"]


def left_out(damaged: list[str]) -> None:
    """Say which runs cannot be read, and why (`digits.training.run.sound`)."""
    for wrong in damaged:
        st.caption(f":material/warning: Left out: {plain(wrong)}")


def best_runs(runs: list[Run]) -> list[Run]:
    """Return the best finished run of each framework on the data set that was trained on last.

    One that was tuned on somebody's drawings is for that person to choose, unless there are no others.
    """
    there = [run for run in runs if run.job.state == "finished"]
    finished = [run for run in there if run.tuning is None] or there
    if not finished:
        return []
    last = [run for run in finished if run.spec["fingerprint"] == finished[0].spec["fingerprint"]]
    return [
        max(mine, key=lambda run: run.result()["test_accuracy"])
        for framework in settings.FRAMEWORKS
        if (mine := [run for run in last if run.recipe.framework == framework])
    ]
