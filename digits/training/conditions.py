"""The conditions of a training: what ran, told by the objects that ran it and not by what was asked for.

One flat JSON object a side, factor by factor: two of them make the ledger of a comparison
(`digits.evaluation.ledger`).
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
from numpy.typing import NDArray

from digits.files import Json
from digits.models import Classifier, State
from digits.models.weights import digest
from digits.training.inputs import Data
from digits.training.recipe import STRENGTHS, Recipe

Rows = NDArray[np.int32]
SHORT = 16  # hexadecimal digits of a hash that people compare by eye


class Orders:
    """A running hash over all batches that a classifier was given, how many `images` and `updates` they made.

    `batch` is the most images of an update.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.updates = self.images = self.batch = 0

    def add(self, batches: Rows) -> None:
        """Take note of (k, batch) rows, -1 where there is none; how they came in calls makes no difference."""
        self._hash.update(np.ascontiguousarray(batches, "<i4").data)
        sizes = np.count_nonzero(batches >= 0, axis=1)
        self.updates += len(batches)
        self.images += int(sizes.sum())
        self.batch = max(self.batch, int(sizes.max(initial=0)))

    @property
    def digest(self) -> str:
        """Return the hash so far, shortened."""
        return self._hash.hexdigest()[:SHORT]


class Shown:
    """A running hash over the variants that a classifier was shown, epoch by epoch, begun with the labels (n,)."""

    def __init__(self, labels: NDArray[np.int64]) -> None:
        self.digest = hashlib.sha256(labels.astype("<i8").data).hexdigest()[:SHORT]
        self._epoch = self._bytes = 0

    def place(self, ink: NDArray[np.uint8], size_bytes: int) -> None:
        """Take note of the variants (m, 784) of an epoch, which take so many bytes in memory."""
        self._epoch, self._bytes = zlib.crc32(np.ascontiguousarray(ink).data), size_bytes

    def end_epoch(self) -> None:
        """Count the epoch that was placed last; one that a stop cuts short is placed, and counted, once more."""
        self.digest = hashlib.sha256(f"{self.digest} {self._epoch:08x}".encode()).hexdigest()[:SHORT]

    @classmethod
    def told(cls, trainings: list[Shown]) -> Json:
        """Return `data`, the hash of what was shown (or one a seed), and `data in memory`, the bytes of an epoch."""
        hashes = [shown.digest for shown in trainings]
        return {"data": hashes if len(hashes) > 1 else hashes[0],
                "data in memory": f"an epoch, {trainings[-1]._bytes / 2**20:,.0f} MiB"}  # fmt: skip


def made(orders: list[Orders], rows: int) -> Json:
    """Return `order`, `updates`, `batch` and `epochs` of trainings, one a seed, on epochs of so many `rows`."""
    epochs = sum(order.images for order in orders) / rows / len(orders)
    return {"order": [order.digest for order in orders] if len(orders) > 1 else orders[0].digest,
            "updates": sum(order.updates for order in orders), "batch": max(order.batch for order in orders),
            "epochs": int(epochs) if epochs.is_integer() else round(epochs, 2)}  # fmt: skip


def loaded(classifier: Classifier) -> str:
    """Return the hash of the weights that `classifier` holds: said of the initial ones before the first update."""
    state: State = {name: value for name, value in classifier.state().items() if name.startswith("layer.")}
    return digest(state, {})[:SHORT]


def placed(data: Data) -> Json:
    """Return `data`, the hash of the training inputs (n, live) and labels (n,), and `data in memory`, their bytes."""
    total = hashlib.sha256(np.ascontiguousarray(data.train.inputs).data)
    total.update(data.train.labels.astype("<i8").data)
    size = data.train.inputs.nbytes + data.train.labels.nbytes
    return {"data": total.hexdigest()[:SHORT], "data in memory": f"whole, {size / 2**20:,.0f} MiB"}


def conditions(recipe: Recipe, data: Data, classifier: Classifier, known: Json) -> Json:
    """Return what ran: what the objects at work tell, and what only their keeper knows.

    `known` holds `initial weights` as a hash (or a list of one a seed), what was `made`, `dataset` (its fingerprint),
    `leak`, `seeds` where there are more than the recipe's, and with augmentation what was `Shown`. How inputs are
    scaled and images are split is told by the recipe; `data` and `evaluation` are hashes of what came of it.
    """
    test = hashlib.sha256(data.test.rows.astype("<i8").data).hexdigest()[:SHORT]
    return {
        "inputs": f"{recipe.pixels}, {recipe.frame}, scale {recipe.scale:g}, {len(data.live):,} alive",
        **classifier.conditions(), **pace(recipe), **placed(data), "augmentation": augmentation(recipe),
        "evaluation": f"{len(data.test.rows):,} images, {test}", "split": split(recipe), "seeds": [recipe.seed],
        **known, "dataset": str(known["dataset"])[:SHORT],
    }  # fmt: skip


def pace(recipe: Recipe) -> Json:
    """Return `schedule`; and `rate` where that changes: its highest, and not what the optimiser held last."""
    return {"schedule": recipe.schedule, **({} if recipe.schedule == "constant" else {"rate": recipe.rate})}


def augmentation(recipe: Recipe) -> str:
    """Return how far a recipe's images may differ from the stored ones: `none`, or `rotation 10, 3 variants`."""
    strengths = [f"{name} {getattr(recipe, name):g}" for name in STRENGTHS if getattr(recipe, name)]
    copies = [f"{recipe.variants} variants"] if recipe.variants > 1 else []
    return ", ".join([*strengths, *copies]) or "none"


def split(recipe: Recipe) -> str:
    """Return how a recipe splits: `family, fold 0 of 4`, or `random, 20 %`."""
    if recipe.split == "family":
        return f"family, fold {recipe.fold} of {recipe.folds}"
    return f"random, {recipe.test_share:.0%}"
