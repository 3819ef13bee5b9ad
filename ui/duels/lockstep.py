"""Lockstep: both frameworks step together from the same weights, and the page shows how far they part."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits import figures
from digits.engine.locksteps import lockstep_of, start_lockstep
from digits.figures.distributions import style
from digits.figures.lockstep import VALUES
from digits.job import LIVE
from digits.training.lockstep import MOST_STEPS, Lockstep, Mode
from ui.boxes import dataset_box
from ui.duels.modes import show_modes
from ui.duels.steps import NAMES, what_is_seen
from ui.frame import count, duration, errors_shown, owner, plain
from ui.live import live
from ui.queue import place

SECONDS = 0.7  # between two looks
WHOSE = {"reference": "One formula in both", "native": "Each its own"}
ABOUT = (
    "PyTorch and TensorFlow make the same updates side by side, from the same weights, on the same batches. After "
    "each, the two are held against each other: their losses, their weights, their logits."
)
HELP = {
    "optimizer": "What turns gradients into steps. Batches of 128 at a rate of 0.001, from the same weights.",
    "native": "One formula: the optimiser is written out and both follow it. Each its own: torch.optim and "
    "keras.optimizers with their own defaults.",
    "dtype": "Precision of the arithmetic: float64 keeps about 16 digits, float32 about 7.",
    "steps": "Updates that both make.",
    "scale": "The number that full ink becomes: the notebook feeds 255, which makes gradients and rounding larger.",
    "network": "Hidden layers as a recipe names them: 784-128-64 is the notebook's, conv16x3 pool 64 sees pictures.",
}


def show_lockstep(names: list[str]) -> None:
    """Ask for a mode on one of the data sets `names`, show how far the frameworks part in it, and all modes."""
    st.caption(ABOUT)
    with errors_shown():
        mode = _asked(names)
        found = lockstep_of(mode)
        at_work = found is not None and found.job.state in LIVE
        live(_look, mode, at_work, every=SECONDS if at_work else None)
        show_modes(mode)


def _asked(names: list[str]) -> Mode:
    first, second, third = st.columns([2, 3, 3], vertical_alignment="bottom")
    dataset = dataset_box(names, first)
    optimizer = _one_of(second, "Optimiser", NAMES, "optimizer", "adam")
    whose = _one_of(third, "Formula", WHOSE, "native", "reference")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dtype = _one_of(st, "Precision", {name: name for name in ("float64", "float32")}, "dtype", "float64")
        steps = st.number_input("Steps", 1, MOST_STEPS, 300, 50, key="lockstep-steps", width=140, help=HELP["steps"],
                                persist_state="session")  # fmt: skip
        scale = st.number_input("Full ink is", 1e-6, 1e6, 1.0, 1.0, "%.6g", key="lockstep-scale", width=140,
                                help=HELP["scale"], persist_state="session")  # fmt: skip
        network = st.text_input("Network", Mode.network, key="lockstep-network", width=280, help=HELP["network"],
                                persist_state="session")  # fmt: skip
    return Mode(dataset=dataset, optimizer=optimizer, native=whose == "native", dtype=dtype, steps=steps, scale=scale,
                network=network)  # fmt: skip


def _one_of(place: Any, label: str, options: dict[str, str], name: str, usual: str) -> str:
    """Ask for one of a few words and keep it in the URL."""
    said = place.segmented_control(label, list(options), default=usual, format_func=options.get, required=True,
                                   key=f"lockstep-{name}", help=HELP[name], bind="query-params")  # fmt: skip
    return str(said or usual)  # an address may name none


def _look(mode: Mode, was_live: bool) -> None:
    """Show the lockstep of `mode` as far as it has come, or offer to start it."""
    with errors_shown():
        found = lockstep_of(mode)
        state = found.job.state if found else ""
        if found is None or (state not in LIVE and found.result() is None):
            _offer(mode, found)
        else:
            if state in LIVE:
                _row(found)
            _draw(found)
        if was_live and state not in LIVE:
            st.rerun(scope="app")


def _offer(mode: Mode, ended: Lockstep | None) -> None:
    """Offer to start `mode`; say how it ended before, if it did not come to its end."""
    if ended is not None:
        status = ended.job.status()
        reason = plain(status.get("error") or "its process died")
        st.warning(f"The last lockstep of {plain(mode.title)} {status['state']}: {reason}", icon=":material/warning:")
    else:
        st.markdown(f"**{plain(mode.title)}** over {count(mode.steps, 'step')} has not been run on "
                    f"{plain(mode.dataset)}. It takes ten seconds to import both, then a moment a step.")  # fmt: skip
    if st.button("Step both together", f"step-{mode.dataset}", type="primary", icon=":material/play_arrow:"):
        start_lockstep(mode, owner=owner())
        st.rerun(scope="app")


def _row(found: Lockstep) -> None:
    status = found.job.status()
    done, total = status.get("done", 0), status.get("total", 0)
    left, right = st.columns([4, 1], vertical_alignment="center")
    said = f"**{plain(found.mode.title)}** · {place(found.job) or plain(status['phase'])}"
    if status.get("seconds_left") is not None:
        said += f" · step {done:,} of {total:,} · **{duration(status['seconds_left'])}** left"
    left.progress(min(1.0, done / total) if total else 0.0, text=said)
    if right.button("Stop", f"stop-{found.job.id}", icon=":material/stop:", width="stretch"):
        found.job.request_stop()


def _draw(found: Lockstep) -> None:
    steps = found.steps()
    if not steps:
        return
    st.html(_legend())
    st.echarts_chart(figures.lockstep(steps), height=380, key="lockstep-chart", alt=figures.lockstep_words(steps))
    zeros = {name: sum(step[name] == 0 for step in steps) for name in VALUES}
    equal = ", ".join(f"{VALUES[name]} after {number:,} of {len(steps):,} steps"
                      for name, number in zeros.items() if number)  # fmt: skip
    if equal:
        st.caption(f":material/equal: Equal to the bit: {equal}. A logarithmic axis has no 0: these are marks at "
                   "its lower edge, and the line is broken there.")  # fmt: skip
    st.markdown(what_is_seen(found.mode, steps))


def _legend() -> str:
    """Return the three lines with what they are, which the chart's own legend would not tell by their dashes."""
    words = {"loss": "|Δloss| of the update's batch, in nats", "weight": "largest |Δweight| of all weights",
             "logit": "largest |Δlogit| on test images"}  # fmt: skip
    entries = []
    for number, name in enumerate(VALUES):
        colour, dash = style(number)
        entries.append('<span style="display: inline-block; margin-right: 1.6em"><span aria-hidden="true" style="'
                       f'display: inline-block; width: 2.4em; border-top: 3px {dash} {colour}; margin: 0 6px 4px 0">'
                       f"</span>{words[name]}</span>")  # fmt: skip
    return f'<div style="font-size: 0.9rem; line-height: 1.6">{"".join(entries)}</div>'
