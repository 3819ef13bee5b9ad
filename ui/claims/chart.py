"""The first chart of the overview: what was claimed on a random split, and what it is worth."""

from __future__ import annotations

import streamlit as st

from digits import figures
from digits.dataset.dataset import Dataset
from digits.dataset.split import families_hash
from digits.engine import evaluations
from digits.engine.families import searches_of
from digits.evaluation.honest import Honesty, Score, candidates, honesty, readings_of, trials_of
from digits.files import Json
from digits.job import LIVE
from digits.training.presets import title
from digits.training.run import all_runs, readable_runs, sound
from ui.claims.others import Others, open_all, others_of
from ui.claims.steps import next_steps
from ui.claims.words import sentences
from ui.frame import errors_shown, plain
from ui.leak import kin, share
from ui.live import live

SECONDS = 2.0  # between two looks while something is at work


def show() -> None:
    """Show claimed and honest of one data set that was trained on; look again while something is at work."""
    runs, there = readable_runs(), {one.fingerprint: one for one in open_all()[0]}
    trained_on = [one for one in candidates(runs) if one in there]
    if not trained_on:
        return
    st.subheader("Claimed and honest", anchor=False)
    chosen = trained_on[0]
    if len(trained_on) > 1:
        names = [there[one].name for one in trained_on]
        name = st.segmented_control("Trained on", names, default=names[0], key="claimed-on", format_func=plain,
                                    required=True, bind="query-params")  # fmt: skip
        chosen = next((one for one in trained_on if there[one].name == name), chosen)
    busy = any(run.job.state in LIVE for run in runs) or _at_work(there[chosen])
    live(_look, there[chosen].name, busy, every=SECONDS if busy else None)


def _at_work(dataset: Dataset) -> bool:
    return any(job.state in LIVE for job in [*evaluations.recent(), *searches_of(dataset)])


def _look(name: str, was_live: bool) -> None:
    with errors_shown():
        dataset, (runs, damaged) = Dataset.open(name), sound(all_runs())
        beside = others_of(dataset)
        others = beside.strangers
        finished = [run for run in runs if run.job.state == "finished"]
        found = honesty(
            trials_of(finished), dataset.fingerprint, families_hash(dataset), readings_of(finished, others)
        )
        if found:
            st.html(figures.claims(rows(found, dataset, beside)))
            st.caption(f"Share of images read right, with {plain(title(found.recipe))}. A line over a bar goes from "
                       "the worst to the best fold. Guessing would read about 10 %.")  # fmt: skip
            for sentence in sentences(found, dataset, {one.fingerprint: one.name for one in others}):
                st.markdown(sentence)
            for wrong in dict.fromkeys((*damaged, *beside.damaged)):
                st.caption(f":material/warning: Left out: {plain(wrong)}")
            next_steps(found, dataset, others, runs)
        if was_live and not (any(run.job.state in LIVE for run in runs) or _at_work(dataset)):
            st.rerun(scope="app")


def rows(found: Honesty, dataset: Dataset, beside: Others) -> list[Json]:
    """Return the rows of the chart: claimed, honest, each data set of other people, and why others are none."""
    lines = [{"name": "Claimed", "note": _claimed_note(found, dataset), "bars": _bars(found.claimed)},
             {"name": "Honest", "note": _honest_note(found, dataset), "bars": _bars(found.honest)}]  # fmt: skip
    for other in beside.strangers:
        scores = found.others.get(other.fingerprint, {})
        note = f"other people's digits, {other.report['images']:,} images" if scores else "not evaluated yet"
        lines.append({"name": other.name, "note": note, "bars": _bars(scores)})
    for other, count in beside.sharing:
        note = f"not other people's: {count:,} of its {other.report['images']:,} images are in {dataset.name}"
        lines.append({"name": other.name, "note": note, "bars": []})
    return lines


def _claimed_note(found: Honesty, dataset: Dataset) -> str:
    if not found.claimed:
        return "no run of a random split"
    leaks = {score.leak for score in found.claimed.values()}
    leak = max((one for one in leaks if one is not None), default=None)
    known = (
        "leak unknown"
        if leak is None
        else f"⚠ {share(leak)} have a {kin(dataset)} in training"
        if leak
        else "no leak"
    )
    return f"random split of {dataset.name} · {known}"


def _honest_note(found: Honesty, dataset: Dataset) -> str:
    if not found.honest:
        unknown = families_hash(dataset) is None
        return "families are not known yet" if unknown else "no fold by family is trained yet"
    fewest = min(len(score.runs) for score in found.honest.values())
    return f"{'' if found.whole else f'{fewest} of '}{found.folds} folds by family of {dataset.name}"


def _bars(scores: dict[str, Score]) -> list[Json]:
    return [{"framework": name, "accuracy": score.accuracy, "low": score.low, "high": score.high}
            for name, score in scores.items()]  # fmt: skip
