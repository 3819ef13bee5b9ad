"""What the models see of a drawing: 28×28 pixels, before and after framing, large enough to tell them apart."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digits import settings
from digits.images.frame import frame
from digits.training.run import Run
from ui.drawing.drawn import Drawn
from ui.frame import count
from ui.pictures import address, edged, tiles
from ui.settings import HELP

SCALE = 5  # of a pixel
AS_DRAWN = "as-drawn"
WIDTH = 152


def show_seen(chosen: list[Run], drawing: Drawn | None) -> None:
    """Show the drawing shrunk as it is, then as each of the chosen runs' frames makes it."""
    with st.container(horizontal=True, gap="small"):  # under each other where that is narrow
        for how in dict.fromkeys([AS_DRAWN, *(run.recipe.frame for run in chosen)]):
            with st.container(width=WIDTH, gap=None):
                _show(how, drawing, readers(chosen, how))


def readers(chosen: list[Run], how: str) -> str:
    """Return who sees a drawing framed `how`: both, one of them, or nobody."""
    names = [settings.FRAMEWORK_NAMES[run.recipe.framework] for run in chosen if run.recipe.frame == how]
    if not names:
        return "before framing"
    return "what both see" if len(names) > 1 else f"what {names[0]} sees"


def _show(how: str, drawing: Drawn | None, who: str) -> None:
    """Show the picture of a framed drawing, blank paper for none."""
    ink = np.zeros((28, 28), np.uint8) if drawing is None else frame(drawing.ink, how)
    words = "nothing is drawn yet" if drawing is None else f"a drawing of {count(len(drawing.strokes), 'stroke')}"
    st.image(address(edged(tiles(ink[None], columns=1, scale=SCALE))), alt=f"28×28, {how}: {words}")
    st.caption(f"{how.capitalize()}, 28×28: {who}", help=HELP["frame"])
