"""The ledger: every factor that could decide a comparison, what it was on either side, and equal or not."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digits import figures
from digits.evaluation.ledger import MISSING, both_shown
from digits.files import Json

WORDS = {"faster": "speed", "accurate": "accuracy", "steadier": "steadiness", "smaller": "memory"}


def show_ledger(ledger: list[Json], names: Sequence[str]) -> None:
    """Show the rows of a ledger, those that differ first; `names` are those of the two sides."""
    st.markdown(summary(ledger))
    st.html(figures.table(["Factor", *names], rows(ledger), "The ledger: every factor on either side"))
    st.caption("Filled from what ran, not from what was asked for. Hashes are cut to eight digits.")


def summary(ledger: list[Json]) -> str:
    """Return in a sentence how many factors are equal, and which of the others refuse an answer."""
    apart = [row for row in ledger if not row["equal"]]
    said = f"**{len(ledger) - len(apart)} of {len(ledger)} factors are equal.**"
    grave = [row["factor"] for row in apart if row["matters"]]
    slight = [row["factor"] for row in apart if not row["matters"]]
    if grave:
        said += f" Not equal, so that answers are refused: {', '.join(grave)}."
    if slight:
        said += f" Not equal, which is said and refuses nothing: {', '.join(slight)}."
    return said


def rows(ledger: list[Json]) -> list[Json]:
    """Return the rows of the table: what refuses first, then what else differs, then what is equal."""
    return [_row(row) for row in sorted(ledger, key=lambda row: (row["equal"], not row["matters"]))]


def _row(row: Json) -> Json:
    matters = " and ".join(filter(None, [", ".join([WORDS[one] for one in row["matters"]][:-1]),
                                         *[WORDS[one] for one in row["matters"][-1:]]]))  # fmt: skip
    unknown = MISSING in (row["first"], row["second"])
    return {
        "name": row["factor"], "mark": "= equal" if row["equal"] else "? not recorded" if unknown else "≠ not equal",
        "note": f"{row['why']} Matters for {matters}." if matters else row["why"],
        "values": list(both_shown(row)), "same": row["equal"], "apart": not row["equal"],
    }  # fmt: skip
