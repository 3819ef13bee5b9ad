"""Precision, recall, F1 and support a digit, as `classification_report` gives them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits.evaluation.report import MEASURES, report_of
from digits.files import Json
from digits.training.run import Run
from ui.frame import errors_shown, percent, plain
from ui.leak import mark
from ui.spreadsheet import csv_of

ROWS = {"macro": "mean", "weighted": "weighted"}


def show_reports(runs: list[Run], opened: bool) -> None:
    """Show a table a run, two a row."""
    if not opened:
        return
    st.caption(
        "Precision: of the images read as this digit, the share that is it. Recall: of the images of this digit, the "
        "share that is read so. F1: their harmonic mean. Support: test images of this digit. Below them: the "
        "plain mean of the digits, and the mean weighted by support."
    )
    for start in range(0, len(runs), 2):
        for column, run in zip(st.columns(2, gap="large"), runs[start : start + 2], strict=False):
            with column, errors_shown():
                _one(run, report_of(run))


def _one(run: Run, report: Json) -> None:
    import pandas as pd

    lines = [{"digit": str(line["digit"]), **_numbers(line)} for line in report["digits"]]
    lines += [{"digit": words, **_numbers(report[name])} for name, words in ROWS.items()]
    config: dict[str, Any] = {"digit": st.column_config.TextColumn("Digit", width=68)}
    config |= {name: st.column_config.NumberColumn(name.capitalize(), format="%.2f %%", width=70)
               for name in MEASURES}  # fmt: skip
    config["support"] = st.column_config.NumberColumn("Support", format="localized", width=66)
    st.markdown(f"**{plain(run.title)}** · accuracy {percent(report['accuracy'], digits=2)}{mark(run)}")
    st.dataframe(pd.DataFrame(lines), column_config=config, hide_index=True, width="stretch", height="content",
                 key=f"report-{run.id}", alt=f"Precision, recall, F1 and support a digit of {run.title}")  # fmt: skip
    st.download_button("Save the table", report_csv(report), f"{run.id}-digits.csv", "text/csv",
                       key=f"report-csv-{run.id}", icon=":material/download:", on_click="ignore")  # fmt: skip
    worst = min(report["digits"], key=lambda line: line["f1"])
    st.caption(f"Hardest digit: {worst['digit']}, F1 {100 * worst['f1']:.2f} %.")


def report_csv(report: Json) -> bytes:
    """Return a report as CSV, a line a digit and one for each mean: measures are fractions from 0 to 1."""
    names = ("digit", *MEASURES, "support")
    lines = [*report["digits"], *({"digit": words, **report[name]} for name, words in ROWS.items())]
    return csv_of(names, [[line[name] for name in names] for line in lines])


def _numbers(line: Json) -> Json:
    return {**{name: 100 * line[name] for name in MEASURES}, "support": line["support"]}
