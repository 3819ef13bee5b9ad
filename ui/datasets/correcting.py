"""A person's word on families: two are one, or some images are another drawing's. It is kept and marked as theirs."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families import words
from digits.errors import IntegrityError
from digits.images.ink import to_ink
from ui.frame import errors_shown, plain
from ui.gallery import gallery

TILES = 96


def correct(dataset: Dataset, known: NDArray[np.int64], shown: list[int]) -> None:
    """Offer to merge the families that are `shown`, to take images out of one, and to forget what people said."""
    with st.expander("Correct families", icon=":material/edit:"):
        _merge(dataset, known, shown)
        _split(dataset, known, shown)
        if words.words_of(dataset):
            _forget(dataset)


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


def _name(number: int) -> str:
    return f"Family {number}"


def _merge(dataset: Dataset, known: NDArray[np.int64], shown: list[int]) -> None:
    chosen = st.multiselect("These families are one drawing", shown, format_func=_name, key="families-merge")
    if st.button("Merge", f"merge-{dataset.name}", disabled=len(chosen) < 2, icon=":material/merge:"):
        _say(dataset, "merge", [int(np.flatnonzero(known == number)[0]) for number in chosen])


def _split(dataset: Dataset, known: NDArray[np.int64], shown: list[int]) -> None:
    number = st.selectbox("Look for images of another drawing in", shown, format_func=_name, index=None,
                          key="families-split")  # fmt: skip
    if number is None:
        return
    rows, changes = np.flatnonzero(known == number), dataset.changes
    if changes is not None:
        rows = rows[np.argsort(changes[rows], kind="stable")]
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
        for key in ("families-merge", "families-split"):
            st.session_state.pop(key, None)
        st.rerun()
