"""*Learn from my drawings*: both models are tuned on them; what that gained and cost; one click goes back."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from digits.engine.tuning import origin, start_tuning
from digits.errors import DigitsError
from digits.files import Json
from digits.job import LIVE, seconds_since
from digits.settings import FRAMEWORK_NAMES
from digits.training.run import Run, readable_runs
from digits.training.taught import of_kept
from ui.drawing.kept import shelf
from ui.frame import count, duration, errors_shown, owner, percent, plain
from ui.live import live

AWAITED = "tuning-awaited"  # in the session: the ids of the tunings that it began, to be used when they are done
LOOK_SECONDS = 0.5
# Seconds from a click to the end on a quiet machine with two cores, most of them imports; only the bar depends on it.
NOMINAL_SECONDS, END_SECONDS = {"pytorch": 7.0, "tensorflow": 11.0}, 1.0


def show_tune(chosen: list[Run]) -> None:
    """Offer to tune the runs that answer on the drawings of the lab; show what became of it."""
    at_work = any(run.job.state in LIVE for run in newest(bases(chosen)))
    live(_look, chosen, at_work, every=LOOK_SECONDS if at_work else None)


def bases(chosen: list[Run]) -> list[Run]:
    """Return the runs that are tuned: those of `chosen`, or where one was tuned already, the one it came from.

    So drawings that were corrected or deleted since are unlearnt. One whose origin is gone goes on from where it is.
    """
    return [origin(run) or run for run in chosen]


def newest(origins: list[Run]) -> list[Run]:
    """Return the last tuning of each of `origins`, where there is one."""
    runs = readable_runs()
    found = (next((run for run in runs if run.spec.get("parent") == one.id), None) for one in origins)
    return [run for run in found if run is not None]


def _look(chosen: list[Run], was_live: bool) -> None:
    with errors_shown():
        origins = bases(chosen)
        _offer(origins)
        tuned = newest(origins)
        live = [run for run in tuned if run.job.state in LIVE]
        if live:
            _progress(live)
        elif tuned:
            _use_awaited(tuned)
            _outcome(tuned)
            _choice(chosen, origins, tuned)
        if was_live != bool(live):
            st.rerun(scope="app")


def _offer(origins: list[Run]) -> None:
    """Offer to learn from all drawings that are kept."""
    kept = shelf().drawings
    if st.button(f"Learn from my drawings ({len(kept):,})", type="primary", icon=":material/school:", key="tune",
                 disabled=not (kept and origins), help="Each model goes on learning from where it is, on images that "
                 "it was trained on and on your drawings together. What it was stays.") and origins:  # fmt: skip
        begun = [start_tuning(run, lambda how: of_kept(kept, how), owner=owner()) for run in origins]
        st.session_state[AWAITED] = [run.id for run in begun]
        st.rerun(scope="app")
    if not kept:
        st.caption("Draw a digit and say what it was: as soon as one drawing is kept, both models can learn from it.")


def _progress(live: list[Run]) -> None:
    """Show a bar a tuning with the time left, and one stop for all."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    for run in live:
        with suppress(DigitsError):  # it was deleted meanwhile
            status = run.job.status()
            spent, rest = seconds_since(status["created"]), seconds_left(run, status)
            text = f"**{FRAMEWORK_NAMES[run.recipe.framework]}** · {plain(status['phase'])} · {duration(rest)} left"
            left.progress(min(1.0, spent / (spent + rest)), text=text)
    asked = all((run.folder / "stop").exists() for run in live)
    if right.button("Stop", key="tune-stop", icon=":material/stop:", width="stretch", disabled=asked):
        for run in live:
            run.job.request_stop()


def seconds_left(run: Run, status: Json) -> float:
    """Return about how long a tuning still takes; before it trains, by how long one usually does."""
    if status.get("seconds_left") is not None:
        return float(status["seconds_left"]) + END_SECONDS
    usual = NOMINAL_SECONDS[run.recipe.framework] - seconds_since(status["created"])
    return float(max(END_SECONDS, usual))


def _use_awaited(tuned: list[Run]) -> None:
    """Let the tunings answer that this session began, once they are done."""
    awaited = st.session_state.pop(AWAITED, [])
    done = [run for run in tuned if run.id in awaited and run.job.state == "finished"]
    if done:
        answer_with(done)


def answer_with(runs: list[Run]) -> None:
    """Let the page answer with `runs`: the boxes that name them follow the URL."""
    for run in runs:
        st.query_params[run.recipe.framework] = run.id
    st.rerun(scope="app")


def _outcome(tuned: list[Run]) -> None:
    """Show what each tuning gained and cost, or how it ended without."""
    done = [run for run in tuned if run.job.state == "finished"]
    if done:
        rows = [row(run.recipe.framework, run.result()) for run in done]
        st.table(rows, hide_index=True, width="content")
        st.caption(" ".join(dict.fromkeys([*map(learnt, done), *(said for run in done for said in sentences(run))])))
    for run in tuned:
        if run not in done:
            reason = run.job.status().get("error") or "its process died; learn again"
            name = FRAMEWORK_NAMES[run.recipe.framework]
            st.caption(f":material/error: {name} {run.job.state}: {plain(reason)}")


def row(framework: str, result: Json) -> dict[str, str]:
    """Return a line of the table: accuracies before and after."""
    held, tested = count(result["held_out"], "drawing"), count(result["test_images"], "test image")
    return {
        "Model": FRAMEWORK_NAMES[framework],
        "Your drawings, held out": f"{_change(result, 'drawings_accuracy')} of {held}" if result["held_out"] else "–",
        "What it could read before": f"{_change(result, 'test_accuracy')} of {tested}",
    }


def _change(result: Json, name: str) -> str:
    return f"{percent(result['before'][name])} → **{percent(result['after'][name])}**"


def learnt(run: Run) -> str:
    """Return from how many drawings a finished tuning learnt, and how long it took from the click."""
    result, status = run.result(), run.job.status()
    taken = duration(max(0.0, status["finished"] - status["created"]))
    some = f"{result['drawings'] - result['held_out']:,} of {count(result['drawings'], 'drawing')}"
    return f"{FRAMEWORK_NAMES[run.recipe.framework]} learnt from {some} in {taken}."


def sentences(run: Run) -> list[str]:
    """Return what is to be said of a finished tuning beside its numbers, as Markdown."""
    result = run.result()
    said = [result["why_none_held_out"]] if result["why_none_held_out"] else []
    if result["kept_share"] < 1:
        far = f"went {percent(result['kept_share'], digits=0)} of the way only" if result["kept_share"] else "stayed"
        said.append(f"{FRAMEWORK_NAMES[run.recipe.framework]} {far}: further on, it might have lost more than half a "
                    "point of what it could read.")  # fmt: skip
    return said


def _choice(chosen: list[Run], origins: list[Run], tuned: list[Run]) -> None:
    """Offer to go back to the models as they were, or to use what they have learnt."""
    ids, done = {run.id for run in chosen}, [run for run in tuned if run.job.state == "finished"]
    before = [run for run in origins if run.id not in ids]
    after = [run for run in done if run.id not in ids]
    with st.container(horizontal=True):
        if before and st.button("Go back", key="tune-back", icon=":material/undo:",
                                help="The models answer as before they learnt. Nothing is lost."):  # fmt: skip
            answer_with(before)
        if after and st.button("Use the tuned models", key="tune-use", icon=":material/school:"):
            answer_with(after)
