"""What a map shows: everything that decides where its points lie, in one flat and frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from digits.errors import UsageError

FEATURES = ("pixels", "hidden")
METRICS = ("correlation", "cosine", "euclidean")
MAX_POINTS = 30_000
BOUNDS: dict[str, tuple[float, float]] = {
    "points": (10, MAX_POINTS),
    "neighbors": (2, 100),
    "min_dist": (0.0, 0.99),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True, kw_only=True)
class MapRecipe:
    """The first `points` test images of a run, or of a data set split as the presets split it, by their `features`.

    *pixels* are the inputs of the run's network; *hidden* is what its last hidden layer makes of them, so only a run
    has it. Where there are fewer test images than `points`, all are drawn. The defaults are the notebook's.
    """

    run: str | None = None
    dataset: str | None = None
    features: str = "pixels"
    points: int = 500
    neighbors: int = 5
    min_dist: float = 0.3
    metric: str = "correlation"
    seed: int = 42

    def __post_init__(self) -> None:
        if (self.run is None) == (self.dataset is None):
            raise UsageError("A map is of one thing", expected="a run or a data set", received="both or neither")
        if self.features not in FEATURES:
            raise UsageError("Unknown features", expected=" or ".join(FEATURES), received=repr(self.features))
        if self.features == "hidden" and self.run is None:
            raise UsageError("A data set has no hidden layer", expected="a run", do="Name a run, or draw the pixels.")
        if self.metric not in METRICS:
            raise UsageError("Unknown metric", expected=" or ".join(METRICS), received=repr(self.metric))
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if name != "min_dist" and (isinstance(value, bool) or not isinstance(value, int)):
                raise UsageError(f"{name} cannot be read", expected="a whole number", received=repr(value))
            if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
                raise UsageError(f"{name} is out of bounds", expected=f"{low:g} to {high:g}", received=value)
