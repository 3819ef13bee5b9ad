"""Which units an update leaves out: a number for each (seed, step, layer, row in the batch, unit), kept nowhere.

Neither framework can replay the other's random generator, so both compute the same integers: a counter goes in, 32
well-mixed bits come out (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). Hence both drop the same
units, a resumed training drops what it would have dropped, and a batch in chunks drops what the whole would have.

`mixed` is the two-round mixer of github.com/skeeto/hash-prospector, issue 19. Both multipliers are below 2**31, so
that a product of 32 and 31 bits fits int64, which NumPy, PyTorch and TensorFlow have alike. Units are dropped as in
Srivastava et al. 2014, and those that stay are enlarged, so that nothing changes when the network is used.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 0xFFFFFFFF
STREAM = 0xD20  # keeps these numbers apart from others that may be mixed from the seed one day
WEYL = 0x9E3779B9  # 2**32 divided by the golden ratio, odd: neighbouring counters start far apart
Integers = Any  # int, or int64 numbers of NumPy, PyTorch or TensorFlow: what has ^, *, &, + and >=
Shift = Callable[[Integers, int], Integers]


def mixed(value: Integers, shift: Shift = operator.rshift) -> Integers:
    """Return 32 bits for the 32 bits of `value`, one to one; a changed bit changes about half of them.

    TensorFlow has no `>>`: it brings its own `shift`.
    """
    value = ((value ^ shift(value, 16)) * 0x21F0AAAD) & BITS
    value = ((value ^ shift(value, 15)) * 0x735A2D97) & BITS
    return value ^ shift(value, 15)


def layer_key(seed: int, step: Integers, layer: int, shift: Shift = operator.rshift) -> Integers:
    """Return the 32 bits that stand for one hidden layer in one update; `step` counts the updates before it."""
    start = mixed((seed + STREAM * WEYL) & BITS)
    return mixed((mixed((step * WEYL + start) & BITS, shift) + layer * WEYL) & BITS, shift)


def bits(key: Integers, rows: Integers, units: Integers, shift: Shift = operator.rshift) -> Integers:
    """Return 32 bits for each row (n, 1) of the batch and each unit (1, m) of the layer of `key`, (n, m) int64."""
    return mixed((mixed((key + rows) & BITS, shift) + mixed(units, shift)) & BITS, shift)


def threshold(dropout: float) -> int:
    """Return from which number on a unit stays: `dropout` of all 32-bit numbers lie below it."""
    return round(dropout * (BITS + 1))


def factor(dropout: float) -> float:
    """Return how much the units that stay are enlarged."""
    return 1 / (1 - dropout)


def kept(recipe_seed: int, step: int, layer: int, *, shape: tuple[int, int], dropout: float) -> NDArray[np.bool_]:
    """Return which of (rows, units) stay in update `step` (from 0): the third opinion beside the frameworks'."""
    rows, units = np.arange(shape[0], dtype=np.int64)[:, None], np.arange(shape[1], dtype=np.int64)[None]
    found = bits(layer_key(recipe_seed, step, layer), rows, units) >= threshold(dropout)
    return np.asarray(found)
