"""Images that can be clicked: the clicked one is shown large, with what each model says of it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import figures
from digits.evaluation.metrics import probabilities
from digits.images.frame import frame
from digits.images.ink import to_ink
from digits.training.run import Run
from ui.comparison.stored import answers_of, pictures_of
from ui.frame import errors_shown, percent, plain
from ui.gallery import gallery
from ui.pictures import tiles

PAGE = 60  # tiles at a time
HINT = "Click an image to see it large, with what each model says."
Positions = NDArray[np.int64]


@st.fragment
def clickable(positions: Positions, runs: list[Run], *, key: str) -> None:
    """Show the test images at `positions` as tiles; a click shows one large, with the answers of all `runs`.

    `runs` were tested on the same images. A tile says on hovering what its label is and what each of them reads.
    """
    with errors_shown():  # inside the fragment: Streamlit keeps an error from getting out of one
        shown = _leaf(positions, key)
        dataset = pictures_of(runs[0])
        rows = answers_of(runs[0]).rows[shown]
        captions = [_said(int(position), runs) for position in shown]
        index = gallery(to_ink(dataset.images[rows]), captions, key=key, size=48)
        if index is not None:
            enlarged(int(shown[index]), runs, key=key)


def _leaf(positions: Positions, key: str) -> Positions:
    """Return the `positions` of the leaf that is open: 60, with a choice where there are more."""
    leaves = -(-len(positions) // PAGE)
    if leaves < 2:
        return positions
    number = st.number_input(f"Leaf of {leaves:,}, {PAGE} images each", 1, leaves, 1, key=f"{key}-leaf", width=220)
    return positions[PAGE * (number - 1) : PAGE * number]


def _said(position: int, runs: list[Run]) -> str:
    """Return what the tile of an image says: its label, and what each run reads."""
    label = int(answers_of(runs[0]).labels[position])
    said = [f"{answers_of(run).digits[position]} ({percent(answers_of(run).confidence[position])})" for run in runs]
    return f"a {label}, read as {', '.join(said)}"


def enlarged(position: int, runs: list[Run], *, key: str) -> None:
    """Show a test image large, its file and label, and the ten probabilities of each run."""
    answers, dataset = answers_of(runs[0]), pictures_of(runs[0])
    row, label = int(answers.rows[position]), int(answers.labels[position])
    ink = to_ink(dataset.images[row])
    with st.container(border=True):
        left, right = st.columns([1, 3])
        with left:
            st.image(tiles(ink[None], columns=1, scale=5), alt=f"Image {row}, a {label}")
            st.markdown(f"A **{label}** · {plain(dataset.files[row])}")
            st.caption(f"Image {row:,} of {plain(dataset.name)}, test image {position:,}")
            for how in {run.recipe.frame for run in runs} - {"as-drawn"}:
                seen, words = tiles(frame(ink, how)[None], columns=1, scale=3), f"As a model sees it, {how}"
                st.image(seen, caption=words, alt=f"Image {row}, a {label}. {words}")
        with right:
            for column, run in zip(_grid(len(runs)), runs, strict=False):
                with column:
                    _bars(run, position, label, key=key)


def _grid(count: int) -> list:
    """Return `count` columns, two a row."""
    return [column for _ in range(-(-count // 2)) for column in st.columns(2)]


def _bars(run: Run, position: int, label: int, *, key: str) -> None:
    answers = answers_of(run)
    shares = probabilities(answers.logits[position : position + 1])[0]
    digit = int(answers.digits[position])
    icon = ":material/check:" if digit == label else ":material/close:"
    st.markdown(f"{icon} {plain(run.title)}: **{digit}** with {percent(shares[digit])}")
    words = ", ".join(f"{digit} {percent(share)}" for digit, share in enumerate(shares))
    st.echarts_chart(figures.bars(shares, run.recipe.framework), height=170, key=f"{key}-bars-{run.id}",
                     alt=f"Ten probabilities of {run.title}: {words}")  # fmt: skip
