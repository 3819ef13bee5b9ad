"""UMAP itself: imported without TensorFlow, compiled once a machine, counted epoch by epoch.

UMAP compiles itself with numba in each new process (6 s of processor time; 44 s with its own neighbour search). Its
functions are told to keep what was compiled, where numba keeps pynndescent's already: the next process loads it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.embedding.neighbors import Floats, nearest
from digits.embedding.recipe import MapRecipe
from digits.errors import WorkerError

Progress = Callable[[str, int, int], None]  # phase, done, total; raises to stop
NEIGHBORS, EPOCHS = "finding neighbours", "laying out"


@cache
def warm_up() -> None:
    """Import UMAP and have it compile or load what a map needs. The first call takes seconds, others nothing."""
    _keep_compiled(_import_umap())
    noise = np.random.default_rng(0).random((64, 8), np.float32)
    layout(noise, MapRecipe(dataset="noise", points=64), width=8, progress=lambda *_: None)


def layout(features: Floats, recipe: MapRecipe, *, width: int, progress: Progress) -> NDArray[np.float32]:
    """Return (n, 2) positions of (n, …) features, the same for the same seed; `width` as for `nearest`.

    It starts from the two principal components: a spectral start does not converge on images that lie in islands.
    """
    neighbors = min(recipe.neighbors, len(features) - 1)
    near = nearest(features, metric=recipe.metric, neighbors=neighbors, width=width,
                   progress=lambda done, total: progress(NEIGHBORS, done, total))  # fmt: skip
    umap = _import_umap()
    umap.layouts.tqdm = lambda steps, **_: _counted(steps, progress)  # its loop asks for a bar: this one can stop it
    reducer = umap.UMAP(
        n_neighbors=neighbors, min_dist=recipe.min_dist, metric=recipe.metric, random_state=recipe.seed, n_jobs=1,
        init="pca", precomputed_knn=(*near, None),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that new images cannot be placed without its own search: none will be
        positions = np.asarray(reducer.fit_transform(features), np.float32)
    if not np.isfinite(positions).all():
        raise WorkerError("UMAP left images without a place", do="Take more neighbours, or more images.")
    return positions


def _counted(steps: Iterable[int], progress: Progress) -> Iterator[int]:
    epochs = list(steps)
    for done, epoch in enumerate(epochs):
        progress(EPOCHS, done, len(epochs))
        yield epoch


def _import_umap() -> Any:
    """Import umap without TensorFlow, which it would import for a part that is not used (10 s and 0.7 GB)."""
    sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
    import umap
    import umap.layouts

    return umap


def _keep_compiled(umap: Any) -> None:
    """Tell the compiled functions that a map needs to keep their machine code on disk, where that is possible."""
    for module in (umap.umap_, umap.layouts, umap.utils):
        for name in dir(module):
            function = getattr(module, name)
            if hasattr(function, "enable_caching") and not name.endswith("_parallel"):
                with suppress(RuntimeError):  # nowhere to keep it: it is compiled each time
                    function.enable_caching()
