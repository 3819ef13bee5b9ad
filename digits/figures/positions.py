"""A heat map of positions: what a model says of one drawing, wherever on the canvas it stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import FRAMEWORKS
from digits.files import Json

PALE, DARK = "#f2f2f2", "#222222"  # a cell where the answer is lost; words on pale cells, in both themes


def positions(shares: NDArray[np.float64], answers: NDArray[np.int64], framework: str) -> Json:
    """Return an ECharts option: a cell for each position, its colour a share (g, g), its text an answer (g, g)."""
    rows, columns = shares.shape
    cells = [
        {"value": [column, row, round(float(shares[row, column]), 4)],
         "label": {"formatter": str(answers[row, column]), "color": "#fff" if shares[row, column] > 0.6 else DARK}}
        for row in range(rows) for column in range(columns)
    ]  # fmt: skip
    axis = {"type": "category", "show": False}
    return {
        "animation": False,
        "grid": {"left": 1, "right": 1, "top": 1, "bottom": 1},
        "xAxis": {**axis, "data": list(range(columns))},
        "yAxis": {**axis, "data": list(range(rows)), "inverse": True},
        "visualMap": {"show": False, "min": 0, "max": 1, "inRange": {"color": [PALE, FRAMEWORKS[framework]]}},
        "series": [{"type": "heatmap", "data": cells, "label": {"show": True, "fontSize": 11}}],
    }
