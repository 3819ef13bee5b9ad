"""A confusion matrix whose cells are buttons: clicked or reached by keyboard, each asks for its images."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from digits.files import Json

PARTS = Path(__file__).parent / "components"

_matrix = st.components.v2.component(
    "digits_matrix",
    html='<div class="matrix"><table></table></div>',
    css=(PARTS / "matrix.css").read_text(),
    js=(PARTS / "matrix.js").read_text(),
)


def matrix(cells: Json, title: str, *, key: str) -> tuple[int, int] | None:
    """Show `cells` (of `figures.confusion`); return label and answer of the cell that was clicked last."""
    held = st.session_state.get(key)
    chosen = _place(held.get("chosen") if held else None)
    data = {**cells, "title": title, "chosen": chosen and {"label": chosen[0], "digit": chosen[1]}}
    result = _matrix(key=key, data=data, default={"chosen": None}, on_chosen_change=lambda: None)
    return _place(result.chosen)


def _place(chosen: object) -> tuple[int, int] | None:
    """Return label and answer, if that is what the browser sent."""
    if not isinstance(chosen, dict):
        return None
    label, digit = chosen.get("label"), chosen.get("digit")
    both = isinstance(label, int) and isinstance(digit, int)
    return (label, digit) if both and 0 <= label <= 9 and 0 <= digit <= 9 else None
