"""Maps of images side by side, drawn in the browser: hovering needs no server, a lasso sends back a few bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.figures import palette
from digits.figures.maps import columns_of, digit_map, pack
from digits.settings import FRAMEWORK_NAMES

PARTS = Path(__file__).parent / "components"
COLOURS = {"answer": "Answer", "label": "Label", "right": "Right or wrong"}
STYLES = {"digits": "Digits", "dots": "Dots", "pictures": "Pictures"}

_map = st.components.v2.component(
    "digit_map",
    html='<div class="digit-map"><div class="tools" role="toolbar" aria-label="Choose images by"></div>'
    '<div class="panes"></div><div class="legend"></div></div>',
    css=(PARTS / "digit_map.css").read_text(),
    js=(PARTS / "digit_map.js").read_text(),
)
_sheet = st.components.v2.component("digit_sheet", html="<span></span>", js=(PARTS / "digit_sheet.js").read_text())


@dataclass(frozen=True)
class Pane:
    """One map: whose answers (n,) it shows, at which positions (n, 2), of images with labels (n,) on a PNG sheet."""

    title: str
    framework: str
    positions: NDArray[np.float32]
    answers: NDArray[np.int64]
    labels: NDArray[np.int64]
    sheet: bytes

    @property
    def alt(self) -> str:
        """What a screen reader says of it."""
        wrong = int((self.answers != self.labels).sum())
        return f"{self.title}: a map of {len(self.labels):,} images, {wrong:,} of them misread"


def show_maps(panes: list[Pane], *, linked: bool, key: str, **view: str) -> tuple[int, NDArray[np.int64]] | None:
    """Show `panes` in a `view` (*colour*, *style*); return which pane was chosen in, and which of its images.

    `linked` says that all panes show the same images, so that one is marked in every pane.
    """
    sheets = {_token(pane.sheet): pane.sheet for pane in panes}
    packed = [_packed(pane) for pane in panes]
    token = _token(json.dumps(packed).encode())
    colours = {"digits": palette.DIGITS, "right": palette.RIGHT, "wrong": palette.WRONG}
    data = {"token": token, "panes": packed, "linked": linked, "palette": colours, **view}
    with st.container(gap=None):
        for number, (name, sheet) in enumerate(sheets.items()):
            _sheet(key=f"{key}-sheet-{number}", data=name.encode() + sheet, height=1)
        result = _map(key=key, data=data, default={"chosen": None}, on_chosen_change=lambda: None)
    return _chosen(result.chosen, token, panes)


def _packed(pane: Pane) -> dict[str, Any]:
    return {
        **digit_map(pane.positions, pane.answers), "labels": pack(pane.labels.astype(np.uint8)), "alt": pane.alt,
        "title": pane.title, "name": FRAMEWORK_NAMES[pane.framework], "colour": palette.FRAMEWORKS[pane.framework],
        "sheet": _token(pane.sheet), "columns": columns_of(len(pane.labels)),
    }  # fmt: skip


def _token(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _chosen(value: Any, token: str, panes: list[Pane]) -> tuple[int, NDArray[np.int64]] | None:
    """Return what the browser says was chosen, unless it belongs to other maps than those shown now."""
    if not isinstance(value, dict) or value.get("token") != token or value.get("pane") not in range(len(panes)):
        return None
    number = int(value["pane"])
    try:
        bits = np.frombuffer(base64.b64decode(value.get("bits") or "", validate=True), np.uint8)
    except (binascii.Error, TypeError, ValueError):
        return None
    images = len(panes[number].labels)
    if len(bits) != -(-images // 8):
        return None
    return number, np.flatnonzero(np.unpackbits(bits, count=images, bitorder="little"))
