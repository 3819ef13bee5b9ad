"""Dataset: what are the models trained on, and can I trust it?"""

from __future__ import annotations

import secrets
from pathlib import Path

import numpy as np
import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import local
from digits.errors import UsageError
from digits.images.ink import to_ink
from ui.frame import errors_shown, owner, page, plain
from ui.jobs import build_row, recent_builds
from ui.pictures import tiles

SAMPLES = 16


def main() -> None:
    """Draw the page."""
    page("Dataset", "What are the models trained on, and can I trust it?")
    builds = recent_builds()
    if builds:
        st.fragment(watch, run_every=0.5)()
    names = dataset_names()
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    if right.button("Add data", icon=":material/add:", width="stretch", type="secondary" if names else "primary"):
        add()
    with left:
        if not names:
            st.caption("No data set yet. *Add data* builds one from a folder, a ZIP file or the starter set.")
            return
        name = st.selectbox("Data set", names, key="name", bind="query-params")
    with errors_shown():
        show(Dataset.open(name or names[0]))


def watch() -> None:
    """Show builds at work; draw the page anew when one has ended."""
    at_work = [build_row(job) for job in recent_builds()]
    if not any(at_work):
        st.rerun(scope="app")


@st.dialog("Add data")
def add() -> None:
    """Ask for a source and a name, and start the build."""
    kinds = {"starter": "Starter set", "zip": "ZIP file", "path": "Path on this machine"}
    kind = st.segmented_control("Source", list(kinds), default="starter", format_func=kinds.get)
    st.caption("Pictures are 28×28 PNGs in folders named by their digit: `0/0/17.png` or `0/17.png`.")
    upload = st.file_uploader("ZIP of digit folders", type="zip") if kind == "zip" else None
    path = st.text_input("Folder or ZIP", help=f"Under {', '.join(map(str, settings.source_roots()))}") \
        if kind == "path" else None  # fmt: skip
    name = st.text_input("Name of the data set", "starter" if kind == "starter" else "")
    ready = bool(name) and (kind == "starter" or bool(upload) or bool(path))
    if st.button("Build", type="primary", disabled=not ready):
        with errors_shown():
            source = "starter" if kind == "starter" else stored(upload.getbuffer()) if upload else allowed(path or "")
            local.start_build(source, name, owner=owner())
            st.rerun()


def stored(data: memoryview) -> Path:
    """Keep an uploaded ZIP for its build; return where."""
    path = settings.part("uploads") / f"{secrets.token_hex(8)}.zip"
    path.write_bytes(data)
    return path


def allowed(text: str) -> Path:
    """Return the path that somebody typed, if it lies under an allowed root. Raises `UsageError`."""
    path = Path(text).expanduser().resolve()
    roots = settings.source_roots()
    if not any(path.is_relative_to(root) for root in roots):
        raise UsageError("This path is not open to the app", expected=f"under {' or '.join(map(str, roots))}",
                         received=path, do="DIGITS_SOURCES names other roots.")  # fmt: skip
    return path


def show(dataset: Dataset) -> None:
    """Show samples of each digit, counts, and what was refused."""
    report, labels = dataset.report, dataset.labels
    st.markdown(f"**{report['images']:,} images** of 10 digits · {report['rejected']:,} files refused")
    st.caption(plain(report.get("origin") or "") + " " + plain(report.get("licence") or ""))
    rows = np.concatenate([spread(np.flatnonzero(labels == digit)) for digit in range(10)])
    picture = tiles(to_ink(dataset.images[rows]), columns=SAMPLES)
    st.image(picture, width="stretch", caption=f"{SAMPLES} images of each digit, evenly chosen from the data set")
    counts = {str(digit): int(count) for digit, count in enumerate(np.bincount(labels, minlength=10))}
    st.bar_chart(counts, x_label="Digit", y_label="Images", height=220)
    if report["rejected"]:
        st.subheader("Refused files", anchor=False)
        st.dataframe(dataset.rejected(), width="stretch", hide_index=True)


def spread(rows: np.ndarray) -> np.ndarray:
    """Return SAMPLES of `rows`, evenly; rows repeat where there are fewer."""
    return rows[np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int)]


main()
