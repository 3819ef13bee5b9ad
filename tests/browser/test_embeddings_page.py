"""What a person does on the page Embeddings: look at both maps, point at an image, draw around some."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("furnished")]


def box_of(canvas: Locator) -> tuple[float, float, float]:
    """Return the middle of a canvas and half its side."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"] / 2


def inked(canvas: Locator) -> int:
    """Return how many pixels of a canvas are drawn on."""
    script = """canvas => {
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      let drawn = 0;
      for (let at = 3; at < data.length; at += 4) drawn += data[at] > 0;
      return drawn;
    }"""
    return int(canvas.evaluate(script))


def open_maps(page: Page) -> Locator:
    """Open the page and wait until both maps can be seen; return the canvases that take the mouse."""
    page.get_by_role("link", name="Embeddings", exact=True).click()
    over = page.locator(".digit-map canvas.over")
    expect(over).to_have_count(2, timeout=240_000)
    expect(page.get_by_text(re.compile("trustworthiness 0"))).to_be_visible(timeout=240_000)
    return over


def point_at_an_image(page: Page, canvas: Locator) -> None:
    """Move the mouse outwards from the middle until an image is under it."""
    x, y, half = box_of(canvas)
    for step in range(200):
        radius = half * step / 200
        page.mouse.move(x + radius * math.cos(step / 2), y + radius * math.sin(step / 2))
        if page.locator(".tip:visible").count():
            return
    pytest.fail("there is no image on the map")


def test_both_maps_are_seen_an_image_is_pointed_at_and_those_in_a_lasso_are_shown(page: Page) -> None:
    over = open_maps(page)
    for canvas in page.locator(".digit-map canvas.points").all():
        assert inked(canvas) > 1_000
    point_at_an_image(page, over.first)
    expect(page.locator(".tip:visible")).to_contain_text(re.compile(r"Label \d.*PyTorch \d.*TensorFlow \d"))
    picture = page.locator(".tip:visible canvas")
    page.wait_for_function("tip => tip.getContext('2d').getImageData(0, 0, 28, 28).data.some(value => value > 0)",
                           arg=picture.element_handle())  # fmt: skip
    assert inked(over.nth(1)) > 20, "the same image is marked in the other map"

    x, y, half = box_of(over.first)
    page.mouse.move(x + 0.6 * half, y)
    page.mouse.down()
    for step in range(1, 25):
        page.mouse.move(
            x + 0.6 * half * math.cos(step * math.pi / 12), y + 0.6 * half * math.sin(step * math.pi / 12)
        )
    page.mouse.up()
    expect(page.locator(".gallery button").first).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"\d+ images: .*PyTorch misreads \d+\. TensorFlow misreads \d+\."))
    ).to_be_visible()

    page.locator(".gallery button").first.click()
    expect(page.get_by_text(re.compile(r"Picked: label \d, PyTorch \d, TensorFlow \d"))).to_be_visible()
    page.get_by_role("button", name="Clear choice").click()
    expect(page.locator(".gallery button")).to_have_count(0)


def test_a_box_chooses_and_colour_and_style_can_be_changed(page: Page) -> None:
    over = open_maps(page)
    page.get_by_role("button", name="Box", exact=True).click()
    x, y, half = box_of(over.nth(1))
    page.mouse.move(x - half * 0.9, y - half * 0.9)
    page.mouse.down()
    page.mouse.move(x + half * 0.9, y + half * 0.9, steps=5)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"\d+ images: "))).to_be_visible()
    page.get_by_text("Right or wrong").click()
    expect(page.locator(".legend")).to_contain_text("wrong")
    page.get_by_text("Pictures", exact=True).click()
    expect(page.get_by_text("drawn as the digit that the model answers.")).to_have_count(1)  # the page's question
    assert inked(page.locator(".digit-map canvas.points").first) > 1_000
