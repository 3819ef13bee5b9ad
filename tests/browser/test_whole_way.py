"""What somebody does in the first five minutes, with the mouse."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


# A zero in canvas pixels: an ellipse, from its top and around, a little past where it began. It is narrow, as the
# zeros of the starter set are; a wide one is read as other digits.
ZERO = [(140 + 46 * math.sin(angle / 12 * math.pi), 140 - 78 * math.cos(angle / 12 * math.pi)) for angle in range(26)]


def draw(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw one stroke in canvas pixels with the mouse."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    first, *rest = [(box["x"] + x, box["y"] + y) for x, y in stroke]
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
    page.mouse.up()


@pytest.mark.timeout(900)  # both models are trained in earnest: 90 seconds alone on two cores
def test_from_an_empty_lab_to_a_drawn_digit_that_both_frameworks_answer(page: Page, lab: Path) -> None:
    expect(page.get_by_text("A fresh lab.")).to_be_visible()
    page.get_by_role("button", name="Train both models now").click()
    expect(page.get_by_text("Building the starter set and training both models")).to_be_visible()
    expect(page.get_by_text("PyTorch, best on its test images")).to_be_visible(timeout=400_000)
    expect(page.get_by_text("TensorFlow, best on its test images")).to_be_visible(timeout=400_000)

    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_text(re.compile(r"of 360 test images are misread"))).to_have_count(2)
    page.get_by_role("tab", name="Confusion").click()
    expect(page.get_by_text("Confusion on the test images")).to_be_visible()
    assert "runs=" in page.url

    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    draw(page, ZERO)
    for framework in ("PyTorch", "TensorFlow"):
        answer = page.get_by_test_id("stMetric").filter(has_text=f"{framework} says")
        expect(answer.get_by_test_id("stMetricValue")).to_have_text("0")
