"""Why each model answers as it does: the ink that spoke for its answer and against it, and what is like it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.attribution import Attribution
from digits.errors import DigitsError
from digits.figures import palette
from digits.images.frame import frame
from digits.prediction import Prediction
from digits.settings import FRAMEWORK_NAMES
from digits.training import taught
from digits.training.framed import framed_ink
from digits.training.run import Run
from ui.datasets.reading import index
from ui.datasets.strips import strip
from ui.drawing.drawn import Drawn
from ui.frame import errors_shown, percent, plain
from ui.pictures import address, edged
from ui.readers import predictor

SCALE, PAPER, FAINT = 8, 255, 0.12  # of a pixel; what the ink under the colours keeps of its darkness
FOR, AGAINST = palette.RIGHT, palette.WRONG
METHOD = (
    "Integrated gradients (Sundararajan, Taly and Yan 2017), by the model's own framework: the slope of the answer's "
    "logit at every pixel, averaged from blank paper to your drawing, times the ink. All pixels together must make "
    "up what the drawing changed in that logit; by how much they miss it is said."
)


def show_why(chosen: list[Run], drawing: Drawn | None, said: Mapping[str, Prediction]) -> None:
    """Show beside each other why each of `chosen` answered the drawing as it `said`, by the run's id."""
    if drawing is None:
        st.caption("Draw a digit, and here is which ink spoke for each answer, and which training images it is like.")
        return
    st.markdown(f"{_key(FOR)} spoke for the answer · {_key(AGAINST)} spoke against it", unsafe_allow_html=True,
                help=METHOD)  # fmt: skip
    for column, run in zip(st.columns(max(len(chosen), 2)), chosen, strict=False):
        with column, errors_shown():
            if run.id in said:
                _show(run, frame(drawing.ink, run.recipe.frame), said[run.id])


def _key(colour: str) -> str:
    return f'<span style="display: inline-block; width: .8em; height: .8em; background: {colour}"></span>'


def _show(run: Run, ink: NDArray[np.uint8], said: Prediction) -> None:
    found = _why(run.id, run.recipe.framework, ink, said.digit)
    words = sentence(found, FRAMEWORK_NAMES[run.recipe.framework])
    st.image(address(edged(picture(ink, found.ink))), alt=words)
    st.markdown(words)
    show_nearest(run, said.nearest)


@st.cache_data(max_entries=32, show_spinner=False)
def _why(id: str, framework: str, ink: NDArray[np.uint8], digit: int) -> Attribution:
    return predictor(framework).why(id, ink, digit)


def sentence(found: Attribution, name: str) -> str:
    """Return in words what of the ink spoke for the answer of the framework called `name`, and what this misses."""
    favour, against = (float(part.sum()) for part in (found.ink.clip(0), -found.ink.clip(max=0)))
    missed = "less than 0.1 %" if found.gap < 0.001 else percent(found.gap)
    change = f"{found.change:+.1f}".replace("-", "−")
    return (f"**{name}, {found.digit}**: ink that speaks for it adds {favour:.1f} to its logit, ink against it takes "
            f"{against:.1f}. The drawing changed it by {change}; {missed} of that is missed.")  # fmt: skip


def picture(ink: NDArray[np.uint8], spoke: NDArray[np.float64], *, scale: int = SCALE) -> NDArray[np.uint8]:
    """Return (28·scale, 28·scale, 3) uint8: faint `ink` (28, 28), coloured by how strongly it `spoke` (28, 28)."""
    strength = np.abs(spoke) / max(float(np.abs(spoke).max()), 1e-12)
    colours = np.where((spoke > 0)[..., None], _rgb(FOR), _rgb(AGAINST))
    paper = np.repeat((PAPER - FAINT * ink)[..., None], 3, axis=2)
    mixed = paper + (colours - paper) * np.sqrt(strength)[..., None]  # so that weak voices are seen, too
    return np.asarray(mixed.round().astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1))


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float64)


def show_nearest(run: Run, rows: tuple[int, ...]) -> None:
    """Show the training images that the run finds most like the drawing, with their digits, the nearest first."""
    if not rows:
        st.caption("Which training images are nearest is not known: it was trained by an earlier version.")
        return
    try:
        pictures, words = nearest(run, rows)
    except DigitsError as error:
        st.caption(f"The nearest training images cannot be shown. {plain(error)}")
        return
    strip(pictures, words, width=72, columns=len(rows))
    st.caption("The nearest training images, by its last hidden layer", help="Those whose last hidden layer points "
               "most nearly the way the drawing's does, as the model sees them.")  # fmt: skip


def nearest(run: Run, rows: tuple[int, ...]) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Return the pictures (28, 28) uint8 of `rows` as the run saw them, dark on white, and their digits in words.

    Rows below 0 are the drawings that it was tuned on, counted from -1 down. Raises `NotFoundError` if its data set
    is gone, and `IntegrityError`.
    """
    places = np.array(rows)
    inks, words = np.zeros((len(rows), 784), np.uint8), [""] * len(rows)
    stored = np.flatnonzero(places >= 0)
    if len(stored):
        dataset = run.dataset()
        labels, _ = index(dataset)
        inks[stored] = framed_ink(dataset.images[places[stored]], run.recipe)
        for place in stored:
            words[place] = str(labels[places[place]])
    if (places < 0).any():
        drawings = taught.read(run.folder)
        for place in np.flatnonzero(places < 0):
            number = -1 - places[place]
            inks[place], words[place] = drawings.ink[number], f"{drawings.digits[number]}, yours"
    return [PAPER - ink.reshape(28, 28) for ink in inks], words
