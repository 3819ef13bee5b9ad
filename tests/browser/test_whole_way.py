"""What somebody does in the first five minutes, with the mouse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from digits.images.strokes import fit, read_drawings
from digits.settings import test_data as data_folder

pytestmark = pytest.mark.browser


def draw(page: Page, strokes) -> None:
    """Draw strokes in canvas pixels with the mouse."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    for stroke in strokes:
        points = [(box["x"] + x, box["y"] + y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def strokes_of_a_digit(digit: int):
    path = data_folder() / "pen-strokes.json.gz"
    if not path.exists():
        pytest.skip(f"pen-strokes.json.gz is not at {data_folder()}")
    return fit(next(drawing.strokes for drawing in read_drawings(path) if drawing.digit == digit))


def test_from_an_empty_lab_to_a_drawn_digit_that_both_frameworks_answer(page: Page, lab: Path) -> None:
    expect(page.get_by_text("A fresh lab.")).to_be_visible()
    page.get_by_role("button", name="Train both models now").click()
    expect(page.get_by_text("Building the starter set and training both models")).to_be_visible()
    expect(page.get_by_text("PyTorch, best on its test images")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("TensorFlow, best on its test images")).to_be_visible(timeout=120_000)

    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_text(re.compile(r"of 360 test images are misread"))).to_have_count(2)
    page.get_by_role("tab", name="Confusion").click()
    expect(page.get_by_text("Confusion on the test images")).to_be_visible()
    assert "runs=" in page.url

    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    draw(page, strokes_of_a_digit(0))
    expect(page.get_by_text("PyTorch says")).to_be_visible()
    expect(page.get_by_text("TensorFlow says")).to_be_visible()
