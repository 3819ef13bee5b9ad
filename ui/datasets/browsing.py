"""Looking at images: five as the notebook shows them, a gallery by digit, and one image with its channels apart."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.images.ink import to_ink
from ui.datasets.reading import index
from ui.datasets.strips import on_paper, strip
from ui.frame import errors_shown, plain
from ui.gallery import gallery

PAGE = 100
CHANNELS = ("Red", "Green", "Blue", "Alpha")


def five(name: str) -> None:
    """Show five random images side by side, their digit as title; a button shows five others."""
    with errors_shown():
        dataset = Dataset.open(name)
        labels, files = index(dataset)
        seed = number_in_address("five", default=0)
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.subheader("Five samples", anchor=False)
        if right.button("Five others", icon=":material/shuffle:", width="stretch"):
            seed += 1
            st.query_params["five"] = str(seed)
        rows = np.random.default_rng(seed).choice(len(labels), 5, replace=False)
        pictures = on_paper(dataset.images[rows])
        strip(pictures, [str(labels[row]) for row in rows], width=120, columns=5, titled=True)
        chosen = ", ".join(plain(files[row]) for row in rows)
        st.caption(f"As the notebook shows them; drawn at random with seed {seed}: {chosen}")


def browse(name: str) -> None:
    """Show a gallery by digit, and beside it the image that was clicked in it."""
    with errors_shown():
        dataset = Dataset.open(name)
        labels, files = index(dataset)
        left, right = st.columns([2, 3], gap="large")
        with right:
            st.subheader("Gallery", anchor=False)
            row = clicked(dataset, labels, files)
        with left:
            one_image(dataset, row)


def clicked(dataset: Dataset, labels: NDArray[np.int64], files: list[str]) -> int:
    """Show a page of the gallery; return the row that was clicked last, in this page or in the address."""
    digits = ["all", *map(str, range(10))]
    digit = st.segmented_control("Digit", digits, default="all", required=True, key="digit", bind="query-params",
                                 wrap=True)  # fmt: skip
    digit = digit or "all"  # an address may name none
    each = rows_of(labels, digit)
    share = PAGE // len(each)
    pages = max(1, -(-max(map(len, each)) // share))
    number = st.pagination(pages, key=f"page-{dataset.name}-{digit}", width="stretch") if pages > 1 else 1
    rows = np.concatenate([rows[(number - 1) * share : number * share] for rows in each])
    captions = [f"{files[row]}, digit {labels[row]}, row {row:,}" for row in rows]
    chosen = gallery(to_ink(dataset.images[rows]), captions, key="gallery", size=42)
    st.caption(f"Page {number:,} of {pages:,}, {len(rows)} images. A click shows the image with its channels.")
    if chosen is not None:
        st.query_params["row"] = str(rows[chosen])
        return int(rows[chosen])
    asked = number_in_address("row", default=int(rows[0]))
    return asked if asked < len(labels) else int(rows[0])


def number_in_address(name: str, *, default: int) -> int:
    """Return the whole number that the page's address gives under `name`, else `default`."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def rows_of(labels: NDArray[np.int64], digit: str) -> list[NDArray[np.int64]]:
    """Return the rows of one digit, or of each: a page takes as many from all of them."""
    digits = range(10) if digit == "all" else [int(digit)]
    return [np.flatnonzero(labels == one) for one in digits]


def one_image(dataset: Dataset, row: int) -> None:
    """Show the image of that row: as it is, its four channels, its ink, and what is known of it."""
    labels, files = index(dataset)
    image = np.asarray(dataset.images[row])
    st.subheader("One image", anchor=False)
    st.markdown(f"**{plain(files[row])}** · digit {labels[row]} · row {row:,}")
    st.caption(f"Shape {image.shape}, {image.dtype}")
    strip([on_paper(image), 255 - to_ink(image)], ["As it is, on white", "Its ink"], width=168, columns=2)
    bounds = [f"{name} {image[..., k].min()}–{image[..., k].max()}" for k, name in enumerate(CHANNELS)]
    strip([image[..., channel] for channel in range(4)], bounds, width=80, columns=4)
    st.caption("The four channels apart, with their bounds: black is 0, white is 255.")
