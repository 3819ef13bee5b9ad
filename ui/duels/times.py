"""The seconds of a duel: the paired ratios beside their controls, and what an epoch costs in each framework."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from digits import figures
from digits.figures.curves import thin
from digits.figures.palette import FRAMEWORKS as COLOURS
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.turns import control_pairs, ratio_pairs, timed
from ui.duels.words import FIRST, SECOND
from ui.frame import count, duration, percent, size

ENDS = (f"{FIRST} is faster", f"{SECOND} is faster")
READ = (
    f"Each dot is one epoch of {FIRST} over the epoch of {SECOND} that ran beside it, the earliest at the top; the "
    "upright bar is their median, the thick line its 95 % interval. Below it, the same of two processes that do the "
    "very same work: what is seen there is noise."
)


def show_times(result: Json, turns: list[Json]) -> None:
    """Show the ratios and the table of a finished duel."""
    st.subheader(f"{FIRST}'s seconds an epoch over {SECOND}'s", anchor=False)
    counted = timed(turns)
    if result["ratio"] is None or not counted:
        st.caption(
            "Too few rounds were timed for a ratio: it takes two, and the first epoch of a seed does not count."
        )
    else:
        refused: list[str] = next((one["refused"] for one in result["answers"] if one["question"] == "faster"), [])
        draw_ratios(counted, result, claimed=not refused)
        if refused:
            st.caption(":material/block: Nobody is called faster by this: see the verdict.")
    _disturbed(result)
    st.subheader("What an epoch costs", anchor=False)
    heads = ["", FIRST, SECOND]
    st.html(figures.table(heads, rows(result), "Seconds, memory and rates of both frameworks"))


def draw_ratios(counted: list[Json], result: Json | None = None, *, claimed: bool = False) -> None:
    """Draw the ratio of each timed round; with its interval and the controls' once there is a `result`."""
    points = [one / other for pairs in ratio_pairs(counted) for one, other in pairs]
    first = {"name": f"{FIRST} ÷ {SECOND}", "note": f"{count(len(counted), 'round')} of two pairs",
             "points": thin(points), "low": min(points), "high": max(points), "text": "so far"}  # fmt: skip
    lines = [first]
    if result:
        value, low, high = result["ratio"], result["ratio_low"], result["ratio_high"]
        first |= {"value": value, "low": low, "high": high, "text": f"{value:.2f} ({low:.2f} to {high:.2f})"}
        if claimed and not low <= 1 <= high:
            first["colour"] = COLOURS["pytorch" if value < 1 else "tensorflow"]
        lines += [_control(name, counted, result["control"][name]) for name in FRAMEWORKS if result["control"][name]]
    st.html(figures.intervals(lines, ENDS, ratio=True))
    st.caption(READ)


def _control(framework: str, counted: list[Json], interval: list[float]) -> Json:
    low, high = interval
    name = FRAMEWORK_NAMES[framework]
    noisy = "" if low <= 1 <= high else " · misses 1"
    return {"name": f"{name} ÷ itself", "note": "control: two processes, the same work", "low": low, "high": high,
            "points": thin([one / other for pairs in control_pairs(counted, framework) for one, other in pairs]),
            "text": f"{low:.2f} to {high:.2f}{noisy}"}  # fmt: skip


def _disturbed(result: Json) -> None:
    """Say what else ran meanwhile, where the system tells."""
    others, asleep, cores = result.get("others_cores"), result.get("sleepers_share"), result["machine"]["cores"]
    if others is not None:
        slept = f", and each sleeping process at most {percent(asleep)} of one" if asleep is not None else ""
        st.caption(f"While epochs were timed, other programs took {others:.1f} of {count(cores, 'core')}{slept}.")


def rows(result: Json) -> list[Json]:
    """Return the rows of the table: what, in a sentence how, and both values."""
    best = max(result["product_gflops"].values())
    return [
        _row("Epoch", f"median of those after the first; one pass over {result['images']:,} training images",
             lambda side: duration(result["epoch_seconds"][side])),
        _row("First epoch", "fills caches and memory, so it is left out of the ratio",
             lambda side: duration(result["first_epoch_seconds"][side])),
        _row("Compiling", "the first call minus the same call again: the longest, once a process or a seed",
             lambda side: duration(result["compile_seconds"][side])),
        _row("Import", "until the framework is loaded, once a process",
             lambda side: duration(result["import_seconds"][side])),
        _row("Processor time an epoch", "seconds of all its threads together",
             lambda side: duration(result["cpu_seconds"][side])),
        _row("Peak memory", "of the whole process while an epoch runs",
             lambda side: size(result["peak_bytes"][side])),
        _row("Images a second", "in a median epoch", lambda side: f"{result['images_per_second'][side]:,.0f}"),
        _row("Share of the machine's rate", f"of {best:,.0f} GFLOP/s, the faster product of two large matrices, "
             f"measured just before; an epoch's are {result['epoch_operations'] / 1e9:,.1f} billion operations",
             lambda side: percent(result["rate_share"][side])),
        *_to_target(result),
        _row("Same bits again", "both processes gave equal logits after every epoch",
             lambda side: "yes" if result["repeats"][side] else "no"),
    ]  # fmt: skip


def _row(name: str, note: str, value: Callable[[str], str]) -> Json:
    return {"name": name, "note": note, "values": [value(side) for side in FRAMEWORKS]}


def _to_target(result: Json) -> list[Json]:
    """Return the rows on the time and the updates to the accuracy that was asked for."""
    found = result["to_target"]
    goal = f"To {percent(found['target'])} accuracy"
    missed = "not by every seed"
    return [
        _row(f"{goal}, time", "seconds of training, median over seeds",
             lambda side: duration(found[side]["seconds"]) if found[side] else missed),
        _row(f"{goal}, steps", "updates of the weights, looked at after each epoch",
             lambda side: f"{found[side]['steps']:,g} ({found[side]['epochs']:g} epochs)" if found[side] else missed),
    ]  # fmt: skip
