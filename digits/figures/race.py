"""Two frameworks' accuracies on one chart: where they are equal, both are seen."""

from __future__ import annotations

from itertools import accumulate

from digits.figures.curves import curves
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

UNDER, OVER = 8, 2.5  # pixels: the first line is wide, so that an equal one upon it hides nothing


def race(accuracies: Json, seconds: Json, by: str) -> Json:
    """Return an ECharts option: of each framework the median over seeds, and a band from the least to the greatest.

    `accuracies` {framework: a list a seed, from epoch 0 on}, `seconds` {framework: the same, from epoch 1 on}, `by`
    *epoch* or *seconds*. Once both have trained, the untrained networks are left out: with their tenth of all images
    on the axis, nothing else would be told apart.
    """
    trained = all(len(curve) > 1 for each in accuracies.values() for curve in each)
    found = curves([_of(framework, each, seconds[framework], int(trained)) for framework, each in accuracies.items()],
                   "accuracy", by)  # fmt: skip
    found["series"] = [line for line in found["series"] if not line["name"].endswith(", train")]
    if by == "epoch":
        found["xAxis"] |= {"minInterval": 1, "min": int(trained)}
    drawn = [line for line in found["series"] if "stack" not in line]
    for line, width in zip(drawn, (UNDER, OVER), strict=False):
        line["name"] = line["name"].removesuffix(", test")
        line["lineStyle"] = {"width": width, "opacity": 0.7 if width == UNDER else 1}
    return found


def _of(framework: str, accuracies: list[list[float]], seconds: list[list[float]], first: int) -> Json:
    """Return the curves of one framework from epoch `first` on, a member a seed, as `curves` takes them."""
    members = [
        [{"kind": "epoch", "epoch": epoch, "seconds": at, "test_accuracy": accuracy}
         for epoch, (at, accuracy) in enumerate(zip(accumulate(took, initial=0.0), each, strict=False))
         if epoch >= first]
        for each, took in zip(accuracies, seconds, strict=True)
    ]  # fmt: skip
    return {"title": FRAMEWORK_NAMES[framework], "framework": framework, "members": members}
