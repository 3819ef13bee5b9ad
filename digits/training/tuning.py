"""Tuning: a trained model goes on learning from where it is, on old images and a person's drawings together.

Of each batch a share are drawings, the fewer there are the smaller, so that a handful does not teach what digit to
expect; the rest are images that the model was trained on, so that it does not forget them. All are augmented, because
twenty drawings seen a thousand times would be learnt by heart. What is kept in the end may lie on the way from the
old weights to the new ones (Wortsman and others 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903):
as far as the images of the validation part are read as well as before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digits.files import Json, canonical, sha256
from digits.models import State
from digits.training.recipe import STRENGTHS, Recipe

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
EPOCHS, STEPS, BATCH = 6, 100, 128  # an epoch shows 12,800 images, drawings among them
MOST_WORK, CONVOLUTION = 1_600_000, 3  # products an image, those of a convolution slower: beyond, fewer updates
SAMPLE = 2_000  # training images that are measured after an epoch
MOST_SHARE, HALF = 0.5, 10  # of a batch that drawings are; how many drawings are given half of that
EVERY, FEWEST, MOST_HELD = 5, 10, 60  # each fifth drawing is held out, where there are ten; never more than sixty
FEWEST_NEW = 3  # drawings that the model does not know, one of which is held out
RATE, LARGE_RATE, LARGE = 1e-3, 3e-4, 10.0  # the highest rate; for inputs beyond so much, whose steps go further
# How far a drawing may be varied where the model was trained without augmentation: `digits.images.augment`.
USUAL = {"rotation": 8.0, "slant": 0.2, "zoom": 0.1, "shift": 1.0, "elastic": 0.5, "thickness": 0.1}
STREAM = 0x7E4C  # keeps these draws apart from those of the order, the split, the weights and the variants
CHECKED, FEW_CHECKED, COPIES = 2_000, 50, 9  # images of the check, and variants of each where the model knows some
MAY_LOSE = 0.005  # on the check, as on the test part
WAITING = "waiting for another tuning"  # the phase of one that may not begin yet
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the way from the old weights to the new ones that are tried


def tuned_recipe(parent: Recipe) -> Recipe:
    """Return what a tuning of a run of `parent` trains: its network and inputs, few epochs, a rate up and down once.

    The optimiser is Adam, which needs no rate of its own for each network, and begins afresh.
    """
    adam = parent.optimiser.endswith("adam")
    strengths = {} if any(getattr(parent, name) for name in STRENGTHS) else USUAL
    optimiser = {} if adam else {
        "optimiser": "native-adam", "epsilon": Recipe.epsilon, "beta1": Recipe.beta1, "beta2": Recipe.beta2,
        "momentum": 0.0,
    }  # fmt: skip
    return parent.changed(
        rate=rate(parent), batch=BATCH, epochs=EPOCHS, schedule="one-cycle", variants=1, threads=1, device="cpu",
        compilation="usual", **strengths, **optimiser,
    )  # fmt: skip


def rate(parent: Recipe) -> float:
    """Return the highest rate of a tuning: never more than Adam trained with."""
    usual = RATE if parent.scale <= LARGE else LARGE_RATE
    return min(usual, parent.rate) if parent.optimiser.endswith("adam") else usual


def steps(recipe: Recipe) -> int:
    """Return how many updates an epoch makes: fewer for networks that would take too long."""
    network = recipe.architecture
    if not network.convolutional and not recipe.weight_decay:
        network = network.narrowed(min(network.inputs, 784))  # the others are dead
    work = sum(layer.products * (CONVOLUTION if layer.convolutional else 1) for layer in network.layers)
    return max(1, round(STEPS * min(1.0, MOST_WORK / work)))


def share(drawings: int) -> float:
    """Return which share of a batch is drawings, where there are so many to learn from."""
    return MOST_SHARE * drawings / (drawings + HALF)


def dealt_out(train: Rows, validation: Rows, images: int, seed: int, *, learnt: Rows) -> tuple[Rows, Rows]:
    """Return which old rows are shown, at most so many `images`, and on which the tuning is checked, both ascending.

    Checked are those of the validation part. Where there are few or none, a quarter of the rows that the model was
    trained on are left out and checked with them: it knows them, so that any loss on them is of the tuning. The rows
    that are `learnt` in the tuning would hide a loss, and are not checked.
    """
    generator = np.random.default_rng((seed, STREAM))
    checked = generator.permutation(np.setdiff1d(validation, learnt))[:CHECKED]
    if len(checked) < FEW_CHECKED:
        there = np.setdiff1d(train, learnt)
        left_out = generator.permutation(there)[: min(CHECKED, len(there) // 4)]
        train, checked = train[~np.isin(train, left_out)], np.concatenate([checked, left_out])
    return np.sort(generator.permutation(train)[:images]), np.sort(checked)


def composed(old: int, drawings: int, images: int, seed: int) -> tuple[Rows, Rows]:
    """Return of which of `old` images and of which `drawings` an epoch of so many `images` shows variants.

    Each of either comes about as often as any other.
    """
    generator = np.random.default_rng((seed, STREAM, 1))
    new = round(images * share(drawings))
    return _spread(old, images - new, generator), _spread(drawings, new, generator)


def _spread(those: int, times: int, generator: np.random.Generator) -> Rows:
    """Return `times` of the numbers below `those`, none twice more often than another."""
    rounds = [generator.permutation(those) for _ in range(-(-times // those))]
    return np.concatenate([*rounds, np.zeros(0, np.int64)])[:times].astype(np.int64)


def held_out(named: Sequence[tuple[int, str, str]], known: Mask) -> Mask:
    """Return which drawings (n,) are not learnt from but measured on: each fifth, digit by digit, writer by writer.

    A drawing is `named` by its digit, its writer and its hash, so that their order makes no difference. None is held
    out of fewer than ten, at most sixty are, and none that is `known` (n,): what the model was taught before says
    nothing about how it reads others. One or two that are not known are learnt.
    """
    held = np.zeros(len(named), bool)
    order = sorted(np.flatnonzero(~known).tolist(), key=lambda place: named[place])
    if len(named) >= FEWEST and len(order) >= FEWEST_NEW:
        every = max(EVERY, -(-len(named) // MOST_HELD))
        held[order[min(every // 2, len(order) - 1) :: every]] = True
    return held


def why_none_held(held: int, drawings: int, new: int) -> str | None:
    """Return why no drawing is held out, if none is of so many, as many of which are `new` to the model."""
    if held:
        return None
    if drawings < FEWEST:
        return f"With fewer than {FEWEST} drawings all are learnt from, so there is none to measure on."
    if new:
        return f"The model was taught all but {new} of these drawings before, too few to measure on: all are learnt."
    return "The model was taught all of these drawings before, so there is none to measure on."


def drawing_hash(entry: Json) -> str:
    """Return what tells one drawing from another, whatever it is called: pen, canvas, and strokes to a hundredth."""
    strokes = [(np.round(np.asarray(stroke, np.float64), 2) + 0.0).tolist() for stroke in entry["strokes"]]
    return sha256(canonical([round(float(entry["pen"]), 2), entry["canvas"], strokes]))[:16]


def identity(parent: str, recipe: Recipe, drawings: str) -> str:
    """Return the 16 hexadecimal digits that name a tuning: of the run `parent`, by `recipe`, on these `drawings`."""
    how = [EPOCHS, steps(recipe), BATCH, MOST_SHARE, HALF, EVERY, MOST_HELD, MAY_LOSE, list(SHARES)]
    return sha256(canonical(["tuning", parent, recipe.differences(), how, drawings]))[:16]


def between(before: State, after: State, share: float) -> State:
    """Return the weights that lie a `share` of the way from those of `before` to those of `after`."""
    return {name: (before[name] + (after[name] - before[name]) * share).astype(before[name].dtype)
            for name in before if name.startswith("layer.")}  # fmt: skip


def how_far(before: Mask, right: Callable[[float], Mask]) -> float:
    """Return the largest of `SHARES` at which the check may have lost no more than `MAY_LOSE`; 0 if there is none.

    `before` are the images that the old weights read right, `right` those that are at a share of the way: `at_worst`.
    """
    return next((share for share in SHARES if at_worst(before, right(share)) <= MAY_LOSE), 0.0)


def at_worst(before: Mask, after: Mask) -> float:
    """Return the loss of accuracy from `before` to `after`, with a standard error on top: it is a sample.

    They are (n,), or (variants, n) where variants of each image are read. Those share their image's fate, so that the
    error is one over images.
    """
    lost = (np.atleast_2d(before).astype(np.int64) - np.atleast_2d(after)).mean(axis=0)
    return float(lost.sum() + math.sqrt((lost**2).sum())) / max(1, len(lost))


def counts(digits: Sequence[int], writers: Sequence[str]) -> Json:
    """Return how many drawings there are, `by_digit` (ten numbers) and `by_writer`."""
    by_writer = {writer: writers.count(writer) for writer in sorted(set(writers))}
    return {"drawings": len(digits), "by_digit": np.bincount(digits, minlength=10).tolist(), "by_writer": by_writer}
