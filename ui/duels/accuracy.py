"""The accuracy of a duel: curves over epochs, what is read at the end, how sure that is, and the calibration."""

from __future__ import annotations

import streamlit as st

from digits import figures
from digits.evaluation.meaning import chance, of_calibration, percent, points
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from ui.curves import AXES, SIGNS
from ui.duels.words import FIRST, SECOND, sentence
from ui.frame import count
from ui.leak import share


def show_accuracy(result: Json, families: int | None) -> None:
    """Show the curves, the accuracies and their differences of a finished duel."""
    draw_race(result["curves"], result["seconds"])
    seeds = len(result["seeds"])
    st.html(figures.table(["", FIRST, SECOND], rows(result), "Accuracies of both frameworks"))
    st.subheader(f"{FIRST} minus {SECOND}, percentage points", anchor=False)
    lines = differences(result, families)
    if lines:
        st.html(figures.intervals(lines, (f"{SECOND} reads more", f"{FIRST} reads more")))
    few = " One seed tells little of the frameworks: another start gives another difference." if seeds < 2 else ""
    st.caption(f"Exact McNemar test on the first seed's answers: {chance(result['mcnemar_p'])}. Lines are 95 % "
               f"intervals; one that crosses 0 shows no difference.{few}")  # fmt: skip


def draw_race(accuracies: Json, seconds: Json) -> None:
    """Draw the accuracy of both by epoch or by seconds; `accuracies` and `seconds` are {framework: a list a seed}."""
    by = st.segmented_control("Axis", list(AXES), default="epoch", format_func=AXES.get, key="duel-by",
                              label_visibility="collapsed", bind="query-params")  # fmt: skip
    several = max(map(len, accuracies.values())) > 1
    signs = " · ".join(f"{SIGNS[name]} {FRAMEWORK_NAMES[name]}" for name in FRAMEWORKS)
    st.echarts_chart(figures.race(accuracies, seconds, by or "epoch"), height=320, key="duel-race",
                     alt=_words(accuracies))  # fmt: skip
    band = " Lines are medians over the seeds, bands reach from the least to the greatest." if several else ""
    st.caption(f"{signs}. Share of test images read right after each epoch; where both are equal, the thin line lies "
               f"on the wide one.{band}")  # fmt: skip


def _words(accuracies: Json) -> str:
    said = []
    for name, each in accuracies.items():
        ends = sorted(curve[-1] for curve in each if curve)
        if ends:
            last = percent(ends[0]) if ends[0] == ends[-1] else f"{percent(ends[0])} to {percent(ends[-1])}"
            said.append(f"{FRAMEWORK_NAMES[name]}: {last} of the test images after epoch {len(each[0]) - 1}")
    return "; ".join(said) or "No accuracy is known yet"


def rows(result: Json) -> list[Json]:
    """Return the rows of the table of accuracies."""
    calibration, seeds = result["calibration"], result["seeds"]
    leak = f"; {share(result['leak'])} of them have a relative in training" if result["leak"] else ""
    found = [{
        "name": "First seed", "values": [percent(calibration[side]["accuracy"]) for side in FRAMEWORKS],
        "note": f"seed {seeds[0]}, of {count(result['test_images'], 'test image')} after the last epoch{leak}",
        "mark": "⚠ leak" if result["leak"] else None,
    }]  # fmt: skip
    interval, by_seed = result["accuracy_interval"], result["by_seed"]
    if interval["pytorch"]:
        found.append({"name": f"Mean of {len(seeds)} seeds", "note": "with its 95 % interval (Student's t)",
                      "values": [_with_range(*interval[side]) for side in FRAMEWORKS]})  # fmt: skip
        found.append({"name": "Each seed", "note": "in the order of the seeds",
                      "values": [", ".join(map(percent, by_seed[side])) for side in FRAMEWORKS]})  # fmt: skip
    return found


def _with_range(value: float, low: float, high: float) -> str:
    return f"{percent(value)} ({100 * low:.2f} to {100 * min(high, 1.0):.2f})"


def differences(result: Json, families: int | None) -> list[Json]:
    """Return the rows of the figure of differences: of the first seed's answers, and over the seeds."""
    found = []
    drawn = "images drawn again one by one" if families is None else f"{families:,} families drawn again, each whole"
    for name, note, interval in (
        ("First seed", drawn, result["accuracy_difference"]),
        (f"Mean of {len(result['seeds'])} seeds", "pairs of equal seeds", result["seeds_difference"]),
    ):
        if interval:
            value, low, high = interval
            found.append({"name": name, "note": note, "value": 100 * value, "low": 100 * low, "high": 100 * high,
                          "text": f"{points(value)} ({points(low)} to {points(high)})"})  # fmt: skip
    return found


def show_calibration(result: Json) -> None:
    """Show the reliability diagram of both, and each one's error in words."""
    found = result["calibration"]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.echarts_chart(figures.reliability_diagram(found), height=380, key="reliability",
                         alt=figures.reliability_words(found))  # fmt: skip
        st.caption("Answers of the first seed's last epoch, in 15 groups of like confidence; a larger mark is more "
                   "images. On the dashed line, a model that says 90 % is right 90 times of 100; below it, it is too "
                   "sure of itself.")  # fmt: skip
    with right:
        for name in FRAMEWORKS:
            st.metric(f"{SIGNS[name]} {FRAMEWORK_NAMES[name]}, expected calibration error",
                      f"{points(found[name]['error'])} points")  # fmt: skip
            st.caption(sentence(of_calibration(found[name])))
