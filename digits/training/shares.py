"""How much of an epoch each part of a combined data set has: more images of one hand than of another are no reason.

A plain mixture follows the largest part. Of starter, MNIST and Kaggle together that is forty drawings in 107,730
copies and American digits: their uncrossed 7 undoes the European 1 (`docs/decisions/0013-even-frame.md`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError

if TYPE_CHECKING:
    from digits.dataset.dataset import Dataset

Rows = NDArray[np.int64]
EXPECTED = "parts and their shares, like starter=80 mnist=15 kaggle=5"


def parse_shares(text: str) -> dict[str, float]:
    """Return the share, from 0 to 1, of each part in `text`; nothing for an empty one. Raises `UsageError`."""
    shares: dict[str, float] = {}
    for word in text.split():
        name, equals, amount = word.partition("=")
        try:
            shares[name] = float(amount) if equals and name not in shares else math.nan
        except ValueError:
            shares[name] = math.nan
    if not all(0 < share < math.inf for share in shares.values()):
        raise UsageError("Shares cannot be read", expected=EXPECTED, received=repr(text))
    return {name: share / sum(shares.values()) for name, share in shares.items()}


def dealt(rows: Rows, dataset: Dataset, shares: str, seed: int) -> Rows:
    """Return as many of `rows` of `dataset`, each part as often as its share asks; ascending within a part.

    Of a part that has too few every row is repeated, of one that has too many some are drawn by `seed`. Raises
    `UsageError` if the parts are not those of the data set.
    """
    wanted = parse_shares(shares)
    if not wanted:
        return rows
    parts = np.array([file.partition("/")[0] for file in np.array(dataset.files)[rows].tolist()])
    there = set(parts.tolist()) if dataset.report.get("kind") == "combined" else set()
    if there != set(wanted):
        raise UsageError(f"The shares do not fit {dataset.name}", received=", ".join(sorted(wanted)),
                         expected=", ".join(sorted(there)) or "none: it is not combined of others")  # fmt: skip
    generator = np.random.default_rng((seed, 0x5A4E5))
    return np.concatenate([
        _repeated(rows[parts == name], round(share * len(rows)), generator) for name, share in wanted.items()
    ])  # fmt: skip


def _repeated(rows: Rows, count: int, generator: np.random.Generator) -> Rows:
    """Return `count` of `rows`, each as often as any other, but for what is left over."""
    whole, rest = divmod(count, len(rows))
    extra = generator.permutation(rows)[:rest]
    return np.sort(np.concatenate([np.repeat(rows, whole), extra]))
