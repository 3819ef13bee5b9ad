"""A few small pictures side by side, each with its words: as large as there is room, never larger than asked."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

GRID = "display: grid; gap: 8px; grid-template-columns: repeat({columns}, minmax(0, {width}px))"
PICTURE = "width: 100%; image-rendering: pixelated; border-radius: 3px; outline: 1px solid rgba(127, 127, 127, 0.35)"
WORDS = "text-align: center; font-size: 0.8rem; line-height: 1.2; padding: 4px 0"


def strip(
    pictures: Sequence[NDArray[np.uint8]], words: Sequence[str], *, width: int, columns: int, titled: bool = False
) -> None:
    """Show `pictures` (28, 28) or (28, 28, 3) uint8 up to `width` pixels wide, `columns` a row.

    Their `words` stand under them, over them where `titled`, and are what a screen reader says.
    """
    figures = [figure(picture, text, titled) for picture, text in zip(pictures, words, strict=True)]
    st.html(f'<div style="{GRID.format(columns=columns, width=width)}">{"".join(figures)}</div>')


def figure(picture: NDArray[np.uint8], text: str, titled: bool) -> str:
    """Return the HTML of one picture; the text is escaped."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    said = html.escape(text)
    source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    image = f'<img src="{source}" alt="{said}" style="{PICTURE}">'
    caption = f'<figcaption style="{WORDS}">{f"<b>{said}</b>" if titled else said}</figcaption>'
    return f'<figure style="margin: 0">{caption + image if titled else image + caption}</figure>'


def on_paper(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA `pictures` (…, h, w, 4) uint8 as they look on white paper, (…, h, w, 3) uint8."""
    alpha = pictures[..., 3:].astype(np.float32) / 255
    return (pictures[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)
