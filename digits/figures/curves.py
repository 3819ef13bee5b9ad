"""Curves of trainings as ECharts options, which redraw in place: live curves do not flicker."""

from __future__ import annotations

from typing import Any

import numpy as np

from digits.figures.palette import SHADES, SYMBOLS
from digits.files import Json

MAX_POINTS = 500


def thin(points: list[Any]) -> list[Any]:
    """Return at most 500 of `points`, evenly, the last one always among them."""
    if len(points) <= MAX_POINTS:
        return points
    return [points[index] for index in np.linspace(0, len(points) - 1, MAX_POINTS).round().astype(int)]


def curve(lines: list[Json], value: str, by: str) -> list[list[float]]:
    """Return `[x, y]` points of the records that have `value`; `by` is *epoch* or *seconds*."""
    return [[line[by], line[value]] for line in thin([line for line in lines if value in line])]


def curves(runs: list[Json], value: str, by: str) -> Json:
    """Return an ECharts option: `value` (*loss*, *accuracy*) of train, thin, and test, thick, on the same axes.

    Each of `runs` has `title`, `framework` and `lines` (its records).
    """
    series, seen = [], dict.fromkeys(SHADES, 0)
    for run in runs:
        shades = SHADES[run["framework"]]
        colour = shades[seen[run["framework"]] % len(shades)]
        seen[run["framework"]] += 1
        kinds = {"steps", "epoch"} if value == "accuracy" else {"steps"}
        train = [line for line in run["lines"] if line["kind"] in kinds]
        test = [line for line in run["lines"] if line["kind"] == "epoch"]
        symbol = SYMBOLS[run["framework"]]
        series.append(_line(f"{run['title']}, train", curve(train, value, by), colour, 1, None))
        series.append(_line(f"{run['title']}, test", curve(test, f"test_{value}", by), colour, 3, symbol))
    return {**_axes(value, by), "series": series}


def _line(name: str, points: list[list[float]], colour: str, width: int, symbol: str | None) -> Json:
    dashed = "dashed" if width == 1 else "solid"
    return {
        "name": name, "type": "line", "data": points, "color": colour, "animation": False,
        "lineStyle": {"width": width, "type": dashed}, "symbol": symbol or "none", "symbolSize": 7,
        "showSymbol": symbol is not None and len(points) <= 120,
    }  # fmt: skip


def _axes(value: str, by: str) -> Json:
    words = {"loss": "Loss, nats (logarithmic)", "accuracy": "Accuracy"}
    y: Json = {"type": "log" if value == "loss" else "value", "name": words[value], "nameLocation": "end",
               "nameTextStyle": {"align": "left"}, "scale": True}  # fmt: skip
    if value == "accuracy":
        y.update(max=1)
    return {
        "animation": False,
        "tooltip": {"trigger": "axis", "valueFormatter": "percent" if value == "accuracy" else "%.4f"},
        "legend": {"bottom": 0, "type": "scroll"},
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 58, "containLabel": True},
        "xAxis": {"type": "value", "name": "Epoch" if by == "epoch" else "Seconds of training",
                  "nameLocation": "middle", "nameGap": 28},
        "yAxis": y,
    }  # fmt: skip
