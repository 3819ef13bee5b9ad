"""*Learn from my drawings*: both models are tuned on them; what that gained and cost; one click goes back."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import streamlit as st

from digits.drawings import Kept
from digits.engine.tuning import MOST_DRAWINGS, origin, start_tuning
from digits.errors import DigitsError
from digits.files import Json
from digits.job import LIVE, seconds_since
from digits.settings import FRAMEWORK_NAMES
from digits.training.run import Run, all_runs, readable_runs
from digits.training.taught import of_kept
from digits.training.tuning import WAITING
from ui.drawing.kept import shelf
from ui.frame import count, duration, errors_shown, owner, percent, plain
from ui.live import live

# In the session: the ids of the tunings that its last click began, to be shown; those of them that are to answer when
# they are done; and what kept others from beginning.
BEGUN, AWAITED, WRONG = "tuning-begun", "tuning-awaited", "tuning-wrong"
LOOK_SECONDS = 0.5
# Seconds from a click to the end on a quiet machine with two cores, most of them imports; only the bar depends on it.
NOMINAL_SECONDS, END_SECONDS = {"pytorch": 7.0, "tensorflow": 11.0}, 1.0


def show_tune(chosen: list[Run]) -> None:
    """Offer to tune the runs that answer on the drawings of the lab; show what became of it."""
    with errors_shown():
        at_work = any(run.job.state in LIVE for run in shown(chosen, bases(chosen)))
        live(_look, chosen, at_work, every=LOOK_SECONDS if at_work else None)


def await_tuned() -> None:
    """Look on, wherever on the page a session is, until the tunings that it began are done, and let them answer."""
    if AWAITED in st.session_state:
        live(_use_awaited, every=LOOK_SECONDS)


def bases(chosen: list[Run]) -> list[Run]:
    """Return the runs that are tuned: those of `chosen`, or where one was tuned already, the one it came from.

    So drawings that were corrected or deleted since are unlearnt. One whose origin is gone goes on from where it is.
    """
    return [origin(run) or run for run in chosen]


def shown(chosen: list[Run], origins: list[Run]) -> list[Run]:
    """Return a tuning of each of `origins`, where there is one: what this session asked for last, whenever it ran.

    Where it asked for none: one that is at work, else the one that answers, else the last.
    """
    begun, answering = st.session_state.get(BEGUN, []), {run.id for run in chosen}
    runs, found = readable_runs(), []
    for one in origins:
        mine = [run for run in runs if run.spec.get("parent") == one.id]
        mine.sort(key=lambda run: (run.id in begun, run.job.state in LIVE, run.id in answering), reverse=True)
        found += mine[:1]
    return found


def _look(chosen: list[Run], was_live: bool) -> None:
    with errors_shown():
        origins = bases(chosen)
        _offer(origins)
        tuned = shown(chosen, origins)
        live = [run for run in tuned if run.job.state in LIVE]
        if live:
            _progress(live)
        elif tuned:
            _outcome(tuned)
            _choice(chosen, origins, tuned)
        if was_live != bool(live):
            st.rerun(scope="app")


def _offer(origins: list[Run]) -> None:
    """Offer to learn from all drawings that are kept."""
    kept = shelf().drawings
    if st.button(f"Learn from my drawings ({len(kept):,})", type="primary", icon=":material/school:", key="tune",
                 disabled=not (origins and 1 <= len(kept) <= MOST_DRAWINGS), help="Each model starts from the one "
                 "that was trained in the beginning, and learns all drawings that are kept now, together with images "
                 "that it was trained on. What it was stays."):  # fmt: skip
        _begin(origins, kept)
        st.rerun(scope="app")
    if not kept:
        st.caption("Draw a digit and say what it was: as soon as one drawing is kept, both models can learn from it.")
    if len(kept) > MOST_DRAWINGS:
        st.caption(f"A model learns from {MOST_DRAWINGS:,} drawings at most. More are a data set: train on that.")
    for wrong in st.session_state.get(WRONG, []):
        st.error(plain(wrong), icon=":material/error:")


def _begin(origins: list[Run], kept: list[Kept]) -> None:
    """Start a tuning of each of `origins`; one that cannot begin does not keep the others from it."""
    drawn = cache(lambda how: of_kept(kept, how))  # milliseconds a drawing, and most models see them alike
    begun: list[str] = []
    wrong: list[str] = []
    st.session_state.update({BEGUN: begun, AWAITED: begun, WRONG: wrong})  # whatever ends this halfway
    with st.spinner("Looking at the drawings"):
        for run in origins:
            try:
                begun.append(start_tuning(run, drawn, owner=owner()).id)
            except DigitsError as error:
                wrong.append(f"{FRAMEWORK_NAMES[run.recipe.framework]}: {error}")


def _progress(live: list[Run]) -> None:
    """Show a bar a tuning with the time left, and one stop for all."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    for run in live:
        with suppress(DigitsError):  # it was deleted meanwhile
            share, text = progress(run, run.job.status())
            left.progress(share, text=f"**{FRAMEWORK_NAMES[run.recipe.framework]}** · {text}")
    asked = all((run.folder / "stop").exists() for run in live)
    if right.button("Stop", key="tune-stop", icon=":material/stop:", width="stretch", disabled=asked):
        for run in live:
            run.job.request_stop()


def progress(run: Run, status: Json) -> tuple[float, str]:
    """Return how far a tuning is, and as Markdown what it does; how long one waits for another, nobody knows."""
    if status["phase"] == WAITING:
        return 0.0, f"{WAITING} to end"
    spent, rest = seconds_since(_begun(status)), seconds_left(run, status)
    return min(1.0, spent / (spent + rest)), f"{plain(status['phase'])} · {duration(rest)} left"


def seconds_left(run: Run, status: Json) -> float:
    """Return about how long a tuning still takes; before it trains, by how long one usually does."""
    if status.get("seconds_left") is not None:
        return float(status["seconds_left"]) + END_SECONDS
    usual = NOMINAL_SECONDS[run.recipe.framework] - seconds_since(_begun(status))
    return float(max(END_SECONDS, usual))


def _begun(status: Json) -> float:
    return float(status.get("started") or status["created"])


def _use_awaited() -> None:
    """Let the tunings answer that this session awaits, once all are done; those that failed or are gone do not."""
    with errors_shown():
        awaited = [run for run in all_runs() if run.id in st.session_state.get(AWAITED, [])]
        if any(run.job.state in LIVE for run in awaited):
            return
        st.session_state.pop(AWAITED, None)
        answer_with([run for run in awaited if run.job.state == "finished"])


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
