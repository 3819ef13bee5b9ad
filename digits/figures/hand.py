"""What a person's own digits differ in from those of a data set, and which of them models misread, in words."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from digits.files import Json
from digits.images.hand import Measure

MOST = 0.75  # of the others: what is less than that is no difference to speak of


def hand_words(mine: NDArray[np.float32], others: NDArray[np.float32], measure: Measure) -> str:
    """Return a sentence: where the median of `mine` (n,) lies among `others` (m,); NaN does not count."""
    mine, others = mine[np.isfinite(mine)], others[np.isfinite(others)]
    if not len(mine) or not len(others):
        return "There is nothing to compare."
    median = float(np.median(mine))
    more, less = float((others > median).mean()), float((others < median).mean())
    if max(more, less) < MOST:
        return "Much as the training digits."
    share, word = (less, measure.more) if less > more else (more, measure.less)
    said = "all" if share == 1 else ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
    return f"Yours {word} than {said} of the training digits."


def mistakes(labels: NDArray[np.int64], answers: dict[str, NDArray[np.int64]]) -> list[Json]:
    """Return the rows of a table (`digits.figures.table`): of each digit how many were read wrong, and as which.

    `labels` (n,) are the digits, `answers` (n,) of each model by its name; -1 where it did not answer.
    """
    rows = []
    for digit in range(10):
        there = labels == digit
        count = int(there.sum())
        drawings = f"{count:,} drawing{'s' * (count != 1)}" if count else "never drawn"
        values = [_misread(digit, said[there]) for said in answers.values()]
        rows.append({"name": str(digit), "note": drawings, "values": values})
    return rows


def _misread(digit: int, answers: NDArray[np.int64]) -> str:
    """Return `2 of 12 wrong: 9, 4` for the answers (n,) to drawings of one digit; the most frequent first."""
    said = answers[answers >= 0]
    wrong = Counter(said[said != digit].tolist())
    if not len(said):
        return "–"
    if not wrong:
        return "all right" if len(said) > 1 else "right"
    as_which = ", ".join(f"{answer} ×{times}" if times > 1 else str(answer) for answer, times in wrong.most_common())
    return f"{wrong.total()} of {len(said)} wrong: read as {as_which}"
