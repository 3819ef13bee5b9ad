"""Where on the canvas is it read? The drawing is moved over a grid of places, and read at each of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import settings
from digits.figures.positions import positions
from digits.images.frame import frame
from digits.prediction import Prediction
from digits.training.run import Run
from ui.drawing.drawn import Drawn
from ui.frame import count, errors_shown, percent
from ui.readers import predictor

GRID = 9  # positions across, and down
HEIGHT = 260
EXPLAINED = {
    "as-drawn": "It sees the canvas shrunk as it is, and what it was trained on mostly stood in the middle: "
    "elsewhere the answer is soon another.",
    "centred": "It sees the drawing in the middle wherever it stands, so the place makes no difference.",
    "even": "It sees the drawing in the middle and with one pen wherever it stands: the place makes no difference.",
}


def show_position(chosen: list[Run], drawing: Drawn | None, said: Mapping[str, Prediction]) -> None:
    """Show a heat map for each of the chosen runs: how probable what it `said`, by id, is as the drawing moves."""
    st.caption(
        f"Your drawing, moved to {GRID} × {GRID} places from edge to edge of the canvas. A cell's number is the "
        "answer there, its colour how probable the answer given above still is: full colour is certain, pale is lost."
    )
    if drawing is None:
        st.caption("Draw a digit first.")
        return
    for column, run in zip(st.columns(max(len(chosen), 2)), chosen, strict=False):
        with column, errors_shown(), st.skeleton(height=HEIGHT):
            if run.id in said:
                _show(run, said[run.id].digit, _read(run.id, run.recipe.framework, run.recipe.frame, drawing.ink))


def _show(run: Run, answer: int, shares: NDArray[np.float64]) -> None:
    """Show the map of one run, which gave this `answer`: its probabilities are (GRID, GRID, 10)."""
    name, answers, kept = settings.FRAMEWORK_NAMES[run.recipe.framework], shares.argmax(axis=2), shares[..., answer]
    same = int((answers == answer).sum())
    words = f"{name} says {answer} at {same} of {count(answers.size, 'place')}, with {percent(float(kept.mean()))}"
    st.markdown(f"{words} on average.")
    st.echarts_chart(positions(kept, answers, run.recipe.framework), height=HEIGHT, alt=words,
                     key=f"positions-{run.recipe.framework}")  # fmt: skip
    st.caption(EXPLAINED[run.recipe.frame])


@st.cache_data(max_entries=64, show_spinner=False)
def _read(id: str, framework: str, how: str, ink: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return a run's probabilities of the drawing at every place, (GRID, GRID, 10)."""
    inks = np.stack([frame(place, how) for place in moved(ink)])
    said = predictor(framework).predict_all(id, inks)
    return np.stack([one.probabilities for one in said]).reshape(GRID, GRID, 10)


def moved(ink: NDArray[np.uint8], grid: int = GRID) -> list[NDArray[np.uint8]]:
    """Return the ink (h, w) moved to `grid` × `grid` places, row by row; all of it stays inside."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = np.subtract(ink.shape, box.shape)
    tops, lefts = (np.linspace(0, most, grid).round().astype(int) for most in room)
    places = []
    for top in tops:
        for left in lefts:
            place = np.zeros_like(ink)
            place[top : top + box.shape[0], left : left + box.shape[1]] = box
            places.append(place)
    return places
