"""UMAP of images: the pixels that a model takes, or the last hidden layer that it gives.

UMAP: McInnes, Healy, Melville, arXiv:1802.03426. The notebook's parameters are the defaults.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import job as jobs
from digits.engine import local
from digits.errors import UsageError
from digits.files import canonical, sha256
from digits.job import LIVE, Job
from digits.training.run import find_run

FEATURES = ("pixels", "hidden")
MAX_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class MapRecipe:
    """What is drawn: the first `points` test images of `run`, by their `features`."""

    run: str
    features: str = "pixels"
    points: int = 500
    neighbors: int = 5
    min_dist: float = 0.3
    metric: str = "correlation"
    seed: int = 42

    def __post_init__(self) -> None:
        if self.features not in FEATURES:
            raise UsageError("Unknown features", expected=" or ".join(FEATURES), received=repr(self.features))
        if not 10 <= self.points <= MAX_POINTS:
            raise UsageError("points is out of bounds", expected=f"10 to {MAX_POINTS}", received=self.points)


def start_map(recipe: MapRecipe, *, owner: str) -> Job:
    """Start drawing a map, or open the one that exists for the same recipe; an ended one starts again."""
    find_run(recipe.run)
    job = Job("maps", sha256(canonical(asdict(recipe)))[:16])
    lock = jobs.create(job, asdict(recipe), owner=owner)
    if lock is None and job.state not in (*LIVE, "finished"):
        lock = jobs.reopen(job, owner=owner)
    if lock is not None:
        local.launch("embed", job, lock)
    return job


def positions(job: Job) -> NDArray[np.float32]:
    """Return the (points, 2) positions of a finished map."""
    with np.load(job.folder / "map.npz") as arrays:
        return np.asarray(arrays["positions"])


def embed(features: NDArray[Any], recipe: MapRecipe) -> NDArray[np.float32]:
    """Return (n, 2) positions of (n, width) features."""
    umap = _import_umap()
    neighbors = min(recipe.neighbors, len(features) - 1)
    reducer = umap.UMAP(n_neighbors=neighbors, min_dist=recipe.min_dist, metric=recipe.metric,
                        random_state=recipe.seed, n_jobs=1)  # fmt: skip
    return np.asarray(reducer.fit_transform(features), np.float32)


def _import_umap() -> Any:
    """Import umap without TensorFlow, which it would import for a part that is not used (10 s and 0.7 GB)."""
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
    import umap

    return umap
