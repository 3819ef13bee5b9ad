"""Several distributions on one axis: what data sets have in common, and in what they differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.files import Json

# None is a framework's colour; told apart by colour-blind readers (Okabe, Ito), and by their dashes.
COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a8f98")
DASHES = ("solid", "dashed", "dotted")
BINS = 28


def style(number: int) -> tuple[str, str]:
    """Return colour and dash of the data set at the place `number`."""
    return COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]


def distributions(values: dict[str, NDArray[np.float32]], low: float, high: float, unit: str) -> Json:
    """Return an ECharts option: of each name a line, the share of its values (n,) in each of 28 bins.

    What lies outside of `low` to `high` counts to the first or the last bin; NaN does not count.
    """
    edges = np.linspace(low, high, BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    series = []
    for number, (name, found) in enumerate(values.items()):
        colour, dash = style(number)
        points = np.column_stack([middles, shares(found, edges)]).round(4).tolist()
        series.append({"name": name, "type": "line", "data": points, "color": colour, "symbol": "none",
                       "lineStyle": {"width": 2, "type": dash}})  # fmt: skip
    return {
        "animation": False, "legend": {"show": False},
        "tooltip": {"trigger": "axis", "valueFormatter": "percent", "confine": True},
        "grid": {"left": 6, "right": 14, "top": 8, "bottom": 26, "containLabel": True},
        "xAxis": {"type": "value", "min": float(np.ceil(low)), "max": float(np.floor(high)), "name": unit,
                  "nameLocation": "middle", "nameGap": 22, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "min": 0, "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "series": series,
    }  # fmt: skip


def shares(values: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of `values` (n,) between each two of `edges` (k + 1,), (k,) float64."""
    known = values[np.isfinite(values)].astype(np.float64).clip(edges[0], edges[-1])
    return np.asarray(np.histogram(known, edges)[0] / max(1, len(known)), np.float64)


def quartiles(values: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile of `values` (n,); NaN where there is none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return (float("nan"),) * 3
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def distribution_words(values: dict[str, NDArray[np.float32]], unit: str) -> str:
    """Return the same as text: of each name the median, and between what half of the values lie."""
    said = []
    for name, found in values.items():
        low, middle, high = quartiles(found)
        said.append(f"{name}: median {middle:.1f}, half from {low:.1f} to {high:.1f} {unit}")
    return "; ".join(said)
