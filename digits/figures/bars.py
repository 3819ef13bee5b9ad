"""Ten probabilities as bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import FRAMEWORKS
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES


def bars(probabilities: NDArray[np.float64], framework: str) -> Json:
    """Return an ECharts option: ten probabilities as bars in the framework's colour, the answer solid."""
    answer = int(probabilities.argmax())
    data = [
        {"value": round(float(share), 4), "itemStyle": {"opacity": 1 if digit == answer else 0.45}}
        for digit, share in enumerate(probabilities)
    ]
    return {
        "animation": False, "color": [FRAMEWORKS[framework]],
        "grid": {"left": 4, "right": 12, "top": 8, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "percent"},
        "xAxis": {"type": "category", "data": [str(digit) for digit in range(10)]},
        "yAxis": {"type": "value", "min": 0, "max": 1},
        "series": [{"type": "bar", "name": FRAMEWORK_NAMES[framework], "data": data}],
    }  # fmt: skip
