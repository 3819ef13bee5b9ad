"""The table of runs, best first, with boxes to choose by."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from digits.files import Json
from digits.job import LIVE
from digits.settings import FRAMEWORK_NAMES
from digits.training.leak import leak_of
from digits.training.run import Run
from ui.leak import cell
from ui.spreadsheet import csv_of

NUMBERS = {
    "test_accuracy": ("Accuracy", "%.2f %%"),
    "leak": ("Leak", None),
    "test_loss": ("Test loss", "%.4f"),
    "seconds": ("Training, s", "%.1f"),
    "epoch_seconds": ("Epoch, s", "%.3f"),
    "parameters": ("Parameters", "localized"),
}
WORDS = {"framework": "Framework", "name": "Name", "dataset": "Data set", "state": "State", "note": "Note"}
ORDER = ("framework", "name", "dataset", "state", *NUMBERS, "note")
LEAK = "Share of the test images that have a relative in training: a copy of the same drawing, or the same writer's."
FIRST = ("framework", "name", "test_accuracy")  # on the screen: what a phone shows without moving the table
ACCURACY = "Share of the test images that are read right."
LOSS = "Mean cross-entropy of the test images in nats: 0 is certainty, 2.30 a guess among ten digits."


def table_rows(runs: list[Run]) -> list[Json]:
    """Return a row a run: finished ones first, the best test accuracy at the top, then the others, newest first."""
    rows = [_row(run) for run in runs]
    return sorted(rows, key=lambda row: -1.0 if row["test_accuracy"] is None else -2 - row["test_accuracy"])


def run_table(rows: list[Json], chosen: list[str]) -> list[str]:
    """Show `rows` with boxes, those of the ids `chosen` ticked; return the ids that are ticked, in the rows' order.

    A box belongs to its row's place, so the table is another one (by its key) whenever the order has changed.
    """
    import pandas as pd

    ids = [row["id"] for row in rows]
    columns = list(dict.fromkeys((*FIRST, *ORDER)))
    shown = [{**row, "test_accuracy": _percent(row["test_accuracy"]), "leak": cell(row["leak"])} for row in rows]
    config: dict[str, Any] = {name: st.column_config.TextColumn(label) for name, label in WORDS.items()}
    config["framework"] = st.column_config.TextColumn("Framework", pinned=True)
    for name, (label, form) in NUMBERS.items():
        config[name] = st.column_config.NumberColumn(label, format=form)
    config["test_accuracy"] = st.column_config.NumberColumn("Accuracy", format="%.2f %%", help=ACCURACY)
    config["test_loss"] = st.column_config.NumberColumn("Test loss", format="%.4f", help=LOSS)
    config["leak"] = st.column_config.TextColumn("Leak", help=LEAK)
    ticked = st.dataframe(
        pd.DataFrame(shown, columns=columns), column_config=config, hide_index=True, width="stretch",
        placeholder="–", on_select="rerun", selection_mode="multi-row", key=table_key(ids, chosen),
        selection_default={"selection": {"rows": [ids.index(id) for id in chosen if id in ids]}},
        alt="Runs, best first; a tick shows a run below",
    )  # fmt: skip
    return [ids[place] for place in sorted(ticked["selection"]["rows"]) if place < len(ids)]


def table_key(ids: list[str], asked: list[str]) -> str:
    """Return the table's key: another one for other rows, or when the URL asks for what the table did not say."""
    if st.session_state.get("runs-said") != ",".join(asked):
        st.session_state["runs-asked"] = st.session_state.get("runs-asked", 0) + 1
    order = hashlib.sha256(",".join(ids).encode()).hexdigest()[:12]
    return f"runs-{st.session_state['runs-asked']}-{order}"


def table_csv(rows: list[Json]) -> bytes:
    """Return `rows` as CSV: accuracies and leaks are fractions from 0 to 1, times seconds."""
    names = ("id", *ORDER)
    return csv_of(names, [[row[name] for name in names] for row in rows])


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _row(run: Run) -> Json:
    status = run.job.status()
    result = run.result() if status["state"] == "finished" else {}
    each = result.get("epoch_seconds") or []
    label = run.label
    return {
        "id": run.id, "framework": FRAMEWORK_NAMES[run.recipe.framework], "name": label["name"],
        "dataset": run.dataset_name, "state": _state(run, status), "test_accuracy": result.get("test_accuracy"),
        "leak": leak_of(run),
        "test_loss": result.get("test_loss"), "seconds": result.get("train_seconds", status.get("train_seconds")),
        "epoch_seconds": sum(each) / len(each) if each else None, "parameters": run.recipe.parameters,
        "note": label["note"], "tuned": run.tuning is not None,
    }  # fmt: skip


def _state(run: Run, status: Json) -> str:
    """Return the state in words; of a run that is not finished, how far it came."""
    if status["state"] == "finished" or "epoch" not in status or status["state"] in LIVE:
        return str(status["state"])
    return f"{status['state']} at epoch {status['epoch']:.1f} of {run.recipe.epochs}"
