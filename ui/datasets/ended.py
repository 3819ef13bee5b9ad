"""A build that ended without a data set, or without all that was to follow it."""

from __future__ import annotations

import streamlit as st

from digits.job import Job
from ui.datasets.refused import of_build
from ui.jobs import build_row


def show_ended(job: Job) -> None:
    """Say how a build ended that made no data set, or after which not all started that was to follow."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        build_row(job)
        of_build(job)
    if right.button("Dismiss", key=f"dismiss-{job.id}", icon=":material/close:", width="stretch"):
        job.delete()
        st.rerun()
