"""Two runs before the judge: what their answers show, what is refused and why, and the fair duel in one click."""

from __future__ import annotations

import streamlit as st

from digits.dataset.split import families_hash
from digits.errors import DigitsError, UsageError
from digits.evaluation.comparison import unfair
from digits.evaluation.judgement import judge
from digits.evaluation.ledger import MISSING, differing
from digits.evaluation.meaning import chance, of_calibration, of_difference, of_p, percent, points
from digits.evaluation.statistics import Interval
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.run import Run
from ui.comparison.difference import show_differences
from ui.comparison.disagreement import show_verdict
from ui.duels.begin import cost, fair, fight
from ui.duels.conditions import WORDS, show_ledger
from ui.duels.words import parted, sentence
from ui.frame import count, errors_shown, plain
from ui.leak import sentence as leak_sentence


def pair_of(chosen: list[Run], finished: list[Run]) -> list[Run]:
    """Return the two runs that are chosen, PyTorch's first, where there are no others and each framework has one."""
    by_framework = {run.recipe.framework: run for run in finished}
    if len(chosen) == len(finished) == len(by_framework) == len(FRAMEWORKS):
        return [by_framework[framework] for framework in FRAMEWORKS]
    return []


def conclude(chosen: list[Run], finished: list[Run]) -> None:
    """Say which of the `chosen` is better, if that can be said, and in what they differ."""
    pair = pair_of(chosen, finished)
    try:
        found = judgement(*pair) if pair else None
    except UsageError:  # no image in common: the sentence says why
        found = None
    if found is None:
        show_verdict(finished)
        show_differences(chosen)
    else:
        _show(found, pair)
        with st.container(horizontal=True):
            _meanings(found)
            _duel(finished[0])
        _reasons(found)


def _show(found: Json, pair: list[Run]) -> None:
    """Show what was `found` of `pair`, and in what the two differ, unless that is said already."""
    answers = {answer["question"]: answer for answer in found["answers"]}
    leaking = "" if answers["accurate"]["sentence"] else leak_sentence(pair[0])
    st.markdown(f":material/gavel: {said(found, answers['accurate'])}{leaking}")
    for question, answer in answers.items():
        if question != "accurate" and answer["sentence"]:
            head, rest = parted(answer["sentence"])
            st.markdown(f"**{head}**: {rest}" if head else rest)
    errors = ", ".join(f"{name} {points(found['calibration'][side]['error'])}"
                       for side, name in zip(found["sides"], _names(found), strict=True))  # fmt: skip
    st.caption(f"Expected calibration error, in percentage points: {errors}.")
    if not known(found) or not unfair(pair):
        show_differences(pair, listed=not known(found))


def judgement(first: Run, second: Run) -> Json:
    """Return what `judge` returns, kept in memory until a run, or what is known of its families, changes."""
    written = [run.kept(name).stat().st_mtime_ns for run in (first, second)
               for name in ("result.json", "evaluation.npz")]  # fmt: skip
    try:
        families = families_hash(first.dataset())
    except DigitsError:
        families = None
    return _judgement((first.id, second.id, *written, families), first, second)


@st.cache_data(max_entries=16, show_spinner=False)
def _judgement(depends_on: tuple[object, ...], _first: Run, _second: Run) -> Json:
    return judge(_first, _second)


def said(found: Json, answer: Json) -> str:
    """Return as Markdown who is more accurate; where that is refused, why, and what these two models alone show."""
    if answer["sentence"]:
        head, rest = parted(answer["sentence"])
        return f"**{head}**: {rest}"
    (first, second), (one, other) = _names(found), (found["accuracy"][side] for side in found["sides"])
    images = f"{found['images']:,} test images" + (f" of {found['families']:,} families" if found["families"] else "")
    difference = f"{points(found['accuracy_difference'])} points"
    if found["low"] is not None:
        difference += f" (95 % interval {points(found['low'])} to {points(found['high'])})"
    return f"**No verdict on the frameworks**: {sentence(_why(found, answer))} " + sentence(
        f"These two models read {percent(one)} ({first}) and {percent(other)} ({second}) of {images}; {first} minus "
        f"{second} is {difference}, exact McNemar test {chance(found['mcnemar_p'])}."
    )


def _why(found: Json, answer: Json) -> str:
    """Return why nobody is called more accurate, in one sentence."""
    apart = [row["factor"] for row in differing(found["ledger"]) if "accurate" in row["matters"]]
    if apart:
        return f"what ran differs in {', '.join(apart)}, and a difference in the results may come from that."
    reason = answer["refused"][-1]
    return f"{reason[0].lower()}{reason[1:]}"


def known(found: Json) -> bool:
    """Tell whether anything of what ran was recorded."""
    return any(MISSING not in (row["first"], row["second"]) for row in found["ledger"])


def _names(found: Json) -> tuple[str, str]:
    first, second = (FRAMEWORK_NAMES[side] for side in found["sides"])
    return first, second


def _meanings(found: Json) -> None:
    """Say in plain words, within reach, what the numbers mean, and how well each knows how sure it may be."""
    with st.popover(f"What does {chance(found['mcnemar_p'])} mean?", icon=":material/help:"):
        copies = found["families"] is not None and found["families"] < found["images"]
        st.markdown(sentence(of_p(found["mcnemar_p"], copies=copies)))
        if found["low"] is not None:
            interval = Interval(found["accuracy_difference"], found["low"], found["high"])
            st.markdown(sentence(of_difference(interval, _names(found))))
    with st.popover("What is calibration?", icon=":material/tune:"):
        for side, name in zip(found["sides"], _names(found), strict=True):
            st.markdown(f"**{name}.** {sentence(of_calibration(found['calibration'][side]))}")


def _duel(run: Run) -> None:
    """Offer the fair duel of a run's recipe."""
    with errors_shown():
        wish = fair(run)
        words = f"Both frameworks train the recipe of {plain(run.title)} under the same conditions. {cost(wish)}"
        if st.button("Run the fair duel", f"fair-{run.id}", words, icon=":material/swords:", type="primary"):
            fight(wish)


def _reasons(found: Json) -> None:
    """Show what is refused and why, and the ledger, each closed."""
    refused = [WORDS[answer["question"]] for answer in found["answers"] if answer["sentence"] is None]
    if refused:
        label = f"No answer on {', '.join(refused)}: {count(len(found['refused']), 'reason')}"
        with st.expander(label, icon=":material/block:"):
            for reason in found["refused"]:
                st.markdown(f"- {sentence(reason)}")
    if known(found):
        with st.expander("The ledger: what ran on either side", icon=":material/balance:"):
            show_ledger(found["ledger"], _names(found))
