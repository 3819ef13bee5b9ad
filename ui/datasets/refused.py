"""The list of files that a build refused, to be saved: of a data set, and of a build that made none."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from digits.dataset.parquet import REJECTED, Rejected, read_rejected
from digits.job import Job
from ui.frame import errors_shown
from ui.spreadsheet import csv_of


def save_list(table: bytes, name: str, key: str) -> None:
    """Offer the list of what was refused of `name`, a CSV, to be saved."""
    st.download_button("Save the list", table, f"{name}-refused.csv", "text/csv", key=f"refused-{key}",
                       icon=":material/download:", on_click="ignore")  # fmt: skip


def listed(found: Rejected) -> bytes:
    """Return files and reasons as CSV."""
    return csv_of(["file", "reason"], found)


def of_build(job: Job) -> None:
    """Offer the list of a build that failed because of what it refused; nothing of another."""
    if (job.folder / REJECTED).exists():
        with errors_shown():
            name = job.spec()["name"]
            save_list(_listed_of(job.folder, name), name, job.id)


@st.cache_data(max_entries=2, show_spinner=False)
def _listed_of(folder: Path, name: str) -> bytes:
    return listed(read_rejected(folder, name))
