"""Adding data: a dialog that asks for a source, and the builds at work with bar, time left and stop."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import streamlit as st

from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.errors import UsageError
from digits.job import LIVE, Job
from ui.frame import errors_shown, owner
from ui.jobs import build_row, recent_builds

SOURCES = {"starter": "Starter set", "zip": "ZIP file", "path": "Path on this machine"}
NAME, SUGGESTED = "new-dataset-name", "new-dataset-suggestion"
MINE, WANTED = "dataset-build", "dataset-wanted"  # in the session: the build that it started, the set to select next


@st.dialog("Add data")
def add() -> None:
    """Ask for a source and a name, and start the build."""
    kind = st.segmented_control("Source", list(SOURCES), default="starter", required=True, format_func=SOURCES.get)
    source, stem = ask_source(kind)
    suggest(free_name(stem))
    name = st.text_input("Name of the data set", max_chars=64, key=NAME)
    if st.button("Build", type="primary", icon=":material/construction:", disabled=not (name and source)):
        with errors_shown():
            path = stored(source) if kind == "zip" else allowed(source) if kind == "path" else source
            job = local.start_build(path, name.strip(), owner=owner())
            st.session_state[MINE] = job.id
            st.rerun()


def suggest(name: str) -> None:
    """Put `name` into the field, unless somebody has typed another one there."""
    if st.session_state.get(NAME, "") in ("", st.session_state.get(SUGGESTED)):
        st.session_state[NAME] = name
    st.session_state[SUGGESTED] = name


def ask_source(kind: str) -> tuple[Any, str]:
    """Ask for what the kind of source needs; return it (None until it is there) and what to call the data set."""
    if kind == "starter":
        st.caption("1,797 digits written by 43 people, which come with scikit-learn. Nothing is downloaded.")
        return "starter", "starter"
    form = "28×28 PNGs in folders named by their digit: `0/0/17.png` or `0/17.png`."
    if kind == "zip":
        st.caption(f"{form} The archive is read in place and never unpacked.")
        upload = st.file_uploader("ZIP of digit folders", type="zip")
        return upload, Path(upload.name).stem if upload else ""
    roots = " or ".join(f"`{root}`" for root in settings.source_roots())
    st.caption(f"A folder or a ZIP under {roots}: {form}")
    path = st.text_input("Folder or ZIP").strip()
    return path, Path(path).stem


def free_name(stem: str) -> str:
    """Return a name for a data set from that of a file: allowed, and not taken."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:48]
    taken, number = {one.casefold() for one in dataset_names()}, 2
    wanted = name
    while name and wanted.casefold() in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


def stored(upload: Any) -> Path:
    """Keep an uploaded ZIP for its build; return where. The build's report names the file as its person did."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(upload.name).stem)[:64]
    path = settings.part("uploads") / f"{stem}-{secrets.token_hex(4)}.zip"
    path.write_bytes(upload.getbuffer())
    return path


def allowed(text: str) -> Path:
    """Return the path that somebody typed, if it lies under an allowed root. Raises `UsageError`."""
    roots = settings.source_roots()
    try:
        path = Path(text).expanduser().resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise UsageError("This is no path", expected="a folder or a ZIP", received=repr(text[:80])) from error
    if not any(path.is_relative_to(root) for root in roots):
        raise UsageError("This path is not open to the app", expected=f"under {' or '.join(map(str, roots))}",
                         received=path, do="DIGITS_SOURCES names other roots.")  # fmt: skip
    return path


def watch() -> None:
    """Show builds at work; draw the page anew when the last has ended."""
    live = [build_row(job) for job in recent_builds()]
    if not any(live):
        st.rerun(scope="app")


def show_builds() -> None:
    """Show the builds: live while one is at work. The set that this session built is selected when it is there."""
    builds = recent_builds()
    live = any(job.state in LIVE for job in builds)
    if live:
        st.fragment(watch, run_every=0.5)()
    for job in [] if live else builds:
        show_ended(job)
    mine = st.session_state.get(MINE)
    if mine and Job("builds", mine).folder.exists() and Job("builds", mine).state == "finished":
        st.session_state[WANTED] = Job("builds", st.session_state.pop(MINE)).spec()["name"]


def show_ended(job: Job) -> None:
    """Say how a build ended that made no data set."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        build_row(job)
    if right.button("Dismiss", key=f"dismiss-{job.id}", icon=":material/close:", width="stretch"):
        job.delete()
        st.rerun()
