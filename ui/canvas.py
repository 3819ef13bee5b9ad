"""The canvas: black ink on white paper in both themes, and what it holds as ink."""

from __future__ import annotations

import numpy as np
import streamlit as st
import streamlit_drawable_canvas as drawable
from numpy.typing import NDArray

from digits.images.ink import on_white
from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH

# The component shows its buttons only under a mouse, and else leaves them, unseen, over the canvas's upper right: a
# finger that touched there pressed one of them, Reset among them. With this rule they stand above the canvas always.
BUTTONS = """<style>
.dc-root > .dc-toolbar { opacity: 1; top: -2.65rem; transition: none; pointer-events: none }
.dc-toolbar > .dc-toolbar-card { pointer-events: auto }
</style>"""
if hasattr(drawable, "out"):  # what the package declares at its top, and the rule
    drawable.out = st.components.v2.component(
        "streamlit-drawable-canvas.streamlit_drawable_canvas", js="index-*.js", css="index-*.css",
        html=f'{BUTTONS}<div class="canvas-root"></div>',
    )  # fmt: skip


def canvas(key: str) -> NDArray[np.uint8] | None:
    """Show a canvas with undo and clear; return its ink (280, 280) uint8, or None while it is blank."""
    result = drawable.st_canvas(
        stroke_width=PEN_WIDTH, stroke_color="#000000", background_color="#ffffff", width=CANVAS_SIDE,
        height=CANVAS_SIDE, return_image_data=True, key=key,
    )  # fmt: skip
    pixels = result.image_data
    if pixels is None:
        return None
    ink = on_white(np.ascontiguousarray(pixels, np.uint8))
    return ink if ink.any() else None
