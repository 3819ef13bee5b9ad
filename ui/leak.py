"""The mark of a run on a leaking split: it stands wherever its accuracy stands."""

from __future__ import annotations

from contextlib import suppress

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import about
from digits.errors import DigitsError
from digits.training.leak import leak_of
from digits.training.run import Run
from ui.frame import percent

ALMOST = 0.9995  # what would be rounded to 100 %, and is not


def share(leak: float) -> str:
    """Return a leak as text that never says all or none where it is not: 100 %, more than 99.9 %, 31.2 %."""
    if leak in (0.0, 1.0):
        return f"{leak:.0%}".replace("%", " %")
    if leak >= ALMOST:
        return "more than 99.9 %"
    return percent(leak) if leak >= 1 - ALMOST else "less than 0.1 %"


def kin(dataset: Dataset) -> str:
    """Return what images of one family are to each other: copies, unless their source says so (writers, for one)."""
    return "relative" if about(dataset).get("by") == "source" else "copy"


def _kin(run: Run) -> str:
    with suppress(DigitsError):
        return kin(run.dataset())
    return "relative"


def mark(run: Run) -> str:
    """Return the mark for Markdown, to be put behind an accuracy; nothing if no leak is known."""
    leak = leak_of(run)
    return f" · :material/warning: {share(leak)} of its test images have a {_kin(run)} in training" if leak else ""


def sentence(run: Run) -> str:
    """Return the mark as a sentence of its own, to follow one that names accuracies; nothing if no leak is known."""
    leak = leak_of(run)
    return f" :material/warning: {share(leak)} of these test images have a {_kin(run)} in training." if leak else ""


def short_mark(run: Run) -> str:
    """Return the mark as plain text, for a list or a legend; nothing if no leak is known."""
    leak = leak_of(run)
    return f" · ⚠ leak {share(leak)}" if leak else ""


def cell(leak: float | None) -> str:
    """Return a leak for a table: with the mark, unless it is none or unknown."""
    return "unknown" if leak is None else f"⚠ {share(leak)}" if leak else "none"
