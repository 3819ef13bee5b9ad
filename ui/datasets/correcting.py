"""A person's word on families: two are one, or some images are another drawing's. It is kept and marked as theirs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import store, words
from digits.errors import IntegrityError
from digits.images.ink import to_ink
from ui.datasets import family
from ui.frame import errors_shown, plain
from ui.gallery import gallery

TILES = 96
SEEN = "families-seen"  # in the session: the families that the choices below were made of
CHOICES: dict[str, object] = {"families-merge": [], "families-split": None}  # by key: nothing chosen
ANY = "Those on the page are offered; any other can be typed by its number, or found by one of its images below."
Rows = NDArray[np.int64]


def correct(dataset: Dataset, known: Rows, shown: list[int], digit: int) -> None:
    """Offer to merge families of `digit`, to take images out of one, and to forget what people said.

    Those that are `shown` are offered; others are typed by their number, for a data set may have thousands.
    """
    with st.expander("Correct families", icon=":material/edit:"):
        _merge(dataset, known, shown, digit)
        _split(dataset, known, shown, digit)
        _find(dataset, known)
        if words.words_of(dataset):
            _forget(dataset)


def forget_choices() -> None:
    """Choose nothing any more: what was chosen is of another digit, or of families that are others now."""
    for key, nothing in CHOICES.items():
        if key in st.session_state:
            st.session_state[key] = nothing


def forget_old_choices(dataset: Dataset) -> None:
    """Choose nothing any more if the families are others than when this session chose some: numbers have moved."""
    now, before = (dataset.fingerprint, store.about(dataset).get("index")), st.session_state.get(SEEN)
    if before and before != now and any(st.session_state.get(key) for key in CHOICES):
        st.toast("The families have changed meanwhile: choose again.", icon=":material/warning:")
    if before != now:
        forget_choices()
    st.session_state[SEEN] = now


def words_can_be_read(dataset: Dataset) -> bool:
    """Tell whether what people said can be read; where not, say so and offer to forget it."""
    try:
        words.words_of(dataset)
    except IntegrityError as error:
        st.error(plain(error), icon=":material/error:")
        _forget(dataset)
        return False
    return True


def _forget(dataset: Dataset) -> None:
    if st.button("Forget all corrections", f"forget-{dataset.name}", icon=":material/undo:"):
        with errors_shown():
            words.take_back(dataset)
            st.toast("The families are again those before the first correction.")
            st.rerun()


def _merge(dataset: Dataset, known: Rows, shown: list[int], digit: int) -> None:
    typed = st.multiselect("These families are one drawing", shown, format_func=str, key="families-merge", help=ANY,
                           accept_new_options=True, select_all=False,
                           placeholder="Choose or type numbers of families")  # fmt: skip
    chosen = list(dict.fromkeys(one for text in typed if (one := _number(text, known, dataset, digit)) is not None))
    for one in family.look(dataset, known, [number for number in chosen if number not in shown], digit):
        family.show(one)
    if st.button("Merge", f"merge-{dataset.name}", disabled=len(chosen) < 2, icon=":material/merge:") and chosen:
        _say(dataset, "merge", [int(family.rows_of(dataset, known, number, digit)[0]) for number in chosen])


def _number(text: object, known: Rows, dataset: Dataset, digit: int) -> int | None:
    """Return the family of `digit` that was chosen or typed; say so if there is none."""
    word = str(text).strip().removeprefix("Family").strip()
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else -1
    if ((known == number) & (dataset.labels == digit)).any():
        return number
    st.caption(f":material/warning: No family of the digit {digit} has the number {plain(str(text)[:40])}.")
    return None


def _find(dataset: Dataset, known: Rows) -> None:
    """Ask for an image, and show its family."""
    row = st.number_input("Which family is an image in? Its row", 0, len(known) - 1, None, key="families-row",
                          help="The gallery above says the row of each image.")  # fmt: skip
    if row is not None:
        digit = int(dataset.labels[row])
        st.caption(f"Image {row:,} is a {digit}. Its family:")
        for one in family.look(dataset, known, [int(known[row])], digit):
            family.show(one)


def _split(dataset: Dataset, known: Rows, shown: list[int], digit: int) -> None:
    typed = st.selectbox("Look for images of another drawing in", shown, format_func=str, index=None, help=ANY,
                         key="families-split", accept_new_options=True,
                         placeholder="Choose or type the number of a family")  # fmt: skip
    number = None if typed is None else _number(typed, known, dataset, digit)
    if number is None:
        return
    rows = family.rows_of(dataset, known, number, digit)
    tiles = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), TILES)).astype(np.int64))]
    st.caption("From the least to the most changed. Click an image.")
    inks = to_ink(np.stack([np.asarray(dataset.images[row]) for row in tiles]))
    place = gallery(inks, [f"image {row}" for row in tiles], key=f"families-gallery-{number}")
    if place is None:
        return
    row = int(tiles[place])
    more = rows[int(np.flatnonzero(rows == row)[0]) :]
    one, rest = st.columns(2)
    if one.button("Take this image out", f"out-{dataset.name}", icon=":material/call_split:", width="stretch"):
        _say(dataset, "split", [row])
    if rest.button(
        f"Take out this and all {len(more) - 1:,} that are changed more", f"more-{dataset.name}", width="stretch"
    ):
        _say(dataset, "split", more.tolist())


def _say(dataset: Dataset, what: str, images: list[int]) -> None:
    with errors_shown():
        words.say(dataset, what, images)
        for key in CHOICES:
            st.session_state.pop(key, None)
        st.rerun()
