"""Augmentation where it is set: a slider a strength, and what they do to eight training digits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.split import families_hash, split_of
from digits.errors import DigitsError
from digits.training.framed import framed_ink
from digits.training.recipe import DEALT, STRENGTHS, Recipe
from digits.training.variants import draw
from ui.frame import plain
from ui.pictures import tiles

DIGITS, VARIANTS = (2, 3, 4, 5, 6, 7, 8, 9), 4  # of the preview: it stands above the sliders, all in one view
SCALE, GAP = 2, 12  # how many times a tile is enlarged; pixels between the digits and their variants


class Slider(NamedTuple):
    """How a strength is asked for: `most` is where the slider ends, unless a recipe goes further."""

    label: str
    most: float
    step: float
    help: str


ANEW = "either way, anew in every epoch."
DEVIATION = "in pixels (standard deviation)."
SLIDERS = {
    "rotation": Slider("Rotation in degrees", 45.0, 1.0, f"Each training image is turned by up to so many, {ANEW}"),
    "slant": Slider("Slant", 1.0, 0.05, "How far it leans: sideways shift a pixel of height, at most."),
    "zoom": Slider(
        "Zoom", 0.5, 0.05, "How much wider or narrower, higher or lower it becomes, of its size, at most."
    ),
    "shift": Slider("Shift in pixels", 5.0, 0.1, "How far it is moved across and down, at most."),
    "elastic": Slider("Elastic", 3.0, 0.1, f"How far its parts are bent apart by a smooth field, {DEVIATION}"),
    "thickness": Slider(
        "Thickness", 0.5, 0.05, "How much thicker or thinner its strokes become, of full ink, at most."
    ),
    "jitter": Slider("Jitter", 2.0, 0.1, f"How much a trembling hand moves its ink, {DEVIATION}"),
}


def augmentation_sliders(base: Recipe, key: str) -> dict[str, float]:
    """Ask for the strengths of augmentation, beginning with those of `base`; `key` tells forms apart."""
    found = {}
    for name in STRENGTHS:
        label, most, step, told = SLIDERS[name]
        value = float(getattr(base, name))
        chosen = st.slider(label, 0.0, max(most, value), value, step, "%.4g", key=f"{key}-{name}", help=told,
                           persist_state="session")  # fmt: skip
        found[name] = round(float(chosen), 6)  # the browser adds steps up: 0.15000000000000002
    return found


def show_variants(recipe: Recipe) -> None:
    """Show eight training digits as the recipe frames them, above variants of each."""
    try:
        ink = eight(recipe)
    except DigitsError as error:  # which the form says, too
        st.caption(plain(error))
        return
    few = recipe.changed(variants=VARIANTS)
    if recipe.augmented and any(getattr(recipe, name) for name in STRENGTHS):
        said = f"Eight training digits, and below each {VARIANTS} ways in which an epoch may show it."
    else:
        said = "Eight training digits. With all strengths at 0 every epoch shows them as they are."
    st.image(picture(ink, draw(ink, few, 1)), width="stretch", alt=said)
    st.caption(said)


def picture(ink: NDArray[np.uint8], variants: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey picture of `ink` (n, 784), a column each, above as many rows of `variants` (m · n, 784)."""
    first, others = (tiles(part.reshape(-1, 28, 28), columns=len(ink), scale=SCALE) for part in (ink, variants))
    return np.vstack([first, np.full((GAP, first.shape[1]), 255, np.uint8), others])


def eight(recipe: Recipe) -> NDArray[np.uint8]:
    """Return the framed ink (n, 784) of a training image of each of eight digits, of those that are there.

    Raises `UsageError` if the recipe cannot be split.
    """
    dataset = Dataset.open(recipe.dataset)
    decides = [getattr(recipe, name) for name in (*DEALT, "validation_share", "frame")]
    found: NDArray[np.uint8] = _eight([dataset.fingerprint, families_hash(dataset), *decides], dataset, recipe)
    return found


@st.cache_data(max_entries=20, show_spinner=False)
def _eight(depends_on: list[Any], _dataset: Dataset, _recipe: Recipe) -> NDArray[np.uint8]:
    train = split_of(_dataset, _recipe).train
    labels = np.asarray(_dataset.labels)[train]
    generator = np.random.default_rng(_recipe.seed)
    rows = [generator.choice(train[labels == digit]) for digit in DIGITS if digit in labels]
    return framed_ink(np.asarray(_dataset.images[np.sort(rows)])[np.argsort(np.argsort(rows))], _recipe)
