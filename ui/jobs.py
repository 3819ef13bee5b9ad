"""Jobs at work, as rows with a bar, the time left and a stop."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from digits import job as jobs
from digits.engine import local
from digits.errors import IntegrityError, NotFoundError
from digits.files import Json
from digits.job import LIVE, Job
from digits.training.run import Run
from ui.frame import duration, errors_shown, owner, percent, plain
from ui.leak import mark
from ui.queue import place

ICONS = {"finished": "check_circle", "failed": "error", "stopped": "stop_circle", "interrupted": "bolt"}


def build_row(job: Job) -> bool:
    """Show a build, or what is wrong with its folder; return whether it is at work."""
    live = False
    with errors_shown():
        status, spec = job.status(), job.spec()
        live = status["state"] in LIVE
        _build_row(job, status, spec)
    return live


def _build_row(job: Job, status: Json, spec: Json) -> None:
    live = status["state"] in LIVE
    left, right = st.columns([5, 1], vertical_alignment="center")
    done, total = status.get("done", 0), status.get("total", 0)
    with left:
        if live:
            text = f"**{plain(spec['name'])}** · {plain(status['phase'])}"
            if total:
                text += f" {done:,} of {total:,} images · {duration(status.get('seconds_left'))} left"
            st.progress(done / total if total else 0.0, text=text)
        else:
            _ended(f"Building {spec['name']}", status, again="; build it again")
            say_refused(status, "The data set was built")
    if live and right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
        job.request_stop()


def run_row(run: Run) -> bool:
    """Show a run with what it is at, where it waits, or how it ended; return whether it is at work."""
    status = run.job.status()
    live = status["state"] in LIVE
    if status["state"] == "finished":
        _ended(run.title, status, _outcome(run))
        return False
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        if live:
            st.progress(min(1.0, status.get("epoch", 0.0) / run.recipe.epochs), text=_running(run, status))
        else:
            _ended(run.title, status)
    with right, errors_shown():
        _act(run, status)
    return live


def _act(run: Run, status: Json) -> None:
    """Offer what can be done with a run now: stop it, or go on with it."""
    if status["state"] in LIVE:
        asked = (run.folder / "stop").exists()
        if st.button("Stop", key=f"stop-{run.id}", icon=":material/stop:", width="stretch", disabled=asked):
            run.job.request_stop()
    elif status["state"] != "finished":
        kept = (run.folder / "checkpoint.safetensors").exists()
        label = "Resume" if kept or status["state"] != "failed" else "Start again"
        if st.button(label, key=f"resume-{run.id}", icon=":material/play_arrow:", width="stretch"):
            local.resume(run, owner=owner())
            st.rerun()


def _running(run: Run, status: Json) -> str:
    name = f"**{plain(run.title)}** · "
    if (run.folder / "stop").exists():
        return name + "stops after this step"
    if waits := place(run.job):
        return name + waits
    if "epoch" not in status:
        return f"{name}{plain(status['phase'])}"
    return (
        f"{name}epoch **{status['epoch']:.1f}** of {run.recipe.epochs} · "
        f"**{status['images_per_second']:,.0f}** images/s · **{duration(status['seconds_left'])}** left"
    )


def _outcome(run: Run) -> str:
    """Return what came out of a finished run, in numbers."""
    result = run.result()
    seen = result["epochs"] * result["train_images"] / max(result["train_seconds"], 1e-9)
    return (
        f" · **{percent(result['test_accuracy'], digits=2)}** of {result['test_images']:,} test images right, loss "
        f"**{result['test_loss']:.4f}** · {run.recipe.epochs} epochs in **{duration(result['train_seconds'])}** "
        f"({seen:,.0f} images/s){mark(run)}"
    )


def _ended(
    title: str, status: Json, outcome: str = "", again: str = "; it can go on from its last checkpoint"
) -> None:
    icon = ICONS.get(status["state"], "help")
    reason = f" · {plain(status['error'])}" if status.get("error") else ""
    if status["state"] == "interrupted":
        reason = f"{reason or ' · its process died'}{again}"
    st.markdown(f":material/{icon}: **{plain(title)}** · {status['state']}{reason}{outcome}")


def say_refused(status: Json, done: str) -> None:
    """Say why what was to follow a job whose `status` this is could not start, after what is `done`."""
    for refused in status.get("refused", []):
        st.warning(f"{done}, but what was to follow could not start: {plain(refused)}", icon=":material/warning:")


def recent_builds() -> list[Job]:
    """Return builds at work, and the newest one if it ended without a data set, or without all that was to follow."""
    found: list[tuple[Job, Json]] = []
    for job in jobs.all_jobs("builds")[:10]:
        with suppress(IntegrityError, NotFoundError):  # nobody can say how it is, or it was deleted meanwhile
            found.append((job, job.status()))
    return [job for index, (job, status) in enumerate(found)
            if status["state"] in LIVE or (index == 0 and not _is_well(status))]  # fmt: skip


def _is_well(status: Json) -> bool:
    return status["state"] == "finished" and not status.get("refused")
