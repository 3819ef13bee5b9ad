"""How your hand differs from the training data, and which of your digits each model gets wrong."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import figures, settings
from digits.drawings import Kept
from digits.errors import DigitsError
from digits.images.frame import frame
from digits.images.hand import MEASURES, measure
from digits.images.ink import to_ink
from digits.training.run import Run
from ui.datasets.side_by_side import legend
from ui.drawing.kept import Looked, look, shelf
from ui.frame import count, errors_shown, plain
from ui.readers import predictor

MINE = "Your drawings"
OFTEN = 50  # after how many drawings a bar moves
SAMPLE, SHOWN, SEED = 3_000, 2_000, 42  # training images that are measured, and that are shown beside the drawings
MOST_MEASURED = 1_000  # drawings that are measured here, the newest: a few milliseconds each, once
MOST_READ = 500  # drawings that each model reads here, the newest
Measured = dict[str, NDArray[np.float32]]


class Training(NamedTuple):
    """What was measured of training images: their digits (n,), and each measure (n,)."""

    labels: NDArray[np.int64]
    measures: Measured


def show_hand(chosen: list[Run]) -> None:
    """Show how the drawings of the lab differ from what the chosen runs were trained on, and what these misread."""
    with errors_shown():
        kept = shelf().drawings
        found = _looked(kept[:MOST_MEASURED])
        if not found:
            st.caption("Keep some drawings, and here is how your hand differs from the training data.")
            return
        if len(kept) > MOST_MEASURED:
            st.caption(f"Of {count(len(kept), 'drawing')}, the newest {MOST_MEASURED:,} are measured here.")
        _compare(found, chosen)
        if chosen:
            _misread(found[:MOST_READ], chosen)


def _looked(kept: list[Kept]) -> list[Looked]:
    """Return the drawings whose pictures can be read; say how far it is while many are new."""
    place = st.empty()

    def progress(done: int) -> None:
        if done % OFTEN == 0:
            place.progress(done / len(kept), text=f"Measuring your drawings, {done:,} of {len(kept):,}: done once")

    found, _ = look(kept, progress=progress)
    place.empty()
    return found


def _compare(found: list[Looked], chosen: list[Run]) -> None:
    """Show a small chart a measure: the drawings, and the training images of each data set of the chosen runs."""
    mine: Measured = {name: np.array([one.measures[name] for one in found], np.float32) for name in MEASURES}
    labels = np.array([one.kept.digit for one in found])
    each = {MINE: mine} | {
        name: {measure: values[rows] for measure, values in training.measures.items()}
        for name, training in _trainings(chosen).items()
        if len(rows := alike(training.labels, labels))
    }
    st.html(legend(list(each)))
    with st.container(horizontal=True, gap="medium"):
        for name, about in MEASURES.items():
            values = {one: measures[name] for one, measures in each.items()}
            with st.container(width=160, gap="xsmall"):  # two a row on a phone
                st.markdown(f"**{about.name}**")
                words = f"{about.name}. {figures.distribution_words(values, about.unit)}"
                option = figures.distributions(values, about.low, about.high, about.unit)
                st.echarts_chart(option, height=140, key=f"hand-{name}", alt=words)
                for other in list(each)[1:]:
                    said = figures.hand_words(mine[name], each[other][name], about)
                    st.caption(said if len(each) == 2 else f"{plain(other)}: {said}")
    few = " So few drawings say little yet." if len(found) < 20 else ""
    st.caption(f"Of {count(len(found), 'drawing')}, and of training images of the same digits in the same shares. "
               f"{_what_reaches(chosen)}{few}")  # fmt: skip


def _what_reaches(chosen: list[Run]) -> str:
    """Return what of a hand the chosen runs cannot see, as a sentence."""
    if not chosen or any(run.recipe.frame == "as-drawn" for run in chosen):
        return ""
    if all(run.recipe.frame == "even" for run in chosen):
        return "These models see each drawing at one size, with strokes of one width: neither can confuse them."
    return "These models see each drawing at one size: it cannot confuse them."


def alike(there: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return rows of `there` (n,) digits, some more than once, in the shares that digits have in `wanted` (m,).

    A 1 is slim whoever writes it: a person's ones are compared with ones. Digits that are not `there` are left out.
    """
    generator, rows = np.random.default_rng(SEED), [np.empty(0, np.int64)]
    for digit, times in zip(*np.unique(wanted, return_counts=True), strict=True):
        candidates = np.flatnonzero(there == digit)
        if len(candidates):
            rows.append(generator.choice(candidates, round(SHOWN * int(times) / len(wanted)) or 1))
    return np.concatenate(rows)


def _trainings(chosen: list[Run]) -> dict[str, Training]:
    """Return what was measured of the training images of each data set of `chosen`, by its name; say what is gone."""
    found: dict[str, Training] = {}
    for run in chosen:
        try:
            name = run.dataset_name
            found[name] = found.get(name) or _training(str(settings.home()), run.id, run)
        except DigitsError as error:
            st.caption(f":material/warning: {plain(run.title)}: {plain(error)}")
    return found


@st.cache_resource(max_entries=16, show_spinner="Measuring the training images: this is done once")
def _training(home: str, id: str, _run: Run) -> Training:
    """Measure at most 3,000 of the images that a run was trained on, drawn by a seed."""
    dataset, rows = _run.dataset(), _run.split().train
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, SAMPLE, replace=False))
    return Training(dataset.labels[rows], measure(to_ink(dataset.images[rows])))


def _misread(found: list[Looked], chosen: list[Run]) -> None:
    """Show which digits each model gets wrong, from reading the drawings now."""
    answers: dict[str, NDArray[np.int64]] = {}
    with st.spinner("The models read your drawings"):
        for run in chosen:
            try:
                answers[run.title] = _read(run, found)
            except DigitsError as error:
                st.error(plain(f"{run.title}: {error}"), icon=":material/error:")
    if not answers:
        return
    labels = np.array([one.kept.digit for one in found])
    rows = figures.mistakes(labels, answers)
    st.html(figures.table(["Digit", *answers], rows, "Which of your digits each model gets wrong"))
    right = [f"{plain(title)} reads {int((said == labels).sum()):,}" for title, said in answers.items()]
    st.caption(f"Read now: of {count(len(found), 'drawing')}, {' and '.join(right)} rightly.")


def _read(run: Run, found: list[Looked]) -> NDArray[np.int64]:
    """Return what a run says of each drawing (n,); what it said before is remembered. Raises `DigitsError`."""
    memory, worker = _memory(str(settings.home()), run.id), predictor(run.recipe.framework)
    for one in found:
        if one.kept.picture not in memory:
            how = run.recipe.frame
            ink = one.image if how == "centred" else frame(one.kept.ink(), how)
            memory[one.kept.picture] = worker.predict(run.id, ink).digit
    return np.array([memory[one.kept.picture] for one in found])


@st.cache_resource(max_entries=16, show_spinner=False)
def _memory(home: str, run: str) -> dict[str, int]:
    """Return what a run said of each picture, by its SHA-256."""
    return {}
