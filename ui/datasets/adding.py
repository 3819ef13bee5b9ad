"""Adding data: a dialog that asks for a source, and the builds at work with bar, time left and stop."""

from __future__ import annotations

import re

import streamlit as st

from digits.dataset.dataset import dataset_names
from digits.job import LIVE, Job
from ui.datasets import asking
from ui.datasets.ended import show_ended
from ui.frame import errors_shown
from ui.jobs import build_row, recent_builds
from ui.live import live

SOURCES = {
    "Starter set": asking.starter,
    "My drawings": asking.drawings,
    "File": asking.file,
    "Path on this machine": asking.path,
    "Download": asking.download,
    "Combine": asking.combine,
}
NAME = "new-dataset-name"
MINE, WANTED = "dataset-build", "dataset-wanted"  # in the session: the build that it started, the set to select next


def add() -> None:
    """Open the dialog, without the files of the last time."""
    st.session_state[asking.OPENED] = st.session_state.get(asking.OPENED, 0) + 1
    st.dialog("Add data", width="medium")(ask)()


def ask() -> None:
    """Ask for a source and a name, and start the build."""
    kind = st.segmented_control("Source", list(SOURCES), default="Starter set", required=True)
    suggested, start = "", None
    with errors_shown():
        wanted = SOURCES[kind]()
        suggested, start = wanted.name or free_name(wanted.stem), wanted.start
    name = ask_name(suggested)
    ready = bool(name) and start is not None
    if st.button("Build", type="primary", icon=":material/construction:", disabled=not ready) and start:
        with errors_shown():
            st.session_state[MINE] = start(name).id
            st.rerun()


def ask_name(suggested: str) -> str:
    """Ask what the data set is called; left empty, it is called as `suggested`.

    The suggestion never becomes the field's value: whoever types before it has come would lose what they typed.
    """
    typed = st.text_input("Name of the data set", max_chars=64, key=NAME, placeholder=suggested,
                          help="Left empty, it is called what stands there in grey.")  # fmt: skip
    return typed.strip() or suggested


def free_name(stem: str) -> str:
    """Return a name for a data set from that of a file: allowed, and not taken."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:48]
    taken, number = {one.casefold() for one in dataset_names()}, 2
    wanted = name
    while name and wanted.casefold() in taken:
        wanted, number = f"{name}-{number}", number + 1
    return wanted


def watch() -> None:
    """Show builds at work; draw the page anew when the last has ended."""
    live = [build_row(job) for job in recent_builds()]
    if not any(live):
        st.rerun(scope="app")


def show_builds() -> None:
    """Show the builds: live while one is at work. The set that this session built is selected when it is there."""
    builds = recent_builds()
    at_work = any(job.state in LIVE for job in builds)
    if at_work:
        live(watch, every=0.5)
    for job in [] if at_work else builds:
        show_ended(job)
    mine = st.session_state.get(MINE)
    if mine and Job("builds", mine).folder.exists() and Job("builds", mine).state == "finished":
        st.session_state[WANTED] = Job("builds", st.session_state.pop(MINE)).spec()["name"]
