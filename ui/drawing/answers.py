"""What both models say of a drawing, side by side: a digit, how sure, how long it took, and whether they agree."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from digits import figures, settings
from digits.errors import DigitsError
from digits.images.frame import frame
from digits.prediction import Prediction
from digits.training.run import Run
from ui.drawing.drawn import Drawn
from ui.drawing.words import HINT, caption, headline, meaning, verdict
from ui.frame import plain
from ui.readers import predictor

BARS_HEIGHT = 190
Said = Prediction | str  # or why there is no answer


class Places(NamedTuple):
    """Where on the page things go: the verdict, and a column for each framework's answer."""

    verdict: Any
    answers: list[Any]


def answer_places() -> Places:
    """Make the places where the page stands now."""
    return Places(st.container(key="verdict"), st.columns(len(settings.FRAMEWORKS)))


def show_answers(chosen: list[Run], drawing: Drawn | None, places: Places) -> dict[str, Prediction]:
    """Ask all at once, show what each says as soon as it has said it, then whether they agree.

    Returns what was said, by the run's id.
    """
    futures = ask(chosen, drawing) if drawing else {}
    said: dict[str, Said] = {}
    for column, framework in zip(places.answers, settings.FRAMEWORKS, strict=True):
        with column:
            if framework in futures:
                said[framework] = _waited_for(futures[framework])
            _show(framework, said.get(framework))
    answers = {name: one for name, one in said.items() if isinstance(one, Prediction)}
    places.verdict.markdown(verdict(answers) if drawing else HINT)
    return {run.id: answers[run.recipe.framework] for run in chosen if run.recipe.framework in answers}


def ask(chosen: list[Run], drawing: Drawn) -> dict[str, Future[Said]]:
    """Return what each run will say, by framework: both read at the same time."""
    pool = ThreadPoolExecutor()
    futures = {run.recipe.framework: pool.submit(_answer, run, drawing) for run in chosen}
    pool.shutdown(wait=False)
    return futures


def _answer(run: Run, drawing: Drawn) -> Said:
    try:
        return predictor(run.recipe.framework).predict(run.id, frame(drawing.ink, run.recipe.frame))
    except DigitsError as error:
        return str(error)


def _waited_for(future: Future[Said]) -> Said:
    """Return an answer; a model that is still being loaded takes seconds, and a place is kept for it."""
    if future.done():
        return future.result()
    with st.skeleton(height=BARS_HEIGHT):
        return future.result()


def _show(framework: str, said: Said | None) -> None:
    """Show one model's answer and its ten bars; empty ones while there is nothing to read."""
    name = settings.FRAMEWORK_NAMES[framework]
    with st.container(key=f"said-{framework}", gap="xsmall"):
        if isinstance(said, str):
            st.error(plain(said), icon=":material/error:")
        else:
            st.metric(f"{name} says", headline(said), help=meaning([said] if said else []))
            st.caption(caption(said))
    shares, words = np.zeros(10), f"{name} says nothing yet"
    if isinstance(said, Prediction):
        shares, words = said.probabilities, f"{name} says {headline(said)}: {caption(said)}"
    st.echarts_chart(figures.bars(shares, framework), height=BARS_HEIGHT, alt=words, key=f"bars-{framework}")
