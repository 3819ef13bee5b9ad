"""The overview: what does the lab know? Start with `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import first
from digits.job import LIVE
from digits.training.run import Run, all_runs
from ui.frame import duration, errors_shown, owner, page, percent, plain
from ui.jobs import run_row


def main() -> None:
    """Draw the page."""
    page("Digits Lab", "What does the lab know? PyTorch and TensorFlow learn the same digits; then they read yours.")
    with errors_shown():
        runs = all_runs()
        if first.progress() is not None:
            st.fragment(begin_progress, run_every=0.5)()
        elif not any(run.job.state == "finished" for run in runs):
            begin(runs)
        best(runs)
        left, right = st.columns(2, gap="large")
        with left:
            latest(runs)
        with right:
            data_sets()


def begin(runs: list[Run]) -> None:
    """Offer the first training."""
    live = any(run.job.state in LIVE for run in runs)
    st.markdown(
        "A fresh lab. One click builds the **starter set** (1,797 real digits that come with scikit-learn) and "
        "trains the notebook's network on it, **in PyTorch and in TensorFlow**. It takes about half a minute."
    )
    if st.button("Train both models now", type="primary", icon=":material/play_arrow:", disabled=live):
        first.start(owner())
        st.rerun()


def begin_progress() -> None:
    """Show how far the first training is."""
    progress = first.progress()
    if progress is None:
        st.rerun(scope="app")
        return
    share, left = progress
    st.progress(share, text=f"Building the starter set and training both models · {duration(left)} left")


def best(runs: list[Run]) -> None:
    """Show the best finished run of each framework."""
    finished = [run for run in runs if run.job.state == "finished"]
    for column, framework in zip(st.columns(2, gap="large"), settings.FRAMEWORKS, strict=True):
        mine = [run for run in finished if run.recipe.framework == framework]
        with column.container(border=True):
            if not mine:
                st.metric(settings.FRAMEWORK_NAMES[framework], "–", help="No run has finished yet.")
                continue
            winner = max(mine, key=lambda run: run.result()["test_accuracy"])
            result = winner.result()
            st.metric(
                f"{settings.FRAMEWORK_NAMES[framework]}, best on its test images", percent(result["test_accuracy"])
            )
            st.caption(
                f"{plain(winner.label['name'])} on {plain(winner.recipe.dataset)} · {result['test_images']:,} test "
                f"images · trained in {duration(result['train_seconds'])}"
            )


def latest(runs: list[Run]) -> None:
    """Show the newest runs."""
    st.subheader("Latest runs", anchor=False)
    if not runs:
        st.caption("None yet. The page Train starts one on any data set.")
    for run in runs[:5]:
        run_row(run)
    if runs:
        st.page_link("pages/compare.py", label="Compare them", icon=":material/compare_arrows:")


def data_sets() -> None:
    """Show what there is to train on."""
    st.subheader("Data sets", anchor=False)
    names = dataset_names()
    for name in names:
        st.markdown(f"**{plain(name)}** · {Dataset.open(name).report['images']:,} images")
    if not names:
        st.caption("None yet. The starter set is there with one click; the page Dataset reads folders and ZIP files.")
    st.page_link("pages/draw.py", label="Draw a digit", icon=":material/draw:")


main()
