"""Families on the Dataset page: which images are copies of one drawing, for a person to check and to correct."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.engine.families import LOOSEST, searches_of, start_search, why_not
from digits.errors import IntegrityError
from digits.job import LIVE, Job
from ui.datasets import correcting, family
from ui.frame import duration, errors_shown, owner, plain
from ui.jobs import say_refused
from ui.live import live

SHOWN = 12  # families of a digit on a page, the largest first


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
        if correcting.words_can_be_read(dataset) and known is not None:
            _summary(dataset, known)
            _digit(dataset)


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
        with st.container():  # several may be shown on one page
            live(_progress, at_work, every=0.5)
    return at_work is not None


def say_why_not(dataset: Dataset) -> None:
    """Say why the last search for families of `dataset` found nothing, or why what was to follow it did not start."""
    for job in searches_of(dataset)[:1]:
        why = why_not(job)
        if why:
            st.warning(f"No families were found: {plain(why)}", icon=":material/warning:")
        say_refused(job.status(), "Families were found")


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
def _digit(dataset: Dataset) -> None:
    with errors_shown():
        known = store.families_of(dataset)  # anew: somebody may have corrected them since the page was drawn
        if known is None:
            return
        correcting.forget_old_choices(dataset)
        digit = int(st.segmented_control("Digit", range(10), default=0, key="families-digit", required=True,
                                         on_change=correcting.forget_choices) or 0)  # fmt: skip
        shown = _page(family.numbers_of(known, dataset.labels, digit), digit, dataset.name)
        theirs = words.theirs(dataset)
        for one in family.look(dataset, known, shown, digit):
            family.show(one, " · a person said so" if one.number in theirs else "")
        correcting.correct(dataset, known, shown, digit)


def _page(numbers: NDArray[np.int64], digit: int, name: str) -> list[int]:
    """Return the families of one page; ask for the page where there are several."""
    pages = max(1, -(-len(numbers) // SHOWN))
    page = st.pagination(pages, key=f"families-page-{name}-{digit}", width="stretch") if pages > 1 else 1
    shown = numbers[(page - 1) * SHOWN : page * SHOWN].tolist()
    if pages > 1:
        first = (page - 1) * SHOWN + 1
        st.caption(f"Families {first:,} to {first + len(shown) - 1:,} of the {len(numbers):,} of the digit {digit}, "
                   "those with most images first.")  # fmt: skip
    return [int(number) for number in shown]
