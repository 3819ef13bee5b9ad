"""What the tabs read of runs and data sets, kept in memory by id and time of writing: no page waits for it twice."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.evaluation.comparison import Answers
from digits.training.run import Run


def answers_of(run: Run) -> Answers:
    """Return what a finished run answered. Raises `IntegrityError`."""
    return _answers(run.id, run.kept("evaluation.npz").stat().st_mtime_ns, run)


@st.cache_resource(max_entries=12, show_spinner=False)  # 1.5 MB each at 21,546 test images
def _answers(id: str, written: int, _run: Run) -> Answers:
    answers = Answers.read(_run)
    for array in (answers.rows, answers.labels, answers.logits):
        array.flags.writeable = False
    return answers


def pictures_of(run: Run) -> Dataset:
    """Return the data set that a run was tested on. Raises `NotFoundError`, `IntegrityError`."""
    found = run.dataset()
    return _dataset(found.name, found.fingerprint, found)


@st.cache_resource(max_entries=2, show_spinner=False)  # the names of 107,730 files take 10 MB
def _dataset(name: str, fingerprint: str, _dataset: Dataset) -> Dataset:
    return _dataset


def comparable(runs: list[Run]) -> list[list[Run]]:
    """Return finished `runs` in groups that were tested on the same images, the largest group first."""
    groups: list[list[Run]] = []
    for run in runs:
        fitting = next((group for group in groups if same_images(group[0], run)), None)
        if fitting is None:
            groups.append([run])
        else:
            fitting.append(run)
    return sorted(groups, key=len, reverse=True)


def same_images(first: Run, second: Run) -> bool:
    """Tell whether two finished runs were tested on the same images in the same order."""
    if first.spec["fingerprint"] != second.spec["fingerprint"]:
        return False
    rows: tuple[NDArray[np.int64], NDArray[np.int64]] = (answers_of(first).rows, answers_of(second).rows)
    return bool(np.array_equal(*rows))
