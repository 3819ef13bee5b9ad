"""Loss and accuracy of several runs on the same axes; redrawn in place, so that live curves do not flicker."""

from __future__ import annotations

import html

import streamlit as st

from digits import figures
from digits.evaluation.comparison import seed_groups
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.run import Run
from ui.frame import percent
from ui.leak import short_mark

SIGNS = {"pytorch": "●", "tensorflow": "▲"}  # the symbols that the charts draw (palette.SYMBOLS)
AXES = {"epoch": "by epoch", "seconds": "by seconds"}


def show_curves(runs: list[Run], *, key: str, opened: bool = True) -> None:
    """Draw both charts of `runs`, by epoch or by seconds of training; seeds of one recipe as a band, if wished.

    Where the charts are not `opened`, only what is chosen for them is kept, in the URL too.
    """
    groups = seed_groups(runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        by = st.segmented_control("Axis", list(AXES), default="epoch", format_func=AXES.get, key=f"{key}-by",
                                  label_visibility="collapsed", bind="query-params")  # fmt: skip
        grouped = len(groups) < len(runs) and st.toggle(
            "Seeds of a recipe as median and band", value=True, key=f"{key}-band", bind="query-params",
            help="Runs that differ in nothing but the seed become one line, their median, in a band from the least "
            "to the greatest value. The seed decides the split, the first weights and the order of the images.",
        )  # fmt: skip
    if not opened:
        return
    tables = [_table(group) for group in (groups if grouped else [[run] for run in runs])]
    st.html(legend(tables))
    left, right = st.columns(2)
    for column, value in ((left, "loss"), (right, "accuracy")):
        with column:
            option = figures.curves(tables, value, by or "epoch")
            st.echarts_chart(option, height=340, key=f"{key}-{value}", alt=_words(tables, value))
    band = " The band reaches from the least to the greatest test value of the seeds." if grouped else ""
    st.caption(f"Thin and dashed: training images. Thick: test images. Loss is the mean cross-entropy in "
               f"nats: 0 is certainty, 2.30 a guess among ten digits.{band}")  # fmt: skip


def _table(group: list[Run]) -> Json:
    """Return what the figure draws as one: a run's records, or those of several seeds."""
    first = group[0]
    if len(group) == 1:
        title = f"{first.title}{short_mark(first)}"
        return {"title": title, "framework": first.recipe.framework, "lines": first.metrics()}
    title = f"{_name(first)}, {len({run.recipe.seed for run in group})} seeds{short_mark(first)}"
    return {"title": title, "framework": first.recipe.framework, "members": [run.metrics() for run in group]}


def _name(run: Run) -> str:
    """Return a run's title without its seed, unless a person has named it."""
    named = run.label["name"] != presets.title(run.recipe)
    seedless = presets.title(run.recipe.changed(seed=recipes.Recipe.seed))
    apart = f" · {run.apart}" if run.apart == run.dataset_name else ""
    return run.title if named else f"{FRAMEWORK_NAMES[run.recipe.framework]} · {seedless}{apart}"


def legend(tables: list[Json]) -> str:
    """Return a legend that breaks its lines where the page is narrow, which a chart's own does not."""
    entries = [
        f'<span style="display: inline-block; margin-right: 1.4em"><span style="color: {colour}" aria-hidden="true">'
        f"━{SIGNS[table['framework']]}━</span> {html.escape(table['title'])}</span>"
        for table, colour in zip(tables, figures.colours(tables), strict=True)
    ]
    return f'<div style="font-size: 0.9rem; line-height: 1.6; overflow-wrap: anywhere">{" ".join(entries)}</div>'


def _words(tables: list[Json], value: str) -> str:
    """Return the chart's last points as text."""
    ends = []
    for table in tables:
        of_runs = table.get("members") or [table["lines"]]
        last = [line for lines in of_runs for line in [line for line in lines if line["kind"] == "epoch"][-1:]]
        if last:
            numbers = [line[f"test_{value}"] for line in last]
            shown = " to ".join(_number(number, value) for number in sorted({min(numbers), max(numbers)}))
            ends.append(f"{table['title']}: test {value} {shown} after epoch {last[0]['epoch']}")
    return "; ".join(ends) or f"No {value} is recorded yet"


def _number(number: float, value: str) -> str:
    return percent(number) if value == "accuracy" else f"{number:.4f}"
