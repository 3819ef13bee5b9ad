"""Draw: does it read mine?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import streamlit as st

from digits import figures, settings
from digits.errors import DigitsError
from digits.images.frame import frame
from digits.images.strokes import CANVAS_SIDE
from digits.prediction import Prediction
from digits.training.run import Run, all_runs
from ui.boxes import run_box
from ui.canvas import canvas
from ui.frame import page, percent, plain
from ui.leak import short_mark
from ui.pictures import edged, tiles
from ui.readers import best_runs, finished_runs, predictor, prepare
from ui.settings import HELP


def main() -> None:
    """Draw the page."""
    page("Draw", "Does it read mine? Draw a digit: both models answer when you lift the pen.")
    runs = {framework: finished_runs(framework) for framework in settings.FRAMEWORKS}
    if not any(runs.values()):
        st.markdown("No model is trained yet, so nobody can read.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    chosen = choose(runs)
    for run in chosen:
        prepare(run)
    st.fragment(read)(chosen)


def choose(runs: dict[str, list[Run]]) -> list[Run]:
    """Ask which run of each framework answers; by default its best on the data set that was trained on last."""
    chosen: list[Run] = []
    best = best_runs(all_runs())
    for column, (framework, mine) in zip(st.columns(len(runs)), runs.items(), strict=True):
        titles = {run.id: f"{run.title} · {run.dataset_name} ({run.id[:6]}){short_mark(run)}" for run in mine}
        label = f"{settings.FRAMEWORK_NAMES[framework]} answers with"
        if mine:
            usual = next((run.id for run in best if run in mine), None)
            id = run_box(column, label, titles, key=framework, usual=usual)
            chosen += [run for run in mine if run.id == id]
        else:
            column.selectbox(label, ["no run is finished yet"], disabled=True)
    if chosen == best:
        st.caption(f"The best of each framework on the test images of {plain(best[0].dataset_name)}.")
    return chosen


def read(chosen: list[Run]) -> None:
    """Show the canvas, what the models see, and what they answer."""
    row = st.container(horizontal=True, gap="medium")  # on a phone it breaks where it must
    with row.container(width=CANVAS_SIDE + 8):
        drawn = canvas("draw")
    ink = drawn.ink if drawn else None
    seen = {run.id: frame(ink, run.recipe.frame) if ink is not None else None for run in chosen}
    with row.container(width=116):
        show_seen(chosen, seen)
    right = row.container(width="stretch")
    if ink is None:
        right.caption("Draw a digit from 0 to 9, large, with mouse, pen or finger.")
        return
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda run: answer(run, seen[run.id]), chosen))
    right.caption("A network always answers: it has no way to say “none of these” yet.")
    for column, run, said in zip(right.columns(len(chosen)), chosen, answers, strict=True):
        with column:
            show_answer(run, said)


def show_seen(chosen: list[Run], seen: dict[str, np.ndarray | None]) -> None:
    """Show the 28×28 that each frame makes of the drawing."""
    for how in dict.fromkeys(run.recipe.frame for run in chosen):
        ink = next(seen[run.id] for run in chosen if run.recipe.frame == how)
        picture = tiles(np.zeros((1, 28, 28), np.uint8) if ink is None else ink[None], columns=1, scale=4)
        words = "Nothing is drawn yet" if ink is None else f"The drawing as the models see it: 28×28 pixels, {how}"
        st.image(edged(picture), alt=words)
        st.caption(f"What they see, 28×28, {how}", help=HELP["frame"])


def answer(run: Run, ink: np.ndarray) -> Prediction | str:
    """Return what the run says, or why it cannot."""
    try:
        return predictor(run.recipe.framework).predict(run.id, ink)
    except DigitsError as error:
        return str(error)


def show_answer(run: Run, said: Prediction | str) -> None:
    """Show one model's answer and its ten bars."""
    name = settings.FRAMEWORK_NAMES[run.recipe.framework]
    if isinstance(said, str):
        st.error(plain(said), icon=":material/error:")
        return
    share = percent(float(said.probabilities.max()))
    st.metric(f"{name} says", f"{said.digit}", help=f"{share} sure, in {said.milliseconds:.2f} ms")
    st.caption(f"{share} · {said.milliseconds:.2f} ms")
    words = f"{name}: {said.digit} with {share}"
    st.echarts_chart(figures.bars(said.probabilities, run.recipe.framework), height=220, alt=words,
                     key=f"bars-{run.recipe.framework}")  # fmt: skip


main()
