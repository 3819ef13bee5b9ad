"""A map of images: points in the plane, each drawn as a digit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import DIGITS


def digit_map(positions: NDArray[np.float32], answers: NDArray[np.int64], labels: NDArray[np.int64]) -> Any:
    """Return a Plotly scatter of (n, 2) positions without axes, each drawn as the digit that was answered."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for digit in range(10):
        mine = answers == digit
        figure.add_trace(go.Scatter(
            x=positions[mine, 0], y=positions[mine, 1], mode="text", text=[f"<b>{digit}</b>"] * int(mine.sum()),
            name=str(digit), textfont={"color": DIGITS[digit], "size": 12}, showlegend=False,
            customdata=labels[mine], hovertemplate=f"read as {digit}, is a %{{customdata}}<extra></extra>",
        ))  # fmt: skip
    figure.update_layout(height=460, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
