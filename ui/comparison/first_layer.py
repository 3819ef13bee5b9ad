"""What the units of the first layer look for: their weights on the 28×28 ink, or their kernels, as pictures."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.models import State, weights
from digits.training.architecture import Architecture
from digits.training.framed import framed_ink
from digits.training.inputs import columns, full_inputs
from digits.training.recipe import Recipe
from digits.training.run import Run
from ui.boxes import run_box
from ui.comparison.stored import answers_of, pictures_of

SHOWN, A_ROW, SAMPLE = 64, 8, 1000
# Brown for less, white for nothing, green for more (ColorBrewer BrBG): neither is a framework's colour.
LESS, NOTHING, MORE = (140, 81, 10), (247, 247, 247), (1, 102, 94)
WHAT = {"weights": "Weights", "change": "What training changed"}


class Units(NamedTuple):
    """Pictures (units, 28, 28) of weights and of their change, and whether the units are the most used ones."""

    weights: NDArray[np.float32]
    change: NDArray[np.float32]
    most_used: bool


def show_first_layer(runs: list[Run], opened: bool) -> None:
    """Show the first layer of one of the finished `runs`."""
    titles = {run.id: f"{run.title} ({run.id[:6]})" for run in runs}
    left, right = st.columns(2, vertical_alignment="bottom")
    id = run_box(left, "Run", titles, key="layer")
    what = right.segmented_control("Pictures of", list(WHAT), default="weights", format_func=WHAT.get, key="what",
                                   bind="query-params")  # fmt: skip
    if not opened:
        return
    run = next((run for run in runs if run.id == id), runs[0])
    units = _units(run.id, run.kept("weights.safetensors").stat().st_mtime_ns, run)
    pictures = units.change if what == "change" else units.weights
    limit = float(np.quantile(np.abs(pictures), 0.995)) or 1.0
    left, right = st.columns([3, 2], gap="large")
    with left:
        words = f"{len(pictures)} {_named(run.recipe)} of the first layer of {run.title}, {A_ROW} a row"
        st.image(coloured(sheet(pictures), limit), width="stretch", alt=words)
    with right:
        st.html(legend(limit))
        st.markdown(_words(run, units, len(pictures)))


def _words(run: Run, units: Units, count: int) -> str:
    total, named = run.recipe.architecture.layers[0].given[-1], _named(run.recipe)
    which = (
        f"The {count} of {total} {named} that pass most on to the next layer, over {min(SAMPLE, _tested(run)):,} "
        "test images: mean activation times the length of the outgoing weights. The most used comes first."
        if units.most_used
        else f"The first {count} of {total} {named}; which are used most cannot be told without the data set."
    )
    return f"{which}\n\nInk on green excites it, ink on brown calms it. {_what_else(run.recipe)}"


def _named(recipe: Recipe) -> str:
    return "kernels" if recipe.architecture.convolutional else "units"


def _what_else(recipe: Recipe) -> str:
    """Return what has to be known about the pictures of a recipe's first layer."""
    if recipe.architecture.convolutional:
        side = recipe.architecture.layers[0].kernel[0]
        return f"Each looks for its {side}×{side} pixels everywhere in the picture; all have one scale of colours."
    rgba = "Only the ink channel is shown: the other three are always zero. " if recipe.pixels == "rgba" else ""
    white = "Inputs on which no image has ink keep their first values and are left white."
    return f"{rgba}{white if not recipe.weight_decay else 'Inputs on which no image has ink shrink towards white.'}"


def _tested(run: Run) -> int:
    return len(answers_of(run).rows)


@st.cache_data(max_entries=8, show_spinner=False)  # 0.4 MB each
def _units(id: str, written: int, _run: Run) -> Units:
    """Return pictures of the first layer: the 64 most used units, or the first where the data set is gone."""
    recipe = _run.recipe
    state, _ = weights.read(_run.folder / "weights.safetensors")
    kernel = _seen(state, recipe)
    change = kernel - _seen(weights.initial(recipe), recipe)
    if not recipe.architecture.convolutional:
        kernel = np.where((change != 0).any(axis=1, keepdims=True), kernel, 0)
    try:
        order, most_used = np.argsort(-use(state, _sample(_run), recipe), kind="stable")[:SHOWN], True
    except DigitsError:
        order, most_used = np.arange(min(SHOWN, kernel.shape[1])), False
    return Units(_pictures(kernel[:, order]), _pictures(change[:, order]), most_used)


def _seen(state: State, recipe: Recipe) -> NDArray[np.floating]:
    """Return the first kernel: (784, units) of the inks, or (side · side, units) of a convolution."""
    kernel = state[weights.FIRST]
    return kernel.reshape(-1, kernel.shape[-1]) if recipe.architecture.convolutional else kernel[columns(recipe)]


def _pictures(kernel: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (units, 28, 28) of the weights (side · side, units), each as large as it must be."""
    side = math.isqrt(len(kernel))
    place = np.arange(28) * side // 28
    squares = np.ascontiguousarray(kernel.T, np.float32).reshape(-1, side, side)
    return squares[:, place[:, None], place]


def _sample(run: Run) -> NDArray[np.uint8]:
    """Return the framed ink (n, 784) of at most 1,000 test images, evenly chosen."""
    rows = answers_of(run).rows
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, SAMPLE).round().astype(int))]
    return framed_ink(pictures_of(run).images[chosen], run.recipe)


def use(state: State, ink: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.floating]:
    """Return (units,): the mean size of each unit's activation on `ink` times the length of its outgoing weights.

    A unit of a convolution is a channel, wherever it looks.
    """
    first = Architecture(recipe.architecture.layers[:1])
    sums = weights.forward(state, full_inputs(ink, recipe), recipe.activation, first)[0]
    active = np.abs(weights.ACTIVATIONS[recipe.activation](sums))
    units, following = first.layers[0].given[-1], state["layer.1.kernel"]
    outgoing = following.reshape(-1, units, following.shape[-1])
    return np.asarray(active.reshape(-1, units).mean(axis=0) * np.linalg.norm(outgoing, axis=(0, 2)))


def sheet(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `pictures` (n, 28, 28) as one, 8 a row, with NaN between them."""
    rows = -(-len(pictures) // A_ROW)
    cells = np.full((rows * A_ROW, 30, 30), np.nan, np.float32)
    cells[: len(pictures), 1:29, 1:29] = pictures
    return cells.reshape(rows, A_ROW, 30, 30).swapaxes(1, 2).reshape(rows * 30, A_ROW * 30)


def coloured(values: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Return (h, w) `values` as (h, w, 4) uint8, three times enlarged; what is NaN is transparent."""
    share = np.clip(np.nan_to_num(values) / limit, -1, 1)[..., None]
    ends = np.where(share < 0, np.array(LESS, float), np.array(MORE, float))
    colours = np.array(NOTHING, float) + np.abs(share) * (ends - NOTHING)
    picture = np.concatenate([colours, np.where(np.isnan(values), 0, 255)[..., None]], axis=-1)
    return picture.round().astype(np.uint8).repeat(3, axis=0).repeat(3, axis=1)


def legend(limit: float) -> str:
    """Return a bar from the least to the greatest colour, with numbers."""
    stops = ", ".join(f"rgb{colour}" for colour in (LESS, NOTHING, MORE))
    return (
        f'<div style="height: 14px; border-radius: 3px; background: linear-gradient(to right, {stops})"></div>'
        f'<div style="display: flex; justify-content: space-between; font-size: 0.85rem"><span>−{limit:.3g} or less'
        f"</span><span>0</span><span>{limit:.3g} or more</span></div>"
    )
