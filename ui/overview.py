"""The parts of the overview: the best run of each framework, the verdict, what is at work, what there is."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.errors import DigitsError
from digits.evaluation.comparison import Answers, disagreements, unfair, why_not
from digits.evaluation.metrics import confusion
from digits.job import LIVE
from digits.training.duel import all_duels
from digits.training.presets import title
from digits.training.run import Run, readable_runs
from ui.comparison.difference import word
from ui.comparison.disagreement import MCNEMAR
from ui.comparison.disagreement import verdict as said
from ui.duels.words import in_short
from ui.frame import duration, errors_shown, percent, plain
from ui.jobs import run_row
from ui.leak import mark, sentence
from ui.pictures import matrix_picture
from ui.readers import best_runs

NEWEST = 5


def show_best(run: Run) -> None:
    """Show a run's accuracy beside the picture of its confusion matrix."""
    result, name = run.result(), settings.FRAMEWORK_NAMES[run.recipe.framework]
    counts = confusion(run.evaluation("logits").argmax(axis=1), run.evaluation("labels"))
    with st.container(border=True):
        left, right = st.columns([2, 1], vertical_alignment="center")
        accuracy = percent(result["test_accuracy"], digits=2)
        left.metric(f"{name}, best on its test images", accuracy)
        left.caption(
            f"{plain(run.label['name'])} on {plain(run.dataset_name)} · trained in "
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


def judged(runs: list[Run]) -> list[Run]:
    """Return the two runs that the verdict is about, the better one first; none while there are no such two.

    They are those of the cards, if these can be compared image by image, else the newest two of one recipe. None was
    tuned on drawings.
    """
    finished = [run for run in runs if run.job.state == "finished" and run.tuning is None]
    best = best_runs(finished)
    pair = best if len(best) > 1 and why_not(*best[:2]) is None else _newest_pair(finished)
    return sorted(pair, key=lambda run: -run.result()["test_accuracy"])


def verdict(pair: list[Run]) -> str:
    """Return in the words of the page Compare what the two of `pair` show."""
    first, second = pair
    besides = ", ".join(word(name) for name in unfair(pair))
    same = f"The same recipe, {plain(title(first.recipe))}"
    lead = f"Two recipes, which besides the framework differ in {besides}" if besides else same
    scores = " and ".join(
        f"{settings.FRAMEWORK_NAMES[run.recipe.framework]} reads {percent(run.result()['test_accuracy'], digits=2)}"
        for run in pair
    )
    parted = disagreements(*map(Answers.read, pair))
    return (
        f"{lead}, on {plain(first.dataset_name)}: {scores} of {first.result()['test_images']:,} test images. "
        f"{said(first, second, parted)}{sentence(first)} Speed is not judged: the two did not run in turn."
    )


def conclude(pair: list[Run]) -> None:
    """Say who is better: by the last duel where there is one, else by the two runs of `pair`; lead to the duel."""
    if show_duel():
        return
    st.markdown(f"**Verdict.** {verdict(pair)}" if pair else "**Verdict.** None yet: it takes a run of the "
                "same recipe in each framework. *Train* starts both with one click.", help=MCNEMAR)  # fmt: skip
    st.page_link("pages/duel.py", label="Which is faster, too: a fair duel", icon=":material/swords:")


def show_duel() -> bool:
    """Show the verdict of the last duel that came to its end in a line; return whether there is one."""
    for duel in all_duels():
        with suppress(DigitsError, KeyError, TypeError):  # the page Duel says what is wrong with it
            if duel.job.state == "finished":
                st.markdown(f"**Verdict.** {in_short(duel.result())}", help=MCNEMAR)
                st.page_link("pages/duel.py", label="The whole duel", icon=":material/swords:",
                             query_params={"duel": duel.id})  # fmt: skip
                return True
    return False


def _newest_pair(finished: list[Run]) -> list[Run]:
    seen: dict[str, Run] = {}
    for run in finished:
        same = run.alike(framework="pytorch")
        other = seen.setdefault(same, run)
        if other.recipe.framework != run.recipe.framework and _same_test(other, run):
            return [other, run]
    return []


def _same_test(first: Run, second: Run) -> bool:
    return np.array_equal(first.evaluation("rows"), second.evaluation("rows"))


def at_work() -> None:
    """Show the runs that train or wait, and draw the page anew when the last one has ended."""
    with errors_shown():
        live = [run for run in readable_runs() if run.job.state in LIVE]
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
