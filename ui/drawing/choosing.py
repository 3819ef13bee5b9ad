"""Who answers: a run of each framework, by default its best on the data set that was trained on last."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits import settings
from digits.training.run import Run
from ui.boxes import run_box
from ui.frame import plain
from ui.leak import short_mark
from ui.readers import prepare


def choose(runs: list[Run], places: list[Any], best: list[Run]) -> list[Run]:
    """Ask in `places`, one a framework, which of its finished `runs` answers; load those. Return them.

    By default they are those of `best`.
    """
    finished, chosen = [run for run in runs if run.job.state == "finished"], []
    for place, framework in zip(places, settings.FRAMEWORKS, strict=True):
        mine = {run.id: run for run in finished if run.recipe.framework == framework}
        label = f"{settings.FRAMEWORK_NAMES[framework]} answers with"
        if not mine:
            place.selectbox(label, ["no run is finished yet"], disabled=True)
            continue
        titles = {id: f"{run.title} · {run.dataset_name} ({id[:6]}){short_mark(run)}" for id, run in mine.items()}
        usual = next((run.id for run in best if run.id in mine), None)
        chosen.append(mine[run_box(place, label, titles, key=framework, usual=usual)])
    for run in chosen:
        prepare(run)
    return chosen


def whose(chosen: list[Run], best: list[Run]) -> None:
    """Say what the chosen runs are, where they are the usual ones."""
    if chosen and chosen == best:
        st.caption(f"The best of each framework on the test images of {plain(chosen[0].dataset_name)}.")
