"""How far two trainings in lockstep are apart, update by update, on a logarithmic axis that hides no zero."""

from __future__ import annotations

from math import floor, log10

from digits.figures.curves import thin, ticks
from digits.figures.distributions import style
from digits.figures.palette import NEUTRAL
from digits.files import Json

VALUES = {"loss": "loss", "weight": "largest weight", "logit": "largest logit"}
EMPTY = 1e-18  # where the axis begins while nothing but zeros is known
MOST_MARKS = 9


def lockstep(steps: list[Json]) -> Json:
    """Return an ECharts option of `steps` (`Lockstep.steps`): three lines, and what is equal to the bit at the edge.

    A logarithmic axis has no zero: where a difference is 0, the line is broken and a mark stands at the lower edge,
    which says so.
    """
    shown = thin(steps)
    values = [step[name] for step in shown for name in VALUES if step[name] > 0]
    marks = _marks(min(values), max(values)) if values else [EMPTY, 10 * EMPTY]
    bottom = marks[0] / 10 if _zeros(shown) else marks[0]
    lines = [one for number, name in enumerate(VALUES) for one in _lines(shown, name, number, bottom)]
    if _zeros(shown) and lines:
        lines[0]["markLine"] = _edge(bottom)
    return {
        "animation": False, "legend": {"show": False},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.2e", "confine": True},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 34, "containLabel": True},
        "xAxis": {"type": "value", "name": "Step", "nameLocation": "middle", "nameGap": 28, "min": 1,
                  "max": "dataMax"},
        "yAxis": {"type": "log", "name": "Difference (logarithmic)", "nameLocation": "end", "min": bottom,
                  "max": marks[-1], "nameTextStyle": {"align": "left"},
                  "axisTick": {"customValues": marks}, "axisLabel": {"customValues": marks}},
        "series": lines,
    }  # fmt: skip


def _zeros(steps: list[Json]) -> bool:
    return any(step[name] == 0 for step in steps for name in VALUES)


def _marks(low: float, high: float) -> list[float]:
    """Return marks around `low` to `high`; of many powers of ten, not every one."""
    found = [float(f"{mark:.1e}") for mark in ticks(low, high)]
    apart = -(-len(found) // MOST_MARKS)
    if apart < 2:
        return found
    first, last = floor(log10(found[0]) + 0.5), floor(log10(found[-1]) + 0.5)
    return [float(f"1e{power}") for power in range(first, last + apart, apart)]


def _lines(steps: list[Json], name: str, number: int, bottom: float) -> list[Json]:
    """Return the line of one difference, and where it is zero, marks at the edge."""
    colour, dash = style(number)
    line = {"name": VALUES[name], "type": "line", "color": colour, "symbol": "none", "connectNulls": False,
            "lineStyle": {"width": 2, "type": dash},
            "data": [[step["step"], step[name] or None] for step in steps]}  # fmt: skip
    zeros = [[step["step"], bottom] for step in steps if step[name] == 0]
    if not zeros:
        return [line]
    edge = {"name": f"{VALUES[name]}, equal to the bit", "type": "scatter", "color": colour, "data": zeros,
            "symbol": "rect", "symbolSize": [3, 8 + 5 * number], "silent": True,
            "tooltip": {"show": False}}  # fmt: skip
    return [line, edge]


def _edge(bottom: float) -> Json:
    return {"silent": True, "symbol": "none", "lineStyle": {"color": NEUTRAL, "type": "dotted"},
            "label": {"formatter": "0: equal to the bit", "position": "insideStartTop", "color": NEUTRAL},
            "data": [{"yAxis": bottom}]}  # fmt: skip


def lockstep_words(steps: list[Json]) -> str:
    """Return the same as text: of each difference the largest, the last one, and how often it was zero."""
    if not steps:
        return "No step is made yet"
    said = []
    for name, words in VALUES.items():
        values = [step[name] for step in steps]
        zeros = sum(value == 0 for value in values)
        at = f", equal to the bit after {zeros:,} of {len(steps):,} steps" if zeros else ""
        said.append(f"{words}: at most {max(values):.1e}, {values[-1]:.1e} after step {steps[-1]['step']:,}{at}")
    return "; ".join(said)
