"""Saving a data set as one file: a job with bar and stop, whose file stays in the lab until it is removed."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.dataset.dataset import Dataset
from digits.dataset.export import Form, csv_lines
from digits.engine.export import exports_of, file_of, form_of, start_export
from digits.job import LIVE, Job
from ui.frame import duration, errors_shown, owner, plain, size
from ui.live import live

LABELS = {"csv": "CSV", "parquet": "Parquet"}
LARGEST_DOWNLOAD_BYTES = 32_000_000  # a download is held in the server's memory; what is larger is given by its path


def save(dataset: Dataset) -> None:
    """Ask how to save the data set, and show what was saved."""
    st.subheader("Save as one file", anchor=False)
    kind = st.segmented_control("Form", list(LABELS), default="csv", required=True, format_func=LABELS.get)
    index = st.checkbox("With the index", True, help="A first column without a name: the row in the data set.")
    shuffled = st.checkbox("Shuffled, as the notebook saves it")
    seed = st.number_input("Seed of the shuffle", 0, 2**32 - 1, 42) if shuffled else None
    about = f", about {size(csv_bytes(dataset, dataset.fingerprint))}" if kind == "csv" else ""
    if st.button(f"Save as {LABELS[kind]}{about}", icon=":material/save:", key=f"save-as-{dataset.name}"):
        with errors_shown():
            start_export(dataset, Form(kind=kind, index=index, shuffle_seed=seed), owner=owner())
    with errors_shown():
        at_work = any(job.state in LIVE for job in exports_of(dataset))
        live(watch, dataset.name, at_work, every=0.5 if at_work else None)


@st.cache_data(max_entries=20, show_spinner=False)
def csv_bytes(_dataset: Dataset, fingerprint: str) -> float:
    """Return about how large the CSV will be, from 50 images."""
    rows = np.linspace(0, len(_dataset.images) - 1, 50).astype(int)
    lines = csv_lines(_dataset.images[rows].reshape(-1, 3136), np.zeros(50, np.int64), rows)
    return len(lines) / 50 * len(_dataset.images)


def watch(name: str, was_live: bool) -> None:
    """Show the exports of a data set; draw the page anew when the last has ended."""
    with errors_shown():
        live = [export_row(job) for job in exports_of(Dataset.open(name))]
        if was_live and not any(live):
            st.rerun(scope="app")


def export_row(job: Job) -> bool:
    """Show an export, its stop, its file; return whether it is at work."""
    status, path = job.status(), file_of(job)
    live = status["state"] in LIVE
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        if live:
            done, total = status.get("done", 0), status.get("total", 0)
            text = f"{title(job)} · {status['phase']} {done:,} of {total:,} rows"
            left_over = status.get("seconds_left")
            text += "" if left_over is None else f" · {duration(left_over)} left"
            st.progress(done / total if total else 0.0, text)
        elif path.exists():
            st.markdown(f"{title(job)} · {size(path.stat().st_size)}")
            st.code(path, language=None, wrap_lines=True)
        else:
            reason = f": {plain(status['error'])}" if status["state"] == "failed" else ""
            st.markdown(f"{title(job)} · {status['state']}{reason}")
    with right:
        actions(job, live)
    return live


def title(job: Job) -> str:
    """Return what the file is called, and how its rows are ordered."""
    form = form_of(job)
    order = "in order" if form.shuffle_seed is None else f"shuffled with seed {form.shuffle_seed}"
    return f"**{plain(file_of(job).name)}** · {order}{'' if form.index else ', without index'}"


def actions(job: Job, live: bool) -> None:
    """Offer what can be done with an export: stop it, or download and remove its file."""
    path = file_of(job)
    if live:
        if st.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
            job.request_stop()
        return
    if path.exists() and path.stat().st_size <= LARGEST_DOWNLOAD_BYTES:
        st.download_button("Download", path.read_bytes, path.name, key=f"download-{job.id}", on_click="ignore",
                           icon=":material/download:", width="stretch")  # fmt: skip
    if st.button("Remove", key=f"remove-{job.id}", icon=":material/delete:", width="stretch"):
        with errors_shown():
            job.delete()
            st.rerun(scope="fragment")
