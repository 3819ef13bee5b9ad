"""The confusion matrix as a Plotly heat map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import FRAMEWORKS


def confusion(counts: NDArray[np.int64], framework: str) -> Any:
    """Return a Plotly heat map of a (10, 10) confusion matrix; rows are the truth. Colour is the share of a row."""
    import plotly.graph_objects as go

    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    digits = [str(digit) for digit in range(10)]
    figure = go.Figure(go.Heatmap(
        z=np.sqrt(share), x=digits, y=digits, customdata=np.dstack([counts, share]), showscale=False,
        colorscale=[[0, "rgba(127,127,127,0.06)"], [1, FRAMEWORKS[framework]]], zmin=0, zmax=1, xgap=1, ygap=1,
        text=np.where(counts > 0, counts, "").astype(str), texttemplate="%{text}",
        hovertemplate="a %{y} read as %{x}: %{customdata[0]:,} (%{customdata[1]:.1%})<extra></extra>",
    ))  # fmt: skip
    figure.update_layout(
        xaxis={"title": "Answer", "side": "top", "fixedrange": True},
        yaxis={"title": "Truth", "autorange": "reversed", "fixedrange": True, "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 40, "b": 0}, height=420,
    )  # fmt: skip
    return figure
