"""Families to look at: their mean, and copies from the least to the most changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.images.ink import to_ink
from ui.datasets.strips import strip

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the copies, from the least to the most changed
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Family:
    """The images of a digit in a family, and how many it has of all digits: writers have some of each."""

    number: int
    images: int
    of_all_digits: int
    pictures: list[NDArray[np.uint8]]  # (28, 28) dark on white


def numbers_of(known: Rows, labels: Rows, digit: int) -> Rows:
    """Return the families of `digit` among those `known` (n,), that with most of its images first."""
    numbers, sizes = np.unique(known[labels == digit], return_counts=True)
    return np.asarray(numbers[np.argsort(-sizes, kind="stable")])


def rows_of(dataset: Dataset, known: Rows, number: int, digit: int) -> Rows:
    """Return the rows of the images of `digit` in a family, from the least to the most changed."""
    rows, changes = np.flatnonzero((known == number) & (dataset.labels == digit)), dataset.changes
    return rows if changes is None else rows[np.argsort(changes[rows], kind="stable")]


def look(dataset: Dataset, known: Rows, numbers: list[int], digit: int) -> list[Family]:
    """Return the families of these `numbers` among those `known`, with their images of `digit`."""
    index = str(store.about(dataset).get("index"))
    return [_family((dataset.fingerprint, index, number, digit), dataset, known) for number in numbers]


@st.cache_data(max_entries=300, show_spinner=False)
def _family(shown: tuple[str, str, int, int], _dataset: Dataset, _known: Rows) -> Family:
    number, digit = shown[2:]
    rows = rows_of(_dataset, _known, number, digit)
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), 300)).astype(np.int64))
    mean = to_ink(_dataset.images[np.sort(rows[some])]).mean(axis=0)
    steps = rows[np.unique((np.array(STEPS) * (len(rows) - 1)).astype(np.int64))]
    copies = [to_ink(np.asarray(_dataset.images[row])[None])[0] for row in steps]
    pictures = [255 - picture.astype(np.uint8) for picture in (mean.round(), *copies)]
    return Family(number, len(rows), int((_known == number).sum()), pictures)


def show(family: Family, mark: str = "") -> None:
    """Show a family with its number, its size and a `mark`."""
    more = f" of this digit, {family.of_all_digits:,} in all" if family.of_all_digits > family.images else ""
    images = "image" if family.images == 1 else "images"
    st.markdown(f"Family {family.number} · **{family.images:,}** {images}{more}{mark}")
    names, pictures = ["mean", "least changed", *["·"] * (len(family.pictures) - 3), "most changed"], family.pictures
    if family.images == 1:
        names, pictures = ["its image"], pictures[-1:]
    strip(pictures, names[: len(pictures)], width=72, columns=len(STEPS) + 1)
