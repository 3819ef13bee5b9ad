"""The table of runs, best first, with boxes to choose by."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits.settings import FRAMEWORK_NAMES
from digits.training.run import Run

COLUMNS = {
    "test_accuracy": ("Test accuracy", "%.2f %%"),
    "test_loss": ("Test loss", "%.4f"),
    "seconds": ("Training, s", "%.1f"),
    "epoch_seconds": ("Epoch, s", "%.3f"),
    "parameters": ("Parameters", "localized"),
}


def run_table(runs: list[Run], chosen: list[str]) -> list[str]:
    """Show `runs` with boxes, those in `chosen` ticked; return the ids that are ticked, best first."""
    import pandas as pd

    rows = sorted((_row(run, run.id in chosen) for run in runs), key=lambda row: -(row["test_accuracy"] or 0))
    table = pd.DataFrame(rows)
    config: dict[str, Any] = {"id": None, "chosen": st.column_config.CheckboxColumn("Show")}
    for name, (label, form) in COLUMNS.items():
        config[name] = st.column_config.NumberColumn(label, format=form)
    for name in ("framework", "recipe", "dataset", "state", "note"):
        config[name] = st.column_config.TextColumn("Data set" if name == "dataset" else name.capitalize())
    edited = st.data_editor(
        table, column_config=config, hide_index=True, width="stretch",
        disabled=[name for name in table.columns if name != "chosen"], key=f"runs-{len(runs)}",
    )  # fmt: skip
    return [str(id) for id in edited.loc[edited["chosen"], "id"]]


def _row(run: Run, chosen: bool) -> dict[str, Any]:
    state = run.job.state
    result = run.result() if state == "finished" else {}
    seconds = result.get("epoch_seconds") or []
    return {
        "chosen": chosen, "framework": FRAMEWORK_NAMES[run.recipe.framework], "recipe": run.label["name"],
        "dataset": run.recipe.dataset, "state": state,
        "test_accuracy": 100 * result["test_accuracy"] if result else None, "test_loss": result.get("test_loss"),
        "seconds": result.get("train_seconds"), "epoch_seconds": sum(seconds) / len(seconds) if seconds else None,
        "parameters": run.recipe.parameters, "note": run.label["note"], "id": run.id,
    }  # fmt: skip
