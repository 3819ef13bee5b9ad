"""What copies among test images mean for a verdict: a test that takes images for independent is too sure."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.split import families_hash
from digits.errors import IntegrityError, NotFoundError
from digits.training.run import Run
from ui.frame import plain

ASSUMED = " The test takes images for independent"


def caution(run: Run) -> str:
    """Return a sentence to follow a verdict on the test images of `run`; nothing where no two are of one drawing."""
    try:
        dataset = run.dataset()
    except (IntegrityError, NotFoundError):
        return f"{ASSUMED}; if some were copies of one drawing, the true p is larger."
    known = families_hash(dataset)
    if known is None:
        return (f"{ASSUMED}; if the data set holds copies of one drawing, the true p is larger: find them by "
                f"python -m digits families {plain(dataset.name)}.")  # fmt: skip
    images, drawings = _drawings(run.id, known, run, dataset)
    return f"{ASSUMED}; these {images:,} are of {drawings:,} drawings, so the true p is larger." * (drawings < images)


@st.cache_data(max_entries=64, show_spinner=False)
def _drawings(id: str, known: str, _run: Run, _dataset: Dataset) -> tuple[int, int]:
    """Return how many test images there are, and of how many families; `known` is the hash of the families."""
    families, rows = families_of(_dataset), _run.evaluation("rows")
    return len(rows), len(rows) if families is None else len(np.unique(families[rows]))
