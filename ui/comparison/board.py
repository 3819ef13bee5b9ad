"""The cross-data board: every chosen run against every data set of the lab."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from digits import figures
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import evaluations
from digits.errors import DigitsError
from digits.evaluation.kept import is_own, reading
from digits.files import Json
from digits.job import LIVE
from digits.training.leak import leak_of
from digits.training.run import Run
from ui.claims.steps import evaluate_all
from ui.frame import errors_shown
from ui.leak import share
from ui.live import live

SECONDS = 1.0  # between two looks while something is evaluated
WORDS = (
    "Share of the images read right. Framed: the test part of the data set that the run was trained on; it is "
    "*honest* if it was split by family, and ⚠ says how much of it leaks. Any other cell is a whole data set that "
    "the run never saw, in the frame and the pixels of the run: other people's digits; ⚠ says where images that it "
    "learnt were left out, or where nobody can say what it has seen, because its own data set is gone."
)


def show_board(runs: list[Run], opened: bool) -> None:
    """Show the finished `runs` against all data sets; look again while cells are filled."""
    if not opened:
        return
    if not runs:
        st.caption("None of the chosen runs is finished. What they read stands here as soon as one is.")
        return
    at_work = any(job.state in LIVE for job in evaluations.recent())
    live(_look, runs, at_work, every=SECONDS if at_work else None)


def _look(runs: list[Run], was_live: bool) -> None:
    with errors_shown():
        there = datasets()
        st.html(figures.board([one.name for one in there], rows(runs, there)))
        st.caption(WORDS)
        evaluate_all(runs, there, key="board")
        if len(there) < 2:
            st.page_link("pages/dataset.py", label="Add another data set: other people's digits",
                         icon=":material/add:")  # fmt: skip
        if was_live and not any(job.state in LIVE for job in evaluations.recent()):
            st.rerun(scope="app")


def datasets() -> list[Dataset]:
    """Return the data sets of the lab that can be opened, by name."""
    found = []
    for name in dataset_names():
        with suppress(DigitsError):  # the page Dataset says what is wrong with it
            found.append(Dataset.open(name))
    return found


def rows(runs: list[Run], there: list[Dataset]) -> list[Json]:
    """Return a row a run, with a cell a data set, as `figures.board` takes them."""
    return [{"name": f"{run.title} ({run.id[:6]}), on {run.recipe.dataset}",
             "cells": [cell(run, dataset) for dataset in there]} for run in runs]  # fmt: skip


def cell(run: Run, dataset: Dataset) -> Json:
    """Return one cell: the accuracy of a run on a data set, None until it is known, and what is to be said of it."""
    own = is_own(run, dataset)
    try:
        found = reading(run, dataset)
    except DigitsError:  # it was damaged, or deleted, while the board was on show
        return {"accuracy": None, "note": "damaged", "own": own}
    if found is None:
        return {"accuracy": None, "note": "not evaluated", "own": False}
    return {"accuracy": found["accuracy"], "note": _own(run) if own else _seen(found), "own": own}


def _own(run: Run) -> str:
    leak = leak_of(run)
    if leak:
        return f"⚠ leak {share(leak)}"
    if leak is None:
        return "leak unknown"
    return "honest" if run.recipe.split == "family" else "no leak"


def _seen(found: Json) -> str:
    """Return a word on a data set that holds images of the training, which were left out, or may hold some."""
    if found.get("seen") is None:
        return "⚠ seen or not: nobody can say"
    return f"⚠ {found['seen']:,} learnt, left out" if found["seen"] else ""
