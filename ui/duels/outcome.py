"""What came out of a finished duel: the verdict, and under it times, accuracy, calibration and the ledger."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits.errors import IntegrityError
from digits.training.duel import Duel
from ui.duels.accuracy import show_accuracy, show_calibration
from ui.duels.conditions import show_ledger
from ui.duels.times import show_times
from ui.duels.verdict import show_verdict
from ui.duels.words import FIRST, SECOND
from ui.frame import errors_shown

PARTS = ("Times", "Accuracy", "Calibration", "Ledger")


def show(duel: Duel) -> None:
    """Show the result of `duel`. Raises `IntegrityError` if that is damaged, or of another version of the lab."""
    try:
        _show(duel)
    except (KeyError, TypeError) as error:
        raise IntegrityError(f"The result of the duel {duel.id} cannot be read", expected="what this version writes",
                             received=f"no {error}", do="Fight it again.") from error  # fmt: skip


def _show(duel: Duel) -> None:
    result, families = duel.result(), families_tested(duel)
    show_verdict(result, families)
    times, accuracy, calibration, ledger = st.tabs(PARTS, key="part", bind="query-params")
    with times, errors_shown():
        if times.open:
            show_times(result, duel.turns())
    with accuracy, errors_shown():
        if accuracy.open:
            show_accuracy(result, families)
    with calibration, errors_shown():
        if calibration.open:
            show_calibration(result)
    with ledger, errors_shown():
        if ledger.open:
            show_ledger(result["ledger"], (FIRST, SECOND))


def families_tested(duel: Duel) -> int | None:
    """Return of how many families the test images are; None where they were unknown."""
    families = duel.evaluation("families")
    return None if (families < 0).any() else len(np.unique(families))
