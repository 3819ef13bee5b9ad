"""How far two trainings in lockstep are apart, update by update, on a logarithmic axis that hides no zero."""

from __future__ import annotations

from math import ceil, floor, log10

from digits.figures.curves import thin
from digits.figures.distributions import style
from digits.figures.palette import NEUTRAL
from digits.files import Json

VALUES = {"loss": "loss", "weight": "largest weight", "logit": "largest logit"}
EMPTY = (-17, -16)  # the powers of ten of the axis while nothing but zeros is known
MOST_MARKS = 8


def lockstep(steps: list[Json]) -> Json:
    """Return an ECharts option of `steps` (`Lockstep.steps`): three lines, and what is equal to the bit at the edge.

    A logarithmic axis has no zero: where a difference is 0, the line is broken and a mark stands at the lower edge,
    which says so. The axis is one of powers of ten, because ECharts would write 0.0000000000001 on its own.
    """
    (low, high, apart), zeros = _powers(steps), any(map(_zero, steps))
    lines = [one for number, name in enumerate(VALUES) for one in _lines(steps, name, number, low)]
    if lines and zeros:
        lines[0]["markLine"] = _edge(low)
    power = {
        "showMinLabel": not zeros,
        "formatter": "10{up|{value}}",
        "rich": {"up": {"fontSize": 9, "verticalAlign": "top"}},
    }
    return {
        "animation": False, "legend": {"show": False},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.2e", "confine": True},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 34, "containLabel": True},
        "xAxis": {"type": "value", "name": "Step", "nameLocation": "middle", "nameGap": 28, "min": 1,
                  "max": "dataMax"},
        "yAxis": {"type": "value", "name": "Difference (logarithmic)", "nameLocation": "end", "min": low, "max": high,
                  "interval": apart, "axisLabel": power, "nameTextStyle": {"align": "left"}},
        "series": lines,
    }  # fmt: skip


def _zero(step: Json) -> bool:
    return any(step[name] == 0 for name in VALUES)


def _powers(steps: list[Json]) -> tuple[int, int, int]:
    """Return the least and the greatest power of ten of the axis, and how far its marks are apart.

    Where there are zeros, there is room for them under the least difference.
    """
    values = [step[name] for step in steps for name in VALUES if step[name] > 0]
    low, high = (floor(log10(min(values))), ceil(log10(max(values)))) if values else EMPTY
    apart = max(1, -(-(high - low) // MOST_MARKS))
    if any(map(_zero, steps)):
        low -= apart
    return low, low + apart * max(1, -(-(high - low) // apart)), apart


def _lines(steps: list[Json], name: str, number: int, low: int) -> list[Json]:
    """Return the line of one difference, of points (step, power of ten, difference), and the marks of its zeros."""
    colour, dash = style(number)
    steps = thin(steps, [step[name] for step in steps])
    points = [[step["step"], log10(step[name]) if step[name] else None, step[name]] for step in steps]
    line = {"name": VALUES[name], "type": "line", "color": colour, "symbol": "none", "connectNulls": False,
            "dimensions": ["step", "power", "difference"], "encode": {"x": 0, "y": 1, "tooltip": [2]},
            "lineStyle": {"width": 2, "type": dash}, "data": points}  # fmt: skip
    zeros = [[step["step"], low] for step in steps if step[name] == 0]
    if not zeros:
        return [line]
    edge = {"name": f"{VALUES[name]}, equal to the bit", "type": "scatter", "color": colour, "data": zeros,
            "symbol": "rect", "symbolSize": [3, 8 + 5 * number], "silent": True,
            "tooltip": {"show": False}}  # fmt: skip
    return [line, edge]


def _edge(low: int) -> Json:
    return {"silent": True, "symbol": "none", "lineStyle": {"color": NEUTRAL, "type": "dotted"}, "animation": False,
            "label": {"formatter": "0: equal to the bit", "position": "insideEndTop", "color": NEUTRAL},
            "data": [{"yAxis": low}]}  # fmt: skip


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
