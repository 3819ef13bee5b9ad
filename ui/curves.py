"""Loss and accuracy of several runs on the same axes; redrawn in place, so that live curves do not flicker."""

from __future__ import annotations

import streamlit as st

from digits import figures
from digits.training.run import Run
from ui.frame import percent, plain


def show_curves(runs: list[Run], *, key: str) -> None:
    """Draw both charts of `runs`, by epoch or by seconds of training."""
    words = {"epoch": "by epoch", "seconds": "by seconds"}
    by = st.segmented_control(
        "Axis", list(words), default="epoch", format_func=words.get, key=f"{key}-by", label_visibility="collapsed"
    )
    tables = [{"title": run.title, "framework": run.recipe.framework, "lines": run.metrics()} for run in runs]
    left, right = st.columns(2)
    for column, value in ((left, "loss"), (right, "accuracy")):
        with column:
            option = figures.curves(tables, value, by or "epoch")
            st.echarts_chart(option, height=360, key=f"{key}-{value}", alt=_words(tables, value))
    st.caption("Thin and dashed: training images. Thick: test images. Loss is the mean cross-entropy.")


def _words(tables: list[dict], value: str) -> str:
    """Return the chart's last points as text."""
    ends = []
    for table in tables:
        last = [line for line in table["lines"] if line["kind"] == "epoch"][-1:]
        if last:
            number = last[0][f"test_{value}"]
            shown = percent(number) if value == "accuracy" else f"{number:.4f}"
            ends.append(f"{plain(table['title'])}: test {value} {shown} after epoch {last[0]['epoch']}")
    return "; ".join(ends) or f"No {value} is recorded yet"
