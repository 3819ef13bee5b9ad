"""How sure the models may be: what unsure and far mean for each of them, and whether their confidence is deserved."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from digits import figures
from digits.evaluation.calibration import reliability
from digits.evaluation.certainty import NO_VALIDATION, OLD
from digits.evaluation.distance import FARTHEST
from digits.files import Json
from digits.prediction import Prediction
from digits.settings import FRAMEWORK_NAMES
from digits.training.knowledge import FILE, Knowledge
from digits.training.run import Run
from ui.drawing.drawn import Drawn
from ui.frame import count, errors_shown, percent, plain

HEIGHT = 320
MEANING = (
    "**Far** is a drawing that is like nothing in training: its last hidden layer and its ink lie farther from the "
    "nearest training images, or its answer's logit is smaller, than those of 99 of 100 validation digits. "
    "**Unsure** is an answer that is less probable than nearly any validation digit's. Both limits come from "
    "validation digits alone, which the model was not trained on."
)
CALIBRATED = (
    "Probabilities are calibrated: logits are divided by a temperature that fits the validation digits best (Guo and "
    "others 2017). No answer changes by it. Answers to test images are put into 15 groups of like confidence; a "
    "larger mark is more images. On the dashed line, a model that says 90 % is right 90 times of 100."
)


def show_certainty(chosen: list[Run], drawing: Drawn | None, said: Mapping[str, Prediction]) -> None:
    """Show what unsure means for `chosen`, how calibrated they are, and what they `said`, by id, of the drawing."""
    st.markdown(MEANING)
    for run in chosen:
        with errors_shown():
            st.markdown(f"**{plain(run.title)}.** {about(run)}")
            if drawing is not None and run.id in said:
                st.markdown(of_drawing(said[run.id]))
    with errors_shown():
        _show_reliability(chosen)


def about(run: Run) -> str:
    """Return in words what `run` knows of its own certainty. Raises `IntegrityError` if that is damaged."""
    found = Knowledge.read(run.folder / FILE)
    if found is None or found.scale is None:
        return f"It cannot say when it is unsure. {OLD if found is None else NO_VALIDATION}"
    logits, labels, heat = found.validation_logits, found.validation_labels, found.told["temperature"]
    before, after = (reliability(one, labels) for one in (logits, logits / heat))
    seen = count(len(found.rows), "training image")
    varied = f", each in {len(found.ink) // len(found.rows)} variants" if len(found.ink) > len(found.rows) else ""
    return (
        f"Its limits come from {count(len(labels), 'validation digit')}, and it measures from {seen}{varied}. It is "
        f"unsure below {percent(found.told['unsure'])}. Its temperature is {heat:.2f}; the expected calibration "
        f"error on these digits, {points(before)} points before, is {points(after)} after."
    )


def of_drawing(said: Prediction) -> str:
    """Return in words how far the drawing is, and how sure the answer to it."""
    if said.distance is None:
        return f"Your drawing: {percent(float(said.probabilities.max()))} sure, as the network itself says."
    far = "nothing is drawn" if said.distance >= FARTHEST else f"{said.distance:.2f} of the way to the limit"
    word = "far" if said.far else "unsure" if said.unsure else "neither far nor unsure"
    return f"Your drawing: {far}, {percent(float(said.probabilities.max()))} sure, so **{word}**."


def points(found: Json) -> str:
    """Return a calibration error in percentage points."""
    return f"{100 * found['error']:.2f}"


def _show_reliability(chosen: list[Run]) -> None:
    """Show the reliability diagrams of test images, before and after the temperature."""
    both = {run.recipe.framework: found for run in chosen if (found := _of_test(run))}
    if not both:
        return
    st.caption(CALIBRATED)
    titles = ("As the networks say it", "Calibrated by the temperature")
    for number, (column, title) in enumerate(zip(st.columns(2), titles, strict=True)):
        found = {framework: pair[number] for framework, pair in both.items()}
        with column:
            errors = ", ".join(f"{FRAMEWORK_NAMES[name]} {points(one)}" for name, one in found.items())
            st.markdown(f"**{title}**")
            st.echarts_chart(figures.reliability_diagram(found), height=HEIGHT, key=f"reliability-{number}",
                             alt=figures.reliability_words(found))  # fmt: skip
            st.caption(f"Expected calibration error in points, on test images: {errors}.")


def _of_test(run: Run) -> tuple[Json, Json] | None:
    """Return the reliability of the answers to test images before and after; None for a run without temperature."""
    path = run.folder / FILE
    return _reliability(run.id, path.stat().st_mtime_ns, run) if path.exists() else None


@st.cache_data(max_entries=16, show_spinner=False)
def _reliability(id: str, written: int, _run: Run) -> tuple[Json, Json] | None:
    found = Knowledge.read(_run.folder / FILE)
    heat = found.told["temperature"] if found else None
    if heat is None:
        return None
    logits, labels = _run.evaluation("logits"), _run.evaluation("labels")
    return reliability(logits, labels), reliability(logits / heat, labels)
