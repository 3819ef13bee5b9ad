"""The chosen split before anything is trained on it: how much is tested, how much of that leaks, and a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from digits import figures
from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.split import families_hash, leak, pieces, split_of
from digits.figures.split import Pieces
from digits.training.recipe import DEALT, Recipe
from ui.frame import percent, plain
from ui.leak import kin, share


@dataclass(frozen=True)
class Preview:
    """A split in numbers: of each part and digit the images of its families, and the leak if they are known."""

    pieces: Pieces
    leak: float | None

    @property
    def images(self) -> dict[str, int]:
        """How many images are in each part."""
        return {part: int(sum(map(sum, digits))) for part, digits in self.pieces.items()}

    @property
    def test_share(self) -> float:
        """The share of all images that is tested."""
        return self.images["test"] / sum(self.images.values())


def preview(recipe: Recipe) -> Preview:
    """Return the recipe's split of its data set in numbers. Raises `UsageError` if it cannot be split so."""
    dataset = Dataset.open(recipe.dataset)
    dealt = [getattr(recipe, name) for name in (*DEALT, "validation_share")]
    return _preview([dataset.fingerprint, families_hash(dataset), *dealt], dataset, recipe)


@st.cache_data(max_entries=20, show_spinner=False)
def _preview(depends_on: list[object], _dataset: Dataset, _recipe: Recipe) -> Preview:
    found, families, labels = split_of(_dataset, _recipe), families_of(_dataset), np.asarray(_dataset.labels)
    rows = {"train": found.train, "validation": found.validation, "test": found.test}
    shown = {part: pieces(labels, families, mine) for part, mine in rows.items() if len(mine)}
    return Preview(shown, None if families is None else leak(found, families))


def leak_sentence(recipe: Recipe) -> str:
    """Return in a sentence, as Markdown, what the chosen split leaks; or that it is unknown, and what to do."""
    found, relative = preview(recipe).leak, kin(Dataset.open(recipe.dataset))
    if found is None:
        return (
            ":material/help: Whether test images have copies in training is **unknown until families are found**: "
            f"on the page Dataset, or by `python -m digits families {recipe.dataset}`."
        )
    if not found:
        new = "drawings" if relative == "copy" else "families"
        return f":material/verified: **No test image has a {relative} in training.** It will be tested on new {new}."
    known, new = ("copies", "new drawings") if relative == "copy" else ("known families", "new ones")
    return (
        f":material/warning: **{share(found)} of the test images have a {relative} in training.** The accuracy will "
        f"say how well {known} are recognised, not how well {new} are read; a split by family tests that."
    )


def show_split(recipe: Recipe) -> None:
    """Show the chosen split as bars."""
    found, known = preview(recipe), preview(recipe).leak is not None
    words = ", ".join(f"{count:,} {part}" for part, count in found.images.items())
    st.markdown(f"{words}: **{percent(found.test_share)}** of {plain(recipe.dataset)} is tested")
    st.echarts_chart(figures.split_bars(found.pieces), height=320, key="split-bars",
                     alt=f"Images a digit. {figures.split_words(found.pieces, families=known)}")  # fmt: skip
    st.caption(_legend(recipe, known))


def _legend(recipe: Recipe, known: bool) -> str:
    if not known:
        return "Images of each digit. Which of them are copies of one drawing is not known yet."
    how = "lie on one side whole" if recipe.split == "family" else "are torn apart: they lie on both sides"
    what = ", the copies of one drawing" if kin(Dataset.open(recipe.dataset)) == "copy" else ""
    return f"Images of each digit; a block is a family{what}. Families {how}."
