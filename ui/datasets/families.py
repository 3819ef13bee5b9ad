"""Families on the Dataset page: which images are copies of one drawing, for a person to check and to correct."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.engine.families import LOOSEST, searches_of, start_search, why_not
from digits.errors import IntegrityError
from digits.images.ink import to_ink
from digits.job import LIVE, Job
from ui.datasets import correcting
from ui.datasets.strips import strip
from ui.frame import duration, errors_shown, owner, plain

SHOWN = 12  # families of a digit, the largest first
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the copies, from the least to the most changed


@dataclass(frozen=True)
class Family:
    """A family to look at: its number and size, its mean, and copies from the least to the most changed."""

    number: int
    images: int
    pictures: list[NDArray[np.uint8]]  # (28, 28) dark on white


def families(dataset: Dataset) -> None:
    """Show the families of `dataset`; offer to find them, and to correct what was found."""
    st.subheader("Families", anchor=False)
    st.caption(
        "A family is all images that are copies of one drawing: moved, turned, sheared, scaled. A model that is "
        "tested on copies of what it has seen looks better than it is, so a split by family keeps them on one side."
    )
    with errors_shown():
        known, damaged = _known(dataset)
        _search(dataset, "Search again" if damaged else "Find families" if known is None else "")
        if known is not None and correcting.words_can_be_read(dataset):
            _summary(dataset, known)
            _digit(dataset, known)


def _known(dataset: Dataset) -> tuple[NDArray[np.int64] | None, bool]:
    """Return the families that are known, and whether there are some that are damaged, which is then said."""
    try:
        known = store.families_of(dataset)
        store.about(dataset)
    except IntegrityError as error:
        st.error(plain(error), icon=":material/error:")
        return None, True
    return known, False


@st.fragment
def _search(dataset: Dataset, wanted: str) -> None:
    """Show the search that is at work, why the last one ended, and offer another: at once where it is `wanted`."""
    if search_row(dataset):
        return
    say_why_not(dataset)
    if wanted:
        _ask(dataset, wanted, 1.0)
    elif store.about(dataset).get("by") == "search":
        with st.popover("Search again", icon=":material/refresh:"):
            _ask(dataset, "Find again", float(store.about(dataset)["tolerance"]))


def search_row(dataset: Dataset) -> bool:
    """Show the search for families of `dataset` that is at work; return whether there is one."""
    at_work = next((job for job in searches_of(dataset) if job.state in LIVE), None)
    if at_work:
        st.fragment(_progress, run_every=0.5)(at_work)
    return at_work is not None


def say_why_not(dataset: Dataset) -> None:
    """Say why the last search for families of `dataset` found nothing, or why what was to follow it did not start."""
    for job in searches_of(dataset)[:1]:
        why = why_not(job)
        if why:
            st.warning(f"No families were found: {plain(why)}", icon=":material/warning:")
        for refused in job.status().get("refused", []):
            st.warning(f"Families were found, but what was to follow could not start: {plain(refused)}",
                       icon=":material/warning:")  # fmt: skip


def _ask(dataset: Dataset, label: str, tolerance: float) -> None:
    chosen = st.slider("Tolerance", 0.5, LOOSEST, tolerance, 0.05, key=f"tolerance-{label}",
                       help="Above 1, images that are less alike still count as copies; below, fewer do. At 1, "
                            "100,000 images take a minute or two.")  # fmt: skip
    if st.button(label, f"find-{dataset.name}", icon=":material/family_history:", type="primary"):
        with errors_shown():
            start_search(dataset, owner=owner(), tolerance=chosen)
            st.rerun()


def _progress(job: Job) -> None:
    status = job.status()
    if status["state"] not in LIVE:
        st.rerun()
    left, right = st.columns([5, 1], vertical_alignment="center")
    done, total = status.get("done", 0), status.get("total", 0)
    text = f"{status['phase']} · {done:,} of {total:,} images · {duration(status.get('seconds_left'))} left"
    left.progress(done / total if total else 0.0, text=text if total else status["phase"])
    if right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
        job.request_stop()


def _summary(dataset: Dataset, known: NDArray[np.int64]) -> None:
    sizes, about = np.bincount(known), store.about(dataset)
    alone = int((sizes == 1).sum())
    text = f"**{len(sizes):,} families** · the largest has {sizes.max():,} images"
    if alone:
        text += f" · {alone:,} image{'s have' if alone > 1 else ' has'} no copy"
    said = len(words.words_of(dataset))
    origin = "as the source says" if about.get("by") == "source" else f"found in {about.get('seconds', 0):.0f} s"
    st.markdown(
        f"{text} · {origin}" + (f" · corrected {said} time{'s' if said > 1 else ''} by people" if said else "")
    )


@st.fragment
def _digit(dataset: Dataset, known: NDArray[np.int64]) -> None:
    digit = st.segmented_control("Digit", range(10), default=0, key="families-digit", required=True)
    found = _look((dataset.fingerprint, store.about(dataset)["index"]), int(digit or 0), dataset)
    mine = words.theirs(dataset)
    for family in found:
        mark = " · a person said so" if family.number in mine else ""
        st.markdown(f"Family {family.number} · **{family.images:,}** images{mark}")
        names = ["mean", "least changed", *["·"] * (len(family.pictures) - 3), "most changed"]
        strip(family.pictures, names[: len(family.pictures)], width=72, columns=len(STEPS) + 1)
    there = len(np.unique(known[dataset.labels == digit]))
    if there > len(found):
        st.caption(f"The {len(found)} largest of {there:,} families of the digit {digit}.")
    correcting.correct(dataset, known, [family.number for family in found])


@st.cache_data(max_entries=30, show_spinner=False)
def _look(shown: tuple[str, str], digit: int, _dataset: Dataset) -> list[Family]:
    known, changes = _dataset.families, _dataset.changes
    assert known is not None
    numbers, sizes = np.unique(known[_dataset.labels == digit], return_counts=True)
    largest = numbers[np.argsort(-sizes, kind="stable")][:SHOWN]
    return [_family(_dataset, int(number), np.flatnonzero(known == number), changes) for number in largest]


def _family(dataset: Dataset, number: int, rows: NDArray[np.int64], changes: NDArray[np.float32] | None) -> Family:
    if changes is not None:
        rows = rows[np.argsort(changes[rows], kind="stable")]
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), 300)).astype(np.int64))
    mean = to_ink(dataset.images[np.sort(rows[some])]).mean(axis=0)
    steps = rows[np.unique((np.array(STEPS) * (len(rows) - 1)).astype(np.int64))]
    copies = [to_ink(np.asarray(dataset.images[row])[None])[0] for row in steps]
    return Family(number, len(rows), [255 - picture.astype(np.uint8) for picture in (mean.round(), *copies)])
