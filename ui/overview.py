"""The parts of the overview: the best run of each framework, the verdict, what is at work, what there is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.evaluation.metrics import confusion
from digits.evaluation.statistics import disagreement, mcnemar
from digits.job import LIVE
from digits.training.recipe import title
from digits.training.run import Run, all_runs
from ui.copies import caution
from ui.frame import duration, errors_shown, percent, plain
from ui.jobs import run_row
from ui.leak import mark, sentence
from ui.pictures import matrix_picture

NEWEST = 5


def best_runs(runs: list[Run]) -> list[Run]:
    """Return the best finished run of each framework on the data set that was trained on last."""
    finished = [run for run in runs if run.job.state == "finished"]
    there = [run for run in finished if run.spec["fingerprint"] == finished[0].spec["fingerprint"]]
    return [
        max(mine, key=lambda run: run.result()["test_accuracy"])
        for framework in settings.FRAMEWORKS
        if (mine := [run for run in there if run.recipe.framework == framework])
    ]


def show_best(run: Run) -> None:
    """Show a run's accuracy beside the picture of its confusion matrix."""
    result, name = run.result(), settings.FRAMEWORK_NAMES[run.recipe.framework]
    counts = confusion(run.evaluation("logits").argmax(axis=1), run.evaluation("labels"))
    with st.container(border=True):
        left, right = st.columns([2, 1], vertical_alignment="center")
        accuracy = percent(result["test_accuracy"], digits=2)
        left.metric(f"{name}, best on its test images", accuracy)
        left.caption(
            f"{plain(run.label['name'])} on {plain(run.recipe.dataset)} · trained in "
            f"{duration(result['train_seconds'])} · {_misread(counts)}{mark(run)}"
        )
        words = f"Confusion matrix of {run.title}: {accuracy} right, {_misread(counts)}"
        right.image(matrix_picture(counts, run.recipe.framework), width=120, alt=words,
                    caption="Truth ↓ answer →")  # fmt: skip


def _misread(counts: np.ndarray) -> str:
    wrong, total = int(counts.sum() - counts.trace()), int(counts.sum())
    if not wrong:
        return f"none of {total:,} misread"
    mistakes = counts - np.diag(np.diag(counts))
    truth, answer = np.unravel_index(int(mistakes.argmax()), mistakes.shape)
    return f"{wrong:,} of {total:,} misread, most often {truth} as {answer}"


def verdict(runs: list[Run]) -> str | None:
    """Return what the newest pair that differs in the framework alone shows; None while there is no such pair."""
    pair = _newest_pair([run for run in runs if run.job.state == "finished"])
    if pair is None:
        return None
    recipe, labels = pair[0].recipe, pair[0].evaluation("labels")
    only = disagreement(*(run.evaluation("logits").argmax(axis=1) for run in pair), labels)
    p = mcnemar(*only)
    scores = " and ".join(
        f"{settings.FRAMEWORK_NAMES[run.recipe.framework]} reads {percent(run.result()['test_accuracy'], digits=2)}"
        for run in pair
    )
    meaning = "no more than chance gives" if p >= 0.05 else "more than chance gives"
    return (
        f"The same recipe, {plain(title(recipe))}, on {plain(recipe.dataset)}: {scores} of {len(labels):,} test "
        f"images. {sum(only):,} are read by one alone, {only[0]:,} and {only[1]:,}: {meaning} (exact McNemar "
        f"test, p = {p:.2g}).{caution(pair[0])}{sentence(pair[0])} Speed is not judged: the two did not run in turn."
    )


def _newest_pair(finished: list[Run]) -> tuple[Run, Run] | None:
    seen: dict[tuple, Run] = {}
    for run in finished:
        same = (run.recipe.changed(framework="pytorch", dataset=""), run.spec["fingerprint"])
        other = seen.setdefault(same, run)
        if other.recipe.framework != run.recipe.framework and _same_test(other, run):
            return (other, run) if other.recipe.framework == "pytorch" else (run, other)
    return None


def _same_test(first: Run, second: Run) -> bool:
    return np.array_equal(first.evaluation("rows"), second.evaluation("rows"))


def at_work() -> None:
    """Show the runs that train or wait, and draw the page anew when the last one has ended."""
    with errors_shown():
        live = [run for run in all_runs() if run.job.state in LIVE]
        for run in live:
            run_row(run)
        if not live:
            st.rerun(scope="app")


def latest(runs: list[Run]) -> None:
    """Show the newest runs that ended."""
    st.subheader("Latest runs", anchor=False)
    ended = [run for run in runs if run.job.state not in LIVE][:NEWEST]
    for run in ended:
        run_row(run)
    if not ended:
        st.caption("None yet. The page Train starts one on any data set.")


def data_sets() -> None:
    """Show what there is to train on."""
    st.subheader("Data sets", anchor=False)
    names = dataset_names()
    for name in names:
        with errors_shown():
            st.page_link("pages/dataset.py", label=f"{plain(name)} · {Dataset.open(name).report['images']:,} images",
                         icon=":material/grid_view:", query_params={"name": name})  # fmt: skip
    if not names:
        st.caption("None yet. The page Dataset reads folders and files, and downloads.")
