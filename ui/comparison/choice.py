"""Which runs are compared: the table, what the URL asks for, and what can be done with a run."""

from __future__ import annotations

import streamlit as st

from digits.files import Json
from digits.job import LIVE
from digits.training.run import LONGEST, Run, told_apart
from ui.boxes import missing
from ui.frame import errors_shown, percent, plain
from ui.jobs import run_row
from ui.leak import mark
from ui.live import live
from ui.table import run_table, table_csv, table_rows


def choose(runs: list[Run]) -> list[Run]:
    """Show the table; return the chosen runs, best first, and keep them in the URL."""
    known = {run.id: run for run in runs}
    rows = table_rows(runs)
    asked = asked_for(rows)
    unknown = [id for id in st.query_params.get("runs", "").split(",") if id and id not in known]
    if unknown:
        st.caption(missing(unknown, "the others" if asked else "the best of each framework"))
    ids = run_table(rows, asked if asked is not None else default_ids(rows))
    st.session_state["runs-said"] = st.query_params["runs"] = ",".join(ids)
    with st.container(horizontal=True):
        saved = [row for row in rows if row["id"] in ids] or rows
        st.download_button("CSV", table_csv(saved), "runs.csv", "text/csv", icon=":material/download:",
                           on_click="ignore", help="The chosen runs as a table; all, if none is chosen.")  # fmt: skip
        edit([known[id] for id in ids])
    return told_apart([known[id] for id in ids])


def asked_for(rows: list[Json]) -> list[str] | None:
    """Return the ids that the URL asks for, else what was chosen before on this page; None if neither is there."""
    asked = st.query_params.get("runs", st.session_state.get("runs-said"))
    if asked is None:
        return None
    found = [row["id"] for row in rows if row["id"] in asked.split(",")]
    return found if found or not asked else None


def default_ids(rows: list[Json]) -> list[str]:
    """Return the best finished run of each framework; where none is finished, the newest of each.

    Those that were tuned on somebody's drawings come after all others.
    """
    best: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: bool(row.get("tuned"))):
        best.setdefault(row["framework"], row["id"])
    return [row["id"] for row in rows if row["id"] in best.values()]


def edit(chosen: list[Run]) -> None:
    """Name, describe or delete a chosen run."""
    with st.popover("Name, note, delete", icon=":material/edit:", disabled=not chosen):
        if not chosen:
            return
        titles = {run.id: f"{run.title} ({run.id[:6]})" for run in chosen}
        id = st.selectbox("Run", list(titles), format_func=titles.get, key="edited")
        run = next((run for run in chosen if run.id == id), chosen[0])
        with st.form(f"describe-{run.id}", border=False):
            name = st.text_input("Name", run.label["name"], max_chars=4 * LONGEST["name"])
            note = st.text_area("Note", run.label["note"], max_chars=4 * LONGEST["note"])
            if st.form_submit_button("Save", icon=":material/save:", width="stretch"):
                with errors_shown():
                    run.describe(name=name, note=note)
                    st.rerun()
        delete(run)


def delete(run: Run) -> None:
    """Delete a run, once that is confirmed."""
    sure = st.checkbox("Yes, delete this run and all that it recorded", key=f"sure-{run.id}")
    if st.button("Delete", icon=":material/delete:", width="stretch", disabled=not sure, key=f"delete-{run.id}"):
        with errors_shown():
            run.job.delete()
            st.rerun()


def watch(chosen: list[Run]) -> None:
    """Show those of `chosen` that are at work, with a bar; draw the page anew when one has ended."""
    at_work = [run for run in chosen if run.job.state in LIVE]
    if at_work:
        live(_watch, at_work, every=1.0)


def _watch(live: list[Run]) -> None:
    with errors_shown():
        at_work = [run_row(run) for run in live]
        if not all(at_work):
            st.rerun(scope="app")


def heads(runs: list[Run]) -> None:
    """Show each run's test accuracy, large, and how many images it misreads."""
    with st.container(horizontal=True, gap="large"):
        for run in runs:
            result = run.result()
            images = result["test_images"]
            misread = round((1 - result["test_accuracy"]) * images)
            with st.container(width="content", gap="xsmall"):
                st.metric(plain(run.title), percent(result["test_accuracy"], digits=2), width="content",
                          delta=f"{misread:,} of {images:,} test images are misread", delta_color="off",
                          delta_arrow="off")  # fmt: skip
                if leaking := mark(run).removeprefix(" · "):
                    st.caption(leaking)
