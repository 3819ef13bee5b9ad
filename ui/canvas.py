"""The canvas: black ink on white paper in both themes, its buttons, pen and keys, and what is drawn on it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
import streamlit_drawable_canvas as drawable

from digits.images.strokes import CANVAS_SIDE, PEN_WIDTH, Points
from ui.drawing.drawn import Drawn
from ui.drawing.fabric import pen_of, pens_of, strokes_of
from ui.drawing.picture import ink_of
from ui.frame import errors_shown

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
        drawable.st_canvas(
            stroke_width=pen, stroke_color="#000000", background_color="#ffffff", width=width, height=height,
            return_image_data=True, key=key,
        )  # fmt: skip
        data = {"pen": pen, "thinnest": THINNEST, "widest": WIDEST, "replay": st.session_state.get(_replayed(key))}
        _tools(key=f"{key}-tools", data=json.dumps(data), default={"pen": pen}, on_pen_change=lambda: None)
    with errors_shown():  # here: where a fragment is drawn anew, nobody else shows them
        return stands_on(key, width=width, height=height)
    return None


def stands_on(key: str, *, width: int = CANVAS_SIDE, height: int = CANVAS_SIDE) -> Drawn | None:
    """Return what is on the canvas `key` now: a click comes before the page is drawn anew with what came with it.

    None while it is blank. Raises `DigitsError` if the browser sent what no canvas of that size does.
    """
    said = st.session_state.get(key)  # where no canvas was shown yet, it may be another page's
    said = said.get("drawing") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not said.get("data"):
        return None
    ink, strokes, pen = ink_of(said["data"], width=width, height=height), said.get("raw"), _pen(key)
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
