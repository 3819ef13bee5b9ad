"""What a run may say of its own answers: how probable they are, whether a drawing is far from training, what is near.

*far*: nothing in training was like the drawing; *unsure*: the answer is less probable than that of nearly any
validation digit. Of these 99 % are neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import IntegrityError
from digits.evaluation.distance import FARTHEST, Surroundings, unit
from digits.evaluation.metrics import Floats, probabilities
from digits.evaluation.temperature import calibrated
from digits.training.knowledge import FILE, Knowledge
from digits.training.run import Run

NEAREST = 5
OLD = "It was trained by an earlier version, which kept nothing that says so."
NO_VALIDATION = "It was trained without a validation part, and only images that were not trained on could say so."


@dataclass(frozen=True)
class Said:
    """What a run says of n drawings: `probabilities` (n, 10), calibrated where it can; which are `far` and `unsure`.

    `distance` (n,) is 1 where far begins, and nan where that is not known; `nearest` (n, k) are rows of the data set,
    the nearest first.
    """

    probabilities: NDArray[np.float64]
    distance: NDArray[np.float64]
    far: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    nearest: NDArray[np.int64]


class Certainty:
    """What one run knows (`digits.training.knowledge`), ready to be asked; `missing` says why it cannot tell."""

    def __init__(self, knowledge: Knowledge | None, missing: str = OLD) -> None:
        self.knowledge = knowledge
        self.missing = missing if knowledge is None else "" if knowledge.scale else NO_VALIDATION
        if knowledge is not None:
            self._rows = unit(knowledge.hidden[: len(knowledge.rows)])
            self.around = Surroundings(knowledge.hidden, knowledge.ink, knowledge.of) if knowledge.scale else None

    @classmethod
    def of(cls, run: Run) -> Certainty:
        """Return that of `run`; what is damaged is missing, and said to be so."""
        try:
            return cls(Knowledge.read(run.folder / FILE))
        except IntegrityError as error:
            return cls(None, str(error))

    def say(self, hidden: Floats, ink: NDArray[np.uint8], logits: Floats) -> Said:
        """Return what is to say of drawings, by last hidden layer (n, units), framed ink (n, 784), logits (n, 10)."""
        known, nobody = self.knowledge, np.zeros(len(logits), bool)
        if known is None:
            return Said(probabilities(logits), np.full(len(logits), np.nan), nobody, nobody,
                        np.zeros((len(logits), 0), np.int64))  # fmt: skip
        shares, scale = calibrated(logits, known.told["temperature"]), known.scale
        if scale is None or self.around is None:
            return Said(shares, np.full(len(logits), np.nan), nobody, nobody, self._nearest(hidden))
        distance = scale.distance(self.around.sides(hidden, ink, logits))
        distance[~ink.any(axis=1)] = FARTHEST
        return Said(shares, distance, distance > 1, shares.max(axis=1) < known.told["unsure"], self._nearest(hidden))

    def _nearest(self, hidden: Any) -> NDArray[np.int64]:
        """Return the rows (n, k) of the training images whose last hidden layer points most nearly the same way."""
        alike = unit(hidden) @ self._rows.T
        some = min(NEAREST, alike.shape[1])
        found = np.argpartition(-alike, some - 1, axis=1)[:, :some]
        order = np.argsort(-np.take_along_axis(alike, found, axis=1), axis=1, kind="stable")
        rows = np.asarray(self.knowledge.rows if self.knowledge else [], np.int64)
        return np.asarray(rows[np.take_along_axis(found, order, axis=1)])
