"""Curves of trainings as ECharts options, which redraw in place: live curves do not flicker."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import SHADES, SYMBOLS
from digits.files import Json

T = TypeVar("T")
Values = NDArray[np.float64]
MAX_POINTS = 500  # of a curve: a screen shows no more
KINDS = {"loss": {"steps"}, "accuracy": {"steps", "epoch"}}  # of records that hold the training's own value
NICE = (1, 2, 5)
BAND_POINTS = 200
CLOSE = 1.01  # ends nearer to one another than this are one number, which gets an axis around it


def telling(low: Values, high: Values) -> NDArray[np.int64]:
    """Return which of (n,) points are drawn, at most 500, rising: all that the others would not go beyond.

    Those are the first and the last, and of each of 249 equal stretches the one where `low` is least and the one
    where `high` is greatest, so that no peak is lost, however narrow it is.
    """
    if len(low) <= MAX_POINTS:
        return np.arange(len(low))
    edges = np.linspace(1, len(low) - 1, MAX_POINTS // 2).round().astype(int)
    stretches = list(pairwise(edges.tolist()))
    least = [start + int(low[start:end].argmin()) for start, end in stretches]
    greatest = [start + int(high[start:end].argmax()) for start, end in stretches]
    return np.unique([0, *least, *greatest, len(low) - 1])


def thin(points: list[T], values: Sequence[float] | None = None) -> list[T]:
    """Return at most 500 of `points`, in their order: the `telling` ones of their `values`, by default themselves."""
    array = np.asarray(points if values is None else values, np.float64)
    return [points[index] for index in telling(array, array)]


def curve(lines: list[Json], value: str, by: str) -> list[list[float]]:
    """Return `[x, y]` points of the records that have `value`; `by` is *epoch* or *seconds*."""
    return [[line[by], line[value]] for line in lines if value in line]


def colours(runs: list[Json]) -> list[str]:
    """Return the colour of each of `runs`: its framework's, and another shade for a second run of it."""
    seen, found = dict.fromkeys(SHADES, 0), []
    for run in runs:
        shades = SHADES[run["framework"]]
        found.append(shades[seen[run["framework"]] % len(shades)])
        seen[run["framework"]] += 1
    return found


def curves(runs: list[Json], value: str, by: str) -> Json:
    """Return an ECharts option: `value` (*loss*, *accuracy*) of train, thin, and test, thick, on the same axes.

    Each of `runs` has `title`, `framework` and `lines` (its records), or in place of `lines` the records of several
    seeds in `members`: those are drawn as their median, and a band from the least to the greatest.
    """
    series: list[Json] = []
    for number, (run, colour) in enumerate(zip(runs, colours(runs), strict=True)):
        members = run["members"] if "members" in run else [run["lines"]]
        train = [curve([line for line in lines if line["kind"] in KINDS[value]], value, by) for lines in members]
        test = [curve([line for line in lines if line["kind"] == "epoch"], f"test_{value}", by) for lines in members]
        symbol = SYMBOLS[run["framework"]]
        series.append(_line(f"{run['title']}, train", _middle(train), colour, 1, None))
        series.append(_line(f"{run['title']}, test", _middle(test), colour, 3, symbol))
        if len(members) > 1:
            series += _band(test, colour, f"band-{number}")
    return {**_axes(value, by, series), "series": series}


def band(of_members: list[list[list[float]]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x (k,) and the least, median and greatest y (3, k) of several curves of `[x, y]` points.

    Curves with the same x are taken as they are; others are interpolated, where all of them have values.
    """
    arrays = [np.array(points, np.float64).reshape(-1, 2) for points in of_members]
    if not all(len(array) for array in arrays):
        return np.zeros(0), np.zeros((3, 0))
    x = arrays[0][:, 0]
    if not all(np.array_equal(array[:, 0], x) for array in arrays):
        low, high = max(array[0, 0] for array in arrays), min(array[-1, 0] for array in arrays)
        shared = x[(x >= low) & (x <= high)]
        alike = len(shared) > 1 and all(np.isin(shared, array[:, 0]).all() for array in arrays)
        x = shared if alike else np.linspace(low, high, BAND_POINTS) if low < high else np.array([low])
    values = np.stack([np.interp(x, array[:, 0], array[:, 1]) for array in arrays])
    return x, np.quantile(values, [0, 0.5, 1], axis=0)


def _middle(of_members: list[list[list[float]]]) -> list[list[float]]:
    x, values = band(of_members)
    drawn = telling(values[1], values[1])
    return list(np.column_stack([x, values[1]])[drawn].tolist())


def _band(of_members: list[list[list[float]]], colour: str, name: str) -> list[Json]:
    """Return two series stacked on one another: an invisible one up to the least, a filled one to the greatest."""
    x, (low, _, high) = band(of_members)
    drawn = telling(low, high)
    x, low, high = x[drawn], low[drawn], high[drawn]
    hidden = {
        "type": "line", "stack": name, "stackStrategy": "all", "symbol": "none", "silent": True, "animation": False,
        "lineStyle": {"width": 0}, "color": colour, "tooltip": {"show": False}, "emphasis": {"disabled": True},
    }  # fmt: skip
    return [
        {**hidden, "name": f"{name}-low", "data": np.column_stack([x, low]).tolist()},
        {**hidden, "name": f"{name}-high", "data": np.column_stack([x, high - low]).tolist(),
         "areaStyle": {"opacity": 0.22}},
    ]  # fmt: skip


def _line(name: str, points: list[list[float]], colour: str, width: int, symbol: str | None) -> Json:
    dashed = "dashed" if width == 1 else "solid"
    return {
        "name": name, "type": "line", "data": points, "color": colour, "animation": False,
        "lineStyle": {"width": width, "type": dashed}, "symbol": symbol or "none", "symbolSize": 7,
        "showSymbol": symbol is not None and len(points) <= 120,
    }  # fmt: skip


def ticks(low: float, high: float) -> list[float]:
    """Return numbers around `low` to `high` (both > 0) to mark on a logarithmic axis: three to about eight.

    Powers of ten where they are enough; else 1, 2 and 5 of each decade; within less than an octave, even steps.
    """
    if high / low < CLOSE:
        low, high = low / CLOSE, high * CLOSE
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    if last - first > 4:
        return [float(10.0**power) for power in range(first, last + 1)]
    marks = [float(f"{nice}e{power}") for power in range(first, last + 1) for nice in NICE]
    inside = _enclosing(marks, low, high)
    if len(inside) > 3 or high / low >= 3:
        return inside
    step = _even_step((high - low) / 4)
    return _enclosing([round(step * n, 12) for n in range(1, int(high / step) + 3)], low, high)


def _even_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, … (times a power of ten) that is at least `least`."""
    power = int(np.floor(np.log10(max(least, 1e-9))))
    return next(step for nice in (*NICE, 10) if (step := float(f"{nice}e{power}")) >= least)


def _enclosing(marks: list[float], low: float, high: float) -> list[float]:
    """Return those of rising `marks` inside `low` to `high`, and the next one on either side."""
    return [
        mark
        for before, mark, after in zip([0.0, *marks], marks, [*marks[1:], np.inf], strict=False)
        if after > low and before < high
    ]


def _axes(value: str, by: str, series: list[Json]) -> Json:
    words = {"loss": "Loss, nats (logarithmic)", "accuracy": "Accuracy"}
    y: Json = {"type": "log" if value == "loss" else "value", "name": words[value], "nameLocation": "end",
               "nameTextStyle": {"align": "left"}, "scale": True}  # fmt: skip
    if value == "accuracy":
        y.update(max=1)
    else:
        y.update(_logarithmic(series))
    return {
        "animation": False,
        "tooltip": {"trigger": "axis", "valueFormatter": "percent" if value == "accuracy" else "%.4f",
                    "confine": True},
        "legend": {"show": False},
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 34, "containLabel": True},
        "xAxis": {"type": "value", "name": "Epoch" if by == "epoch" else "Seconds of training",
                  "nameLocation": "middle", "nameGap": 28},
        "yAxis": y,
    }  # fmt: skip


def _logarithmic(series: list[Json]) -> Json:
    """Return the ends and marks of a logarithmic axis: ECharts alone would mark powers of ten only."""
    values = [y for line in series if not line.get("stack") for _, y in line["data"] if y > 0]
    if not values:
        return {}
    marks = ticks(min(values), max(values))
    return {"min": marks[0], "max": marks[-1], "axisTick": {"customValues": marks},
            "axisLabel": {"customValues": marks}}  # fmt: skip
