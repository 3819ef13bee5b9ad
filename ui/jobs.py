"""Jobs at work, as rows with a bar, the time left and a stop."""

from __future__ import annotations

import streamlit as st

from digits import job as jobs
from digits.engine import local
from digits.job import LIVE, Job
from digits.training.queue import waiting
from digits.training.run import Run
from ui.frame import duration, errors_shown, owner, plain

ICONS = {"finished": "check_circle", "failed": "error", "stopped": "stop_circle", "interrupted": "bolt"}


def build_row(job: Job) -> bool:
    """Show a build; return whether it is at work."""
    status, spec = job.status(), job.spec()
    live = status["state"] in LIVE
    left, right = st.columns([5, 1], vertical_alignment="center")
    done, total = status.get("done", 0), status.get("total", 0)
    with left:
        if live:
            text = f"**{plain(spec['name'])}** · {status['phase']} {done:,} of {total:,} images"
            text += f" · {duration(status.get('seconds_left'))} left"
            st.progress(done / total if total else 0.0, text=text)
        else:
            _ended(f"Building {spec['name']}", status)
    if live and right.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", width="stretch"):
        job.request_stop()
    return live


def run_row(run: Run) -> bool:
    """Show a run with what it is at; return whether it is at work."""
    status = run.job.status()
    live = status["state"] in LIVE
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        if live:
            st.progress(min(1.0, status.get("epoch", 0.0) / run.recipe.epochs), text=_running(run, status))
        else:
            _ended(run.title, status)
    with right, errors_shown():
        if live and st.button("Stop", key=f"stop-{run.id}", icon=":material/stop:", width="stretch"):
            run.job.request_stop()
        if status["state"] in ("stopped", "interrupted") and st.button(
            "Resume", key=f"resume-{run.id}", icon=":material/play_arrow:", width="stretch"
        ):
            local.resume(run, owner=owner())
            st.rerun()
    return live


def _running(run: Run, status: dict) -> str:
    name = f"**{plain(run.title)}** · "
    if status["phase"] == "waiting":
        ahead = [job.id for job in waiting()]
        place = ahead.index(run.id) if run.id in ahead else 0
        return name + (f"waits behind {place} more" if place else "waits for the run before it")
    if "epoch" not in status:
        return name + status["phase"]
    return (
        f"{name}epoch {status['epoch']:.1f} of {run.recipe.epochs} · "
        f"{status['images_per_second']:,.0f} images/s · {duration(status['seconds_left'])} left"
    )


def _ended(title: str, status: dict) -> None:
    icon = ICONS.get(status["state"], "help")
    reason = f" · {plain(status['error'])}" if status.get("error") else ""
    st.markdown(f":material/{icon}: **{plain(title)}** · {status['state']}{reason}")


def recent_builds() -> list[Job]:
    """Return builds at work, and the newest one if it ended without a data set."""
    builds = jobs.all_jobs("builds")
    states = [(job, job.state) for job in builds[:10]]
    return [job for index, (job, state) in enumerate(states) if state in LIVE or (index == 0 and state != "finished")]
