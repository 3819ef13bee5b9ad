"""What the page reads of a data set on every click, kept for all sessions: the index, and sums over all images.

Images are never kept: each look maps the file anew, so that the pages that it touched leave the app's memory.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset import portrait
from digits.dataset.dataset import Dataset
from digits.dataset.portrait import Portrait


@st.cache_resource(max_entries=3, show_spinner=False)
def _index(_dataset: Dataset, fingerprint: str) -> tuple[NDArray[np.int64], list[str]]:
    return _dataset.labels, _dataset.files


def index(dataset: Dataset) -> tuple[NDArray[np.int64], list[str]]:
    """Return labels (n,) and file names of `dataset`, in the order of its images. Raises `IntegrityError`."""
    return _index(dataset, dataset.fingerprint)


def sums(dataset: Dataset) -> Portrait:
    """Return the portrait of `dataset`; one that was built before portraits were kept gets it now."""
    kept = portrait.read(dataset)
    if kept is None:
        with st.spinner("Adding up the images: this is done once"):
            kept = portrait.compute(dataset)
    return kept
