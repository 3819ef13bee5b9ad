"""The overview: what does the lab know? Start with `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from digits.engine import first
from digits.job import LIVE
from digits.training.run import Run, all_runs, sound
from ui import overview
from ui.claims import chart
from ui.datasets.ended import show_ended
from ui.frame import duration, errors_shown, owner, page
from ui.jobs import build_row, recent_builds
from ui.live import live
from ui.readers import best_runs

NEXT = (
    ("pages/draw.py", "Draw a digit", "draw"),
    ("pages/compare.py", "See where the two differ", "compare_arrows"),
    ("pages/embeddings.py", "Look at what they see", "scatter_plot"),
    ("pages/train.py", "Train another recipe", "model_training"),
)


@errors_shown()
def main() -> None:
    """Draw the page."""
    page("Digits Lab", "What does the lab know? PyTorch and TensorFlow learn the same digits; then they read yours.")
    runs = all_runs()
    readable, _ = sound(runs)  # the chart names those that are damaged
    if first.progress() is not None:
        live(begin_progress, every=0.5)
    elif not runs:
        begin()
    elif any(run.job.state in LIVE for run in readable):
        st.subheader("Now", anchor=False)
        live(overview.at_work, every=0.7)
    if runs:
        fell_short()
    known(readable)
    left, right = st.columns([3, 2], gap="large")
    with left:
        overview.latest(readable)
    with right:
        overview.data_sets()


def begin() -> None:
    """Offer the first training."""
    st.markdown(
        "A fresh lab. One click builds the **starter set** (1,797 real digits that come with scikit-learn) and "
        "trains the notebook's network on it, **in PyTorch and in TensorFlow**, so that it reads your hand. On two "
        f"processor cores it takes about {sum(first.NOMINAL_SECONDS.values()):.0f} seconds."
    )
    for job in recent_builds():  # why the last click came to nothing
        build_row(job)
    if st.button("Train both models now", type="primary", icon=":material/play_arrow:"):
        first.start(owner())
        st.rerun()


def fell_short() -> None:
    """Say why not all started that was to follow the last build."""
    for job in recent_builds():
        if job.state == "finished":
            show_ended(job)


def begin_progress() -> None:
    """Show how far the first training is."""
    progress = first.progress()
    if progress is None:
        st.rerun(scope="app")
        return
    share, left = progress
    st.progress(share, text=f"Building the starter set and training both models · {duration(left)} left")


def known(runs: list[Run]) -> None:
    """Show claimed and honest, the best of each framework, the verdict, and where to go next."""
    if not any(run.job.state == "finished" for run in runs):
        overview.show_duel()
        return
    chart.show()
    best = best_runs(runs)
    for column, run in zip(st.columns(max(2, len(best)), gap="large"), best, strict=False):
        with column:
            overview.show_best(run)
    pair = overview.judged(runs)
    overview.conclude(pair)
    shown = {"pages/compare.py": {"runs": ",".join(run.id for run in pair or best)}}
    for column, (path, label, icon) in zip(st.columns(len(NEXT)), NEXT, strict=True):
        column.page_link(path, label=label, icon=f":material/{icon}:", query_params=shown.get(path))


main()
