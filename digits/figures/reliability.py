"""The reliability diagram: how often answers of like confidence are right."""

from __future__ import annotations

from digits.figures.palette import FRAMEWORKS, NEUTRAL, SYMBOLS
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

LEAST, MOST = 6.0, 26.0  # pixels: a symbol's side, from one image to all of them


def reliability_diagram(found: Json) -> Json:
    """Return an ECharts option of `found` {framework: `digits.evaluation.calibration.reliability`}.

    A symbol is as large as the root of its share of the images, and the line between them thin: groups of a few
    images jump about. On the diagonal, confidence and accuracy are equal.
    """
    perfect = {"name": "perfect", "type": "line", "data": [[0, 0], [1, 1]], "color": NEUTRAL, "symbol": "none",
               "silent": True, "lineStyle": {"type": "dashed", "width": 2}, "tooltip": {"show": False}}  # fmt: skip
    axis = {"type": "value", "min": 0, "max": 1, "nameLocation": "middle"}
    return {
        "animation": False, "legend": {"show": False}, "tooltip": {"trigger": "item", "formatter": "{b}"},
        "grid": {"left": 26, "right": 16, "top": 12, "bottom": 34, "containLabel": True},
        "xAxis": {**axis, "name": "Confidence of the answers", "nameGap": 28},
        "yAxis": {**axis, "name": "Share that is right", "nameGap": 36},
        "series": [perfect, *(_line(framework, one) for framework, one in found.items())],
    }  # fmt: skip


def _line(framework: str, found: Json) -> Json:
    points = [
        {"name": _bin(framework, one), "value": [one["confidence"], one["accuracy"]],
         "symbolSize": LEAST + (MOST - LEAST) * (one["images"] / found["images"]) ** 0.5}
        for one in found["bins"] if one["images"]
    ]  # fmt: skip
    return {"name": FRAMEWORK_NAMES[framework], "type": "line", "color": FRAMEWORKS[framework], "data": points,
            "symbol": SYMBOLS[framework], "itemStyle": {"opacity": 0.75},
            "lineStyle": {"width": 1, "opacity": 0.4}}  # fmt: skip


def _bin(framework: str, one: Json) -> str:
    return (f"{FRAMEWORK_NAMES[framework]}: {one['images']:,} images, {100 * one['confidence']:.1f} % sure, "
            f"{100 * one['accuracy']:.1f} % of them right")  # fmt: skip


def reliability_words(found: Json) -> str:
    """Return the same as text: each framework's error, and every group of its answers."""
    said = []
    for framework, one in found.items():
        groups = ", ".join(f"{100 * each['confidence']:.0f} % sure {100 * each['accuracy']:.0f} % right"
                           for each in one["bins"] if each["images"])  # fmt: skip
        error = f"expected calibration error {100 * one['error']:.2f} points"
        said.append(f"{FRAMEWORK_NAMES[framework]}, {error}: {groups}")
    return "; ".join(said)
