"""Confusion matrices side by side; a cell that is clicked shows its images."""

from __future__ import annotations

import streamlit as st

from digits import figures
from digits.evaluation.comparison import cell
from digits.evaluation.metrics import confusion
from digits.training.run import Run
from ui.comparison.images import HINT, clickable
from ui.comparison.stored import answers_of, same_images
from ui.frame import plain
from ui.matrix import matrix

WORDS = {"counts": "Counts", "shares": "Shares"}


def show_matrices(runs: list[Run], opened: bool) -> None:
    """Show the matrices of finished `runs`, two a row, each with the images of its clicked cell."""
    kind = st.segmented_control("Cells", list(WORDS), default="counts", format_func=WORDS.get, key="cells",
                                label_visibility="collapsed", bind="query-params")  # fmt: skip
    if not opened:
        return
    st.subheader("Confusion on the test images", anchor=False)
    unit = "in percent of a row" if kind == "shares" else "in images"
    st.caption(f"Rows are the truth, columns the answers, {unit}. The colour exaggerates small shares (fourth "
               "root), so that few errors are seen. Click a cell to see its images.")  # fmt: skip
    for start in range(0, len(runs), 2):
        for column, run in zip(st.columns(2, gap="large"), runs[start : start + 2], strict=False):
            with column:
                _one(run, [other for other in runs if same_images(run, other)], kind == "shares")


@st.fragment
def _one(run: Run, others: list[Run], shares: bool) -> None:
    """Show one matrix and below it the images of its clicked cell."""
    answers = answers_of(run)
    counts = confusion(answers.digits, answers.labels)
    st.markdown(f"**{plain(run.title)}**")
    title = f"Confusion matrix of {run.title}, rows are the truth"
    cells = figures.confusion(counts, run.recipe.framework, shares=shares)
    chosen = matrix(cells, title, key=f"matrix-{run.id}")
    if chosen is None:
        return
    label, digit = chosen
    positions = cell(answers, label, digit)
    st.markdown(f"**{len(positions):,} {'image' if len(positions) == 1 else 'images'} of a {label} read as {digit}**"
                + (", the surest answers first" if len(positions) > 1 else ""))  # fmt: skip
    if len(positions):
        st.caption(HINT)
        first = [run, *(other for other in others if other.id != run.id)]
        clickable(positions, first, key=f"cell-{run.id}-{label}-{digit}")
