"""Hands for the page Draw: a mouse and a finger, and eyes for what the page shows."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settled

Stroke = Sequence[Sequence[float]] | NDArray[np.float64]
HINT = "Draw a digit from 0 to 9"
SEVEN = [[(80, 70), (110, 70), (150, 72), (200, 70), (170, 130), (150, 180), (140, 220)], [(110, 150), (190, 145)]]


def open_draw(page: Page, path: str = "/draw") -> None:
    """Open the page and wait until the canvas can be drawn on and both models are loaded or will be."""
    page.goto(path)
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    expect(page.get_by_text(HINT)).to_be_visible()
    settled(page)


def on_page(page: Page) -> tuple[float, float, float]:
    """Return where the canvas begins, and how many pixels of the page one of the canvas is."""
    canvas = page.locator("canvas.upper-canvas")
    box = canvas.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"] / float(canvas.get_attribute("width") or 0)


def draw(page: Page, *strokes: Stroke) -> None:
    """Draw strokes, in canvas pixels, with the mouse."""
    left, top, scale = on_page(page)
    for stroke in strokes:
        first, *rest = [
            (round(left + x * scale), round(top + y * scale)) for x, y in stroke
        ]  # a mouse has whole ones
        page.mouse.move(*first)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point)
        page.mouse.up()


def touch(page: Page, *strokes: Stroke) -> None:
    """Draw strokes, in canvas pixels, with a finger."""
    left, top, scale = on_page(page)
    browser = page.context.new_cdp_session(page)
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            where = [{"x": left + x * scale, "y": top + y * scale}]
            kind = "touchMove" if number else "touchStart"
            browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
        browser.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def answered(page: Page) -> list[str]:
    """Wait until a drawing was answered; return what both models say."""
    expect(page.get_by_text(re.compile("They (dis)?agree"))).to_be_visible()
    settled(page)
    return page.get_by_test_id("stMetricValue").all_inner_texts()


def cleared(page: Page) -> None:
    """Wait until nothing is on the canvas, and the page knows it."""
    expect(page.get_by_text(HINT)).to_be_visible()
    settled(page)


def tool(page: Page, name: str) -> Locator:
    """Return one of the canvas's buttons."""
    return page.get_by_role("toolbar", name="Drawing").get_by_role("button", name=name)


def inked(page: Page) -> int:
    """Return how many pixels of the canvas are dark."""
    script = """canvas => {
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let dark = 0;
      for (let at = 0; at < data.length; at += 4) dark += data[at] < 128 && data[at + 3] > 128;
      return dark;
    }"""
    return int(page.locator("canvas.dc-canvas.lower-canvas").evaluate(script))


def seen(page: Page, how: str) -> NDArray[np.uint8]:
    """Return the ink (28, 28) uint8 of the picture that says what the models see, framed `how`."""
    picture = page.get_by_role("img", name=re.compile(f"^28×28, {how}"))
    content = base64.b64decode((picture.get_attribute("src") or "").partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    scale = pixels.shape[0] // 30  # 28 pixels inside a margin of one
    tiles = pixels[scale // 2 :: scale, scale // 2 :: scale]
    return 255 - tiles[1:29, 1:29]
