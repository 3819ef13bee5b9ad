"""The canvas: black ink on white paper in both themes, its buttons, pen and keys, and what is drawn on it."""

from __future__ import annotations

import base64
import io
import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import streamlit_drawable_canvas as drawable
from numpy.typing import NDArray
from PIL import Image

from digits.images.ink import on_white
from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH, Points
from ui.drawing.drawn import Drawn
from ui.drawing.fabric import pen_of, pens_of, strokes_of

PARTS = Path(__file__).parent / "components"
THINNEST, WIDEST = 8, 28
PEN = "pen"  # in the session: its width, for every canvas
# The component's own buttons have no words, show under a mouse only, and lie unseen over the canvas where a finger
# draws. They stay hidden: ours press them.
HIDDEN = "<style>.dc-root > .dc-toolbar { display: none !important }</style>"
if hasattr(drawable, "out"):  # what the package declares at its top, and the rule
    drawable.out = st.components.v2.component(
        "streamlit-drawable-canvas.streamlit_drawable_canvas", js="index-*.js", css="index-*.css",
        html=f'{HIDDEN}<div class="canvas-root"></div>',
    )  # fmt: skip
_tools = st.components.v2.component(
    "canvas_tools",
    html=(PARTS / "canvas_tools.html").read_text(),
    css=(PARTS / "canvas_tools.css").read_text(),
    js=(PARTS / "canvas_tools.js").read_text(),
)


def canvas(key: str, *, width: int = CANVAS_SIDE, height: int = CANVAS_SIDE) -> Drawn | None:
    """Show a canvas with undo, redo, clear and the pen; return what is drawn on it, None while it is blank.

    Its ink is (height, width) uint8. Where the page is narrower than `width`, the canvas is shown smaller.
    """
    pen = _pen(key)
    with st.container(key=f"sheet-{key}", width=width, gap="small"):
        result = drawable.st_canvas(
            stroke_width=pen, stroke_color="#000000", background_color="#ffffff", width=width, height=height,
            return_image_data=True, key=key,
        )  # fmt: skip
        data = {"pen": pen, "thinnest": THINNEST, "widest": WIDEST, "replay": st.session_state.get(_replayed(key))}
        _tools(key=f"{key}-tools", data=json.dumps(data), default={"pen": pen}, on_pen_change=lambda: None)
    return _drawn(result.image_data, result.json_data, pen)


def stands_on(key: str) -> Drawn | None:
    """Return what is on the canvas `key` now: a click comes before the page is drawn anew with what came with it."""
    said = (st.session_state.get(key) or {}).get("drawing") or {}
    if not said.get("data"):
        return None
    with Image.open(io.BytesIO(base64.b64decode(said["data"].partition(",")[2])), formats=["PNG"]) as image:
        return _drawn(np.asarray(image.convert("RGBA")), said.get("raw"), _pen(key))


def _drawn(pixels: NDArray[np.uint8] | None, strokes: Any, pen: int) -> Drawn | None:
    """Return what a canvas shows, from its picture (h, w, 4) and its JSON; None while it is blank."""
    if pixels is None:
        return None
    ink = on_white(np.ascontiguousarray(pixels, np.uint8))
    last, pens = pen_of(strokes, pen), pens_of(strokes, pen)
    mixed = any(one != last for one in pens)
    return Drawn(ink, strokes_of(strokes), last, pens if mixed else ()) if ink.any() else None


def replay(key: str, strokes: tuple[Points, ...]) -> None:
    """Draw strokes, in canvas pixels, on the canvas `key` as a hand would, in place of what is on it now."""
    points = [stroke.round(2).tolist() for stroke in strokes]
    st.session_state[_replayed(key)] = {"token": uuid.uuid4().hex, "strokes": points}


def _replayed(key: str) -> str:
    return f"{key}-replay"


def _pen(key: str) -> int:
    """Return the pen's width in pixels, which a session keeps from one canvas and page to the next."""
    said = (st.session_state.get(f"{key}-tools") or {}).get("pen")
    if isinstance(said, int) and THINNEST <= said <= WIDEST:
        st.session_state[PEN] = said
    return int(st.session_state.get(PEN, PEN_WIDTH))
