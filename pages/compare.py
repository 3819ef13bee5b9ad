"""Compare: which is better, and is the difference real?"""

from __future__ import annotations

import streamlit as st

from digits import figures
from digits.evaluation.metrics import confusion
from digits.training.run import Run, all_runs
from ui.curves import show_curves
from ui.frame import errors_shown, page, plain
from ui.table import run_table

SHOWN = 4


def main() -> None:
    """Draw the page."""
    page("Compare", "Which is better? Choose runs in the table: their curves and confusion matrices stand below.")
    runs = all_runs()
    if not runs:
        st.markdown("There is no run to compare yet.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    with errors_shown():
        chosen = chosen_runs(runs)
        edit(chosen)
        if chosen:
            st.subheader("Curves", anchor=False)
            show_curves(chosen, key="compare")
            matrices([run for run in chosen if run.job.state == "finished"])


def chosen_runs(runs: list[Run]) -> list[Run]:
    """Show the table; return the chosen runs, at most four, and keep them in the URL."""
    known = {run.id: run for run in runs}
    asked = [id for id in st.query_params.get("runs", "").split(",") if id in known]
    ids = run_table(runs, asked or default_runs(runs))
    st.query_params["runs"] = ",".join(ids[:SHOWN])
    if len(ids) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(ids)} chosen runs are shown.")
    return [known[id] for id in ids[:SHOWN]]


def default_runs(runs: list[Run]) -> list[str]:
    """Return the newest finished run of each framework."""
    newest: dict[str, str] = {}
    for run in runs:
        if run.job.state == "finished":
            newest.setdefault(run.recipe.framework, run.id)
    return list(newest.values())


def edit(chosen: list[Run]) -> None:
    """Name, describe or delete a chosen run."""
    if not chosen:
        return
    with st.popover("Name, note, delete", icon=":material/edit:"):
        titles = {run.id: f"{run.title} ({run.id[:6]})" for run in chosen}
        id = st.selectbox("Run", list(titles), format_func=titles.get)
        run = next(run for run in chosen if run.id == id)
        name = st.text_input("Name", run.label["name"], key=f"name-{id}", max_chars=80)
        note = st.text_area("Note", run.label["note"], key=f"note-{id}", max_chars=2000)
        left, right = st.columns(2)
        if left.button("Save", icon=":material/save:", width="stretch"):
            run.describe(name=name, note=note)
            st.rerun()
        sure = st.checkbox("Yes, delete this run and all that it recorded", key=f"sure-{id}")
        if right.button("Delete", icon=":material/delete:", width="stretch", disabled=not sure):
            run.job.delete()
            st.query_params.clear()
            st.rerun()


def matrices(runs: list[Run]) -> None:
    """Show the confusion matrices side by side."""
    if not runs:
        return
    st.subheader("Confusion on the test images", anchor=False)
    for column, run in zip(st.columns(max(2, len(runs))), runs, strict=False):
        with column:
            logits, labels = run.evaluation("logits"), run.evaluation("labels")
            counts = confusion(logits.argmax(axis=1), labels)
            wrong = len(labels) - int(counts.trace())
            st.markdown(f"**{plain(run.title)}**")
            st.caption(f"{wrong:,} of {len(labels):,} test images are misread. Rows are the truth.")
            st.plotly_chart(figures.confusion(counts, run.recipe.framework), width="stretch",
                            config={"displayModeBar": False}, key=f"matrix-{run.id}")  # fmt: skip


main()
