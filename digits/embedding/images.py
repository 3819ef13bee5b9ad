"""Which images a map shows, and in which order they count as the first.

The rows of a test part are sorted, and many data sets are sorted by digit: their first 500 are one digit. The
notebook's test images are shuffled, so here too the first are those of one fixed shuffle. It is the same whatever the
seed of the layout and however many points: 500 points are the first 500 of 10,000.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.split import at_random
from digits.embedding.recipe import MapRecipe
from digits.files import canonical, sha256
from digits.training.framed import framed_ink
from digits.training.recipe import Recipe
from digits.training.run import find_run

SHUFFLE = 0x0DE5
VERSION = 2  # changes when the same recipe would give other positions
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Images:
    """Test images: their places (n,) in the test part, their rows (n,) in the data set, and how they are framed."""

    dataset: Dataset
    places: Rows
    rows: Rows
    recipe: Recipe

    @property
    def width(self) -> int:
        """How many inputs an image is: 3,136 of RGBA, most of them always zero, or 784 of ink."""
        return self.recipe.widths[0]

    def ink(self) -> NDArray[np.uint8]:
        """Return the framed ink (n, 784) uint8. Raises `IntegrityError` if the images are not those written."""
        self.dataset.verify_blocks(self.rows)
        ascending = np.sort(self.rows)  # the disk is read from front to back
        framed = framed_ink(self.dataset.images[ascending], self.recipe)
        return framed[np.searchsorted(ascending, self.rows)]


def first(points: int, test_images: int) -> Rows:
    """Return the places (n,) of the first `points` of `test_images`, shuffled once and for all."""
    return np.random.default_rng(SHUFFLE).permutation(test_images)[:points]


def images_of(recipe: MapRecipe) -> Images:
    """Return the images of a map. Raises `NotFoundError`, and `ConflictError` for a run that is not finished."""
    if recipe.run is None:
        dataset = Dataset.open(str(recipe.dataset))
        training = Recipe(framework="pytorch", dataset=dataset.name)
        rows = at_random(int(dataset.report["images"]), training).test
    else:
        run = find_run(recipe.run)
        run.result()
        dataset, training, rows = run.dataset(), run.recipe, run.evaluation("rows").astype(np.int64)
    places = first(recipe.points, len(rows))
    return Images(dataset, places, rows[places], training)


def identity(recipe: MapRecipe, images: Images) -> str:
    """Return the 16 hexadecimal digits that name a map: of its parameters and of whatever its features come from.

    Pixels do not depend on who reads them, so two runs that were tested on the same images share the map of pixels.
    """
    parameters: dict[str, Any] = asdict(recipe)
    del parameters["run"], parameters["dataset"], parameters["points"]
    rows = sha256(images.rows.astype("<i8").tobytes())
    pixels = [images.dataset.fingerprint, images.recipe.frame, images.width]
    subject = pixels if recipe.features == "pixels" else [recipe.run]
    return sha256(canonical([VERSION, parameters, rows, subject]))[:16]
