"""What a run knows beyond its weights, gathered when it ends: how sure it may be, and what training was like to it.

    runs/<id>/knowledge.npz   rows and labels of training images · their last hidden layer and small ink, and those of
                              variants of them · logits and labels of the validation part · `told`, the numbers

Of at most `MOST` training images, drawn by the recipe's seed. Where they are fewer and training was augmented, each
counts several times, in variants that training might have shown as well. Without a validation part nothing says how
sure the run may be; then only the nearest images are known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import IntegrityError
from digits.evaluation import distance, metrics
from digits.evaluation.temperature import calibrated, temperature
from digits.files import Json, read_arrays, replace
from digits.models import Classifier
from digits.seal import packed
from digits.training.inputs import Data, Part, ink_of, live_inputs
from digits.training.recipe import Recipe
from digits.training.variants import draw

FILE, MOST = "knowledge.npz", 15_000
STREAM = 0x6E0  # keeps this draw apart from those of the order, the split, the weights and the variants
MARGIN = 1e-4  # of a probability, for rounding
MOST_UNSURE = 0.8  # nobody is called unsure who is surer, however sure all validation digits are
Bytes = NDArray[np.uint8]
Labels = NDArray[np.integer[Any]]
ARRAYS = ("rows", "labels", "hidden", "ink", "of", "validation_logits", "validation_labels", "told")


@dataclass(frozen=True)
class Knowledge:
    """Training images as the network saw them, and how it did on images that it was not trained on.

    `rows` (n,) of the data set, below 0 where they are drawings that it was tuned on, and their `labels`; `hidden`
    (m, units) float16, `ink` (m, 196) uint8 and the digits `of` (m,): first those of `rows`, then those of variants.
    `told` has `temperature`, `unsure` (the calibrated confidence below which an answer is) and `scale`, each null
    without a validation part.
    """

    rows: NDArray[np.int64]
    labels: Labels
    hidden: NDArray[Any]
    ink: Bytes
    of: Labels
    validation_logits: NDArray[np.float32]
    validation_labels: Labels
    told: Json

    def save(self, path: Path) -> None:
        """Replace `path`."""
        arrays = {name: getattr(self, name) for name in ARRAYS[:-1]}
        replace(path, packed(compressed=True, **arrays, told=np.array(json.dumps(self.told))))

    @classmethod
    def read(cls, path: Path) -> Knowledge | None:
        """Return what was saved; None if nothing was, by an older version. Raises `IntegrityError`."""
        if not path.exists():
            return None
        there: dict[str, Any] = dict(zip(ARRAYS, read_arrays(path, *ARRAYS), strict=True))
        found = cls(**{**there, "told": _told(path, str(there["told"]))})
        sizes = (
            len(found.rows) - len(found.labels),
            len(found.hidden) - len(found.ink),
            len(found.of) - len(found.ink),
        )
        if any(sizes) or len(found.rows) > len(found.ink) or found.ink.shape[1:] != (196,):
            raise IntegrityError(f"{path.name} is damaged", expected="arrays that belong together")
        return found

    @property
    def scale(self) -> distance.Scale | None:
        """How validation digits vary; None without any."""
        told = self.told["scale"]
        if told is None:
            return None
        return distance.Scale(np.array(told["usual"]), np.array(told["spread"]), told["middle"], told["limit"])


def _told(path: Path, text: str) -> Json:
    """Return the numbers of `text`. Raises `IntegrityError` unless they are what `Knowledge.told` says."""
    try:
        told = json.loads(text)
        numbers, scale = [told["temperature"], told["unsure"]], told["scale"]
        sound = numbers == [None, None] if scale is None else _finite(numbers, scale)
        if not sound:
            raise ValueError(text)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{path.name} is damaged", expected="a temperature, a confidence and a scale",
                             received=text) from error  # fmt: skip
    return dict(told)


def _finite(numbers: list[float], scale: Json) -> bool:
    usual, spread = scale["usual"], scale["spread"]
    return len(usual) == len(spread) and bool(
        np.isfinite([*numbers, scale["middle"], scale["limit"], *usual, *spread]).all()
    )


def learn(classifier: Classifier, recipe: Recipe, data: Data) -> Knowledge:
    """Return what a trained `classifier` knows of its `data`."""
    part, ink = _drawn(recipe, data)
    shown, digits = _shown(recipe, ink, part.labels)
    hidden = metrics.outputs(classifier, live_inputs(shown, recipe, data.live))[0].astype(np.float16)
    around = distance.Surroundings(hidden, distance.small(shown), digits)
    logits, labels, told = _validated(classifier, recipe, data, around)
    return Knowledge(part.rows, part.labels.astype(np.int8), hidden, distance.small(shown),
                     digits.astype(np.int8), logits, labels, told)  # fmt: skip


def _drawn(recipe: Recipe, data: Data) -> tuple[Part, Bytes]:
    """Return at most `MOST` of the training images, each once, and their framed ink (n, 784)."""
    rows, first = np.unique(data.train.rows, return_index=True)  # where parts have shares, some are there often
    chosen = np.sort(first[np.random.default_rng((recipe.seed, STREAM)).permutation(len(rows))[:MOST]])
    part = Part(data.train.rows[chosen], data.train.inputs[chosen], data.train.labels[chosen])
    return part, data.ink[chosen] if len(data.ink) else ink_of(part, data.live, recipe)


def _shown(recipe: Recipe, ink: Bytes, labels: Labels) -> tuple[Bytes, Labels]:
    """Return `ink` (n, 784) and, where training showed variants, as many variants of all of it as fit."""
    times = MOST // len(ink) - 1 if recipe.augmented else 0
    if times < 1:
        return ink, labels
    varied = draw(ink, recipe.changed(variants=times), recipe.epochs + 1)  # after the last epoch that was shown
    return np.concatenate([ink, varied]), np.tile(labels, times + 1)


def _validated(
    classifier: Classifier, recipe: Recipe, data: Data, around: distance.Surroundings
) -> tuple[NDArray[np.float32], Labels, Json]:
    """Return logits and labels of the validation part, and the numbers that follow from them."""
    part = data.validation
    if part is None or not len(part.rows):
        return (
            np.zeros((0, 10), np.float32),
            np.zeros(0, np.int8),
            {"temperature": None, "unsure": None, "scale": None},
        )
    hidden, logits = metrics.outputs(classifier, part.inputs)
    sides = around.sides(hidden, ink_of(part, data.live, recipe), logits)
    scale, heat = distance.scale_of(sides), temperature(logits, part.labels)
    near = scale.distance(sides) <= 1
    unsure = min(float(calibrated(logits[near], heat).max(axis=1).min()) - MARGIN, MOST_UNSURE)
    told = {"temperature": heat, "unsure": unsure, "scale": {
        "usual": scale.usual.tolist(), "spread": scale.spread.tolist(), "middle": scale.middle, "limit": scale.limit,
    }}  # fmt: skip
    return logits.astype(np.float32), part.labels.astype(np.int8), told
