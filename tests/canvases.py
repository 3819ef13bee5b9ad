"""A canvas without a browser: a component of version 2 can be declared in a server only. To be imported first."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digits.images.strokes import PEN_WIDTH, Points, drawn_ink

_blank = ModuleType("streamlit_drawable_canvas")
_blank.st_canvas = lambda **_: SimpleNamespace(image_data=None, json_data=None)  # type: ignore[attr-defined]
sys.modules.setdefault("streamlit_drawable_canvas", _blank)


def put(monkeypatch: pytest.MonkeyPatch, strokes: tuple[Points, ...]) -> None:
    """Let every canvas hold `strokes`, in its pixels, as the brush of a person's would."""
    from ui import canvas

    def shown(*, width: int, height: int, **_: Any) -> SimpleNamespace:
        ink = drawn_ink(strokes, canvas=(height, width))
        pixels = np.dstack([255 - ink] * 3 + [np.full_like(ink, 255)])
        objects = [{"type": "Path", "strokeWidth": PEN_WIDTH, "path": _path(stroke)} for stroke in strokes]
        return SimpleNamespace(image_data=pixels, json_data={"objects": objects})

    monkeypatch.setattr(canvas.drawable, "st_canvas", shown)


def _path(stroke: Points) -> list[list[Any]]:
    middles = (stroke[:-1] + stroke[1:]) / 2
    curves = [["Q", *point, *middle] for point, middle in zip(stroke[:-1].tolist(), middles.tolist(), strict=True)]
    return [["M", *stroke[0].tolist()], *curves, ["L", *stroke[-1].tolist()]]
