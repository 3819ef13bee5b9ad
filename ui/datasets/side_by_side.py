"""Data sets side by side: how their digits are drawn, and which run was trained on which."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import figures
from digits.dataset import shapes
from digits.dataset.dataset import Dataset
from digits.dataset.shapes import MEASURES
from digits.errors import DigitsError
from digits.figures.distributions import quartiles, style
from digits.job import LIVE
from digits.training.run import Run, all_runs, sound
from ui.claims.others import open_all
from ui.frame import errors_shown, percent, plain
from ui.leak import short_mark

MOST = 5  # runs that are named of a data set, the newest first
Measured = dict[str, dict[str, NDArray[np.float32]]]  # by data set, then by measure


def side_by_side() -> None:
    """Show, once it is opened, how the digits of all data sets of the lab are drawn."""
    opened = st.expander("Data sets side by side", icon=":material/compare:", key="side-by-side", on_change="rerun")
    if opened.open:
        with opened, errors_shown():
            there, damaged = open_all()
            _show(there, damaged)


def _show(there: list[Dataset], damaged: list[str]) -> None:
    names = st.pills("Data sets", [one.name for one in there], default=[one.name for one in there][:5],
                     format_func=plain, selection_mode="multi", key="beside",
                     label_visibility="collapsed")  # fmt: skip
    chosen = [one for one in there if one.name in names]
    measured = _measured(chosen, damaged)
    runs, lost = sound(all_runs())
    for wrong in (*damaged, *lost):
        st.caption(f":material/warning: Left out: {plain(wrong)}")
    if not chosen:
        st.caption("Choose at least one data set.")
    if not measured:
        return
    st.html(legend(list(measured)))
    _charts(measured)
    least = min(len(one["ink"]) for one in measured.values())
    most = max(len(one["ink"]) for one in measured.values())
    st.caption(
        f"Each line is a data set: how many of its images have that value. Measured on {least:,} to {most:,} images "
        "of each, drawn by a seed. A model that learnt one shape of stroke, slant or size has not learnt the others."
    )
    left, right = st.columns(2, gap="large")
    left.markdown(medians(measured))
    with right:
        st.markdown("Which run was trained on which, and what it reads of its test images")
        st.markdown(trained_on(chosen, runs))


def _measured(chosen: list[Dataset], damaged: list[str]) -> Measured:
    """Return the measures of the `chosen`; of one that cannot be read, add to `damaged` what is wrong with it."""
    found: Measured = {}
    for dataset in chosen:
        try:
            found[dataset.name] = measures_of(dataset)
        except DigitsError as error:
            damaged.append(str(error))
    return found


def measures_of(dataset: Dataset) -> dict[str, NDArray[np.float32]]:
    """Return the measures of `dataset`; one that was built before they were kept is measured now."""
    kept = shapes.read(dataset)
    if kept is None:
        with st.spinner(f"Measuring {plain(dataset.name)}: this is done once"):
            kept = shapes.compute(dataset)
    return kept


def legend(names: list[str]) -> str:
    """Return the colour and the dash of each data set as HTML."""
    items = []
    for number, name in enumerate(names):
        colour, dash = style(number)
        line = f"display: inline-block; width: 26px; border-top: 3px {dash} {colour}; vertical-align: middle"
        items.append(f'<span style="margin-right: 18px; white-space: nowrap"><span style="{line}"></span> '
                     f"{html.escape(name)}</span>")  # fmt: skip
    return f'<div class="sbs">{"".join(items)}</div>'


def _charts(measured: Measured) -> None:
    """Show a small chart a measure, a line a data set, four a row."""
    with st.container(horizontal=True, gap="medium"):
        for name, measure in MEASURES.items():
            values = {dataset: found[name] for dataset, found in measured.items()}
            option = figures.distributions(values, measure.low, measure.high, measure.unit)
            with st.container(width=200, gap="xsmall"):
                st.markdown(f"**{measure.name}**")
                words = f"{measure.name}. {figures.distribution_words(values, measure.unit)}"
                st.echarts_chart(option, height=150, key=f"shape-{name}", alt=words)


def medians(measured: Measured) -> str:
    """Return a Markdown table: the median of each measure, a data set a column."""
    lines = [["Median", *map(plain, measured)], [":--", *["--:"] * len(measured)]]
    for name, measure in MEASURES.items():
        values = [f"{quartiles(found[name])[1]:.1f}" for found in measured.values()]
        lines.append([f"{measure.name}, {measure.unit}", *values])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def trained_on(there: list[Dataset], runs: list[Run]) -> str:
    """Return as Markdown which of `runs` was trained on which data set, and what it read of its test images."""
    lines = []
    for dataset in there:
        mine = [_run(run) for run in runs if run.spec["fingerprint"] == dataset.fingerprint]
        lines += [f"- **{plain(dataset.name)}**, {_count(len(mine))}", *(f"    - {line}" for line in mine[:MOST])]
        lines += [f"    - and {len(mine) - MOST} older ones"] if len(mine) > MOST else []
    return "\n".join(lines)


def _count(runs: int) -> str:
    return f"{runs} run{'s' * (runs != 1)}" if runs else "no run"


def _run(run: Run) -> str:
    state, title = run.job.state, run.id
    try:
        title = run.title
        said = percent(run.result()["test_accuracy"]) + short_mark(run) if state == "finished" else state
    except DigitsError:
        said = "damaged"
    return f"{plain(title)}: {said if state not in LIVE else 'at work'}"
