"""Which data sets of the lab hold other people's digits: those that share no image with what a run was trained on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.same import shared
from digits.errors import DigitsError, NotFoundError


@dataclass(frozen=True)
class Others:
    """The data sets beside one: `strangers` share no image with it, of `sharing` it says how many are in both.

    `damaged` says what is wrong with those that cannot be read.
    """

    strangers: list[Dataset] = field(default_factory=list)
    sharing: list[tuple[Dataset, int]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def others_of(dataset: Dataset) -> Others:
    """Return what the lab holds beside `dataset`; a damaged one does not hide the rest."""
    found = Others()
    there, damaged = open_all()
    found.damaged.extend(damaged)
    for other in there:
        if other.fingerprint == dataset.fingerprint:
            continue
        try:
            count = _shared((dataset.fingerprint, other.fingerprint), dataset, other)
        except DigitsError as error:
            found.damaged.append(str(error))
            continue
        if count:
            found.sharing.append((other, count))
        else:
            found.strangers.append(other)
    return found


def open_all() -> tuple[list[Dataset], list[str]]:
    """Return the data sets of the lab, by name, and what is wrong with each that cannot be opened."""
    found: list[Dataset] = []
    damaged: list[str] = []
    for name in dataset_names():
        try:
            dataset = Dataset.open(name)
        except NotFoundError:  # somebody has just deleted it
            continue
        except DigitsError as error:
            damaged.append(str(error))
        else:
            found.append(dataset)
    return found, damaged


@st.cache_data(max_entries=200, show_spinner=False)
def _shared(fingerprints: tuple[str, str], _dataset: Dataset, _other: Dataset) -> int:
    return shared(_hashes(fingerprints[0], _dataset), _other.hashes)


@st.cache_resource(max_entries=1, show_spinner=False)
def _hashes(fingerprint: str, _dataset: Dataset) -> NDArray[np.bytes_]:
    return _dataset.hashes
