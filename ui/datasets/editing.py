"""Renaming, describing and deleting a data set; the runs that used it are named before it goes."""

from __future__ import annotations

import streamlit as st

from digits.dataset import dataset as datasets
from digits.dataset.dataset import Dataset
from digits.engine.export import exports_of
from digits.training.run import check_idle, runs_on
from ui.boxes import SHOWN
from ui.datasets.adding import WANTED
from ui.frame import count, errors_shown, plain

SHOWN_RUNS = 10


def edit(dataset: Dataset) -> None:
    """Offer another name, a note, and the way to delete."""
    with st.popover("Rename, describe, delete", icon=":material/edit:", width="stretch"):
        name = st.text_input("Name", dataset.name, key=f"name-{dataset.name}", max_chars=64)
        note = st.text_area("Description", dataset.note, key=f"note-{dataset.name}", max_chars=2000)
        left, right = st.columns(2)
        if left.button("Save", key=f"save-{dataset.name}", icon=":material/save:", width="stretch"):
            with errors_shown():
                keep(dataset, name.strip(), note)
                st.rerun()
        if right.button("Delete", key=f"delete-{dataset.name}", icon=":material/delete:", width="stretch"):
            delete(dataset.name)


def keep(dataset: Dataset, name: str, note: str) -> None:
    """Keep name and note. Raises `UsageError`, and `ConflictError` for a taken name and while runs on it train."""
    if note != dataset.note:
        dataset.describe(note)
    if name != dataset.name:
        check_idle(dataset)
        datasets.rename(dataset.name, name)
        st.session_state[WANTED] = name


@st.dialog("Delete this data set?")
def delete(name: str) -> None:
    """Say what goes and what stays, and delete on a second click."""
    with errors_shown():
        dataset = Dataset.open(name)
        check_idle(dataset)
        exports = exports_of(dataset)
        st.markdown(
            f"**{plain(name)}**, {dataset.report['images']:,} images, and {count(len(exports), 'saved file')} of it."
        )
        say_runs(dataset)
        if st.button("Delete for good", type="primary", icon=":material/delete:"):
            for job in exports:
                job.delete()
            datasets.delete(name)
            st.session_state.pop(SHOWN, None)
            st.rerun()


def say_runs(dataset: Dataset) -> None:
    """Name the runs that were trained on the data set."""
    runs = runs_on(dataset)
    if not runs:
        st.caption("No run was trained on it.")
        return
    st.markdown(f"{count(len(runs), 'run')} {'was' if len(runs) == 1 else 'were'} trained on it:")
    st.markdown("\n".join(f"- {plain(run.title)} ({run.id[:6]})" for run in runs[:SHOWN_RUNS]))
    if len(runs) > SHOWN_RUNS:
        st.caption(f"and {len(runs) - SHOWN_RUNS} more")
    st.caption("They keep their results and can still read drawings, but their images can no longer be shown. "
               "Built again from the same files, the data set is known as theirs.")  # fmt: skip
