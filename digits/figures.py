"""Tables and arrays to figures. Nothing here reads files or knows Streamlit.

PyTorch is vermilion and TensorFlow blue everywhere (Okabe, Ito: colours that colour-blind readers tell apart); a dash
or a marker says the same as the colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

COLOURS = {"pytorch": "#D55E00", "tensorflow": "#0072B2"}
RIGHT, WRONG, NEUTRAL = "#009E73", "#CC79A7", "#8a8f98"
SHADES = {"pytorch": ("#D55E00", "#F0A050", "#8F3F00"), "tensorflow": ("#0072B2", "#56B4E9", "#004B75")}
SYMBOLS = {"pytorch": "circle", "tensorflow": "triangle"}
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
    series, seen = [], dict.fromkeys(FRAMEWORK_NAMES, 0)
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


def confusion(counts: NDArray[np.int64], framework: str) -> Any:
    """Return a Plotly heat map of a (10, 10) confusion matrix; rows are the truth. Colour is the share of a row."""
    import plotly.graph_objects as go

    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    digits = [str(digit) for digit in range(10)]
    figure = go.Figure(go.Heatmap(
        z=np.sqrt(share), x=digits, y=digits, customdata=np.dstack([counts, share]), showscale=False,
        colorscale=[[0, "rgba(127,127,127,0.06)"], [1, COLOURS[framework]]], zmin=0, zmax=1, xgap=1, ygap=1,
        text=np.where(counts > 0, counts, "").astype(str), texttemplate="%{text}",
        hovertemplate="a %{y} read as %{x}: %{customdata[0]:,} (%{customdata[1]:.1%})<extra></extra>",
    ))  # fmt: skip
    figure.update_layout(
        xaxis={"title": "Answer", "side": "top", "fixedrange": True},
        yaxis={"title": "Truth", "autorange": "reversed", "fixedrange": True, "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 40, "b": 0}, height=420,
    )  # fmt: skip
    return figure


def bars(probabilities: NDArray[np.float64], framework: str) -> Json:
    """Return an ECharts option: ten probabilities as bars in the framework's colour, the answer solid."""
    answer = int(probabilities.argmax())
    data = [
        {"value": round(float(share), 4), "itemStyle": {"opacity": 1 if digit == answer else 0.45}}
        for digit, share in enumerate(probabilities)
    ]
    return {
        "animation": False, "color": [COLOURS[framework]],
        "grid": {"left": 4, "right": 12, "top": 8, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "percent"},
        "xAxis": {"type": "category", "data": [str(digit) for digit in range(10)]},
        "yAxis": {"type": "value", "min": 0, "max": 1},
        "series": [{"type": "bar", "name": FRAMEWORK_NAMES[framework], "data": data}],
    }  # fmt: skip


# The notebook's colours of the digits 0 to 9, darkened where they vanish on white.
DIGIT_COLOURS = (
    "#D62728",
    "#1F77B4",
    "#2CA02C",
    "#17BECF",
    "#E377C2",
    "#BCBD22",
    "#7F7F7F",
    "#6B8E23",
    "#C68E4F",
    "#5FA800",
)


def digit_map(positions: NDArray[np.float32], answers: NDArray[np.int64], labels: NDArray[np.int64]) -> Any:
    """Return a Plotly scatter of (n, 2) positions without axes, each drawn as the digit that was answered."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for digit in range(10):
        mine = answers == digit
        figure.add_trace(go.Scatter(
            x=positions[mine, 0], y=positions[mine, 1], mode="text", text=[f"<b>{digit}</b>"] * int(mine.sum()),
            name=str(digit), textfont={"color": DIGIT_COLOURS[digit], "size": 12}, showlegend=False,
            customdata=labels[mine], hovertemplate=f"read as {digit}, is a %{{customdata}}<extra></extra>",
        ))  # fmt: skip
    figure.update_layout(height=460, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
