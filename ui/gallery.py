"""A gallery: pictures of digits that can be clicked, drawn in the browser from one sprite sheet."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

PARTS = Path(__file__).parent / "components"
COLUMNS = 32  # of the sheet; the page breaks its rows where it is narrow

_gallery = st.components.v2.component(
    "digits_gallery",
    html='<div class="gallery" role="group"></div>',
    css=(PARTS / "gallery.css").read_text(),
    js=(PARTS / "gallery.js").read_text(),
)


def gallery(
    inks: NDArray[np.uint8], captions: list[str], *, key: str, size: int = 56, marks: list[str] | None = None
) -> int | None:
    """Show `inks` (n, 28, 28) as tiles of `size` pixels; return the index of the one that was clicked last.

    A caption shows on hovering and is what a screen reader says. A mark, *right* or *wrong*, is a coloured edge.
    """
    if not len(inks):
        return None
    picture = sheet(inks)
    token = hashlib.sha256(picture + "\n".join(captions).encode()).hexdigest()[:16]
    held = st.session_state.get(key)
    chosen = _index(held.get("chosen") if held else None, token, len(inks))
    data = {
        "sheet": f"data:image/png;base64,{base64.b64encode(picture).decode()}", "token": token, "captions": captions,
        "marks": marks or [""] * len(inks), "columns": COLUMNS, "size": size, "chosen": chosen,
    }  # fmt: skip
    text = json.dumps(data)  # of a dict Streamlit would ask pandas whether its values are tables, and import it
    result = _gallery(key=key, data=text, default={"chosen": None}, on_chosen_change=lambda: None)
    return _index(result.chosen, token, len(inks))


def _index(chosen: object, token: str, images: int) -> int | None:
    """Return the clicked index, unless it belongs to other pictures than the `images` that are shown now."""
    if not isinstance(chosen, dict) or chosen.get("token") != token:
        return None
    index = chosen.get("index")
    return index if type(index) is int and 0 <= index < images else None


def sheet(inks: NDArray[np.uint8]) -> bytes:
    """Return a grey PNG of `inks` (n, 28, 28), dark on white, 32 in each row without gaps."""
    rows = -(-len(inks) // COLUMNS)
    cells = np.full((rows * COLUMNS, 28, 28), 255, np.uint8)
    cells[: len(inks)] = 255 - inks
    picture = cells.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2).reshape(rows * 28, COLUMNS * 28)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
