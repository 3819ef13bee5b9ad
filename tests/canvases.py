"""A canvas without a browser: a component of version 2 can be declared in a server only. To be imported first."""

from __future__ import annotations

import base64
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digits.images.strokes import PEN_WIDTH, Points, drawn_ink
from tests import factory

_blank = ModuleType("streamlit_drawable_canvas")
_blank.st_canvas = lambda **_: None  # type: ignore[attr-defined]
sys.modules.setdefault("streamlit_drawable_canvas", _blank)


def put(monkeypatch: pytest.MonkeyPatch, strokes: tuple[Points, ...]) -> None:
    """Let every canvas hold `strokes`, in its pixels, as the brush of a person's would."""
    from ui import canvas

    def shown(*, key: str, width: int, height: int, **_: Any) -> None:
        ink = drawn_ink(strokes, canvas=(height, width))
        objects = [{"type": "Path", "strokeWidth": PEN_WIDTH, "path": _path(stroke)} for stroke in strokes]
        canvas.st.session_state[key] = told(ink, *objects)

    monkeypatch.setattr(canvas.drawable, "st_canvas", shown)


def told(ink: np.ndarray, *objects: dict[str, Any]) -> dict[str, Any]:
    """Ink and strokes as the component tells them."""
    picture = factory.saved(Image.fromarray(255 - ink).convert("RGBA"))
    return {"drawing": {"raw": {"objects": list(objects)}, "data": url(picture)}}


def url(picture: bytes, kind: str = "png") -> str:
    """A picture as a browser sends it."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _path(stroke: Points) -> list[list[Any]]:
    middles = (stroke[:-1] + stroke[1:]) / 2
    curves = [["Q", *point, *middle] for point, middle in zip(stroke[:-1].tolist(), middles.tolist(), strict=True)]
    return [["M", *stroke[0].tolist()], *curves, ["L", *stroke[-1].tolist()]]
