"""What can be done with all drawings at once: taken away, brought in, made a data set of, deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from digits import drawings, settings
from digits.dataset.sources.drawings import check_drawn
from digits.drawings import Kept, packed
from digits.engine.drawings import build_at_work, dataset_of_drawings, name_for_drawings, start_drawings
from digits.errors import DigitsError, SourceError
from ui.datasets.adding import MINE, show_builds
from ui.drawing.kept import SAID, delete, told
from ui.frame import count, errors_shown, owner, plain

FILE, OFTEN = "my-drawings.json.gz", 20  # what a download is called; after how many drawings a bar moves
UPLOADS = "drawings-uploads"  # in the session: how many files were added, so that the next finds an empty field


def show_all(kept: list[Kept]) -> None:
    """Offer what can be done with all of `kept`."""
    with st.container(horizontal=True):
        if kept:
            st.download_button("Download", lambda: packed(kept), FILE, "application/gzip", key="mine-download",
                               icon=":material/download:", on_click="ignore",
                               help="All drawings as strokes, in a .json.gz that can be added again.")  # fmt: skip
        with st.popover("Add a file", icon=":material/upload:", key="mine-upload"):
            upload()
        if kept:
            with st.popover("Delete all", icon=":material/delete:", key="mine-all"):
                st.markdown(f"All **{count(len(kept), 'drawing')}**, strokes and pictures. Data sets and models that "
                            "learnt from them keep theirs.")  # fmt: skip
                ids = [one.id for one in kept]
                st.button(f"Delete {count(len(kept), 'drawing')}", type="primary", key="mine-delete-all",
                          on_click=delete, args=(ids,))  # fmt: skip
    if kept:
        show_dataset(kept)


def upload() -> None:
    """Ask for a file of strokes, and keep its drawings."""
    key = f"drawings-file-{st.session_state.get(UPLOADS, 0)}"
    file = st.file_uploader("Pen strokes, .json.gz", type="gz", key=key)
    if st.button("Keep its drawings", icon=":material/add:", disabled=file is None, key="mine-add"):
        _add(file)
        st.rerun()


def _add(file: Any) -> None:
    """Keep the drawings of an upload; what came of it, or what is wrong with it, is said by `ui.drawing.kept.say`."""
    path = settings.part("uploads") / f"drawings-{secrets.token_hex(8)}.json.gz"
    bar = st.progress(0.0, text="Painting and keeping")

    def progress(done: int, total: int) -> None:
        if done % OFTEN == 0:
            bar.progress(done / total, text=f"Painting and keeping, {done:,} of {total:,}")

    try:
        with told(), _named_as(file.name, path.name):
            path.write_bytes(file.getbuffer())
            added, there = drawings.add(path, progress=progress)
            more = f", {there:,} were there already" if there else ""
            st.session_state[SAID] = f"{count(added, 'drawing')} added{more}."
            st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _named_as(name: str, path: str) -> Iterator[None]:
    """Let an error name the file as its person did."""
    try:
        yield
    except DigitsError as error:
        raise type(error)(str(error).replace(path, name[:200])) from error


def show_dataset(kept: list[Kept]) -> None:
    """Say which data set holds the drawings as they are, or offer to make it."""
    there, at_work = dataset_of_drawings(kept), build_at_work()
    if st.session_state.get(MINE):
        show_builds()
    if there is not None:
        row = st.container(horizontal=True, vertical_alignment="center")
        row.markdown(f":material/check: The data set **{plain(there.name)}** holds these drawings.", width="content")
        with row:
            st.page_link("pages/dataset.py", label="Look at it", icon=":material/grid_view:",
                         query_params={"name": there.name})  # fmt: skip
        return
    missing = _missing(kept)
    if missing:
        st.caption(f"{plain(missing)} Learning from drawings can do without them.")
    name = name_for_drawings()
    if st.button("Use them as a data set", icon=":material/database:", disabled=bool(missing or at_work),
                 help=f"Builds {name}: each drawing centred, and a family of its own."):  # fmt: skip
        with errors_shown():
            st.session_state[MINE] = start_drawings(name, owner=owner()).id
            st.rerun()


def _missing(kept: list[Kept]) -> str:
    """Return why no data set can be made of `kept`, or nothing."""
    try:
        check_drawn(kept)
    except SourceError as error:
        return str(error)
    return ""
