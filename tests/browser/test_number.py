"""A whole number on the page Draw, drawn with a mouse on a screen and with a finger on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settled
from tests.browser.hands import draw, on_page, tool, touch

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("furnished")]
# A 7 without its bar, a 1, a 4 in two strokes, and the bar of the 7, which comes last.
NUMBER = [
    [(60, 70), (100, 70), (150, 72), (120, 150), (100, 220)], [(240, 70), (239, 140), (238, 220)],
    [(350, 70), (330, 120), (315, 160), (350, 162), (400, 160)], [(375, 110), (374, 160), (372, 225)],
    [(90, 150), (120, 149), (150, 148)],
]  # fmt: skip

EIGHT = [[(x, 90), (x - 1, 130), (x - 2, 190)] for x in range(60, 560, 65)]
CUT_OFF = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"

DOUBTFUL = f"all => all.filter(one => !one.children.length).forEach(one => one.textContent = '{'8? ' * 12}')"


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["light-1280", "dark-390"])
def anywhere(chromium, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page on a screen in the light and on a phone in the dark."""
    scheme, width = request.param
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=server,
                                   has_touch=width < 400)  # fmt: skip
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    yield tab
    context.close()


def test_digits_are_read_in_order_and_all_of_them_fit(anywhere: Page) -> None:
    anywhere.goto("/draw?draw=A+whole+number")
    expect(anywhere.get_by_text("Draw a number, its digits side by side")).to_be_visible()
    expect(anywhere.locator("canvas.upper-canvas")).to_be_visible()
    settled(anywhere)
    window = (anywhere.viewport_size or {})["width"]
    left, _, scale = on_page(anywhere)
    assert left + 600 * scale <= window
    assert anywhere.evaluate("document.scrollingElement.scrollWidth") <= window
    (touch if window < 400 else draw)(anywhere, *NUMBER)
    expect(anywhere.get_by_text("3 digits, from left to right")).to_be_visible()
    settled(anywhere)
    expect(anywhere.get_by_role("img", name="The drawing in 3 digits, each in a colour")).to_be_visible()
    boxes = [
        anywhere.get_by_role("img", name=f"Digit {place} as the models see it").bounding_box() for place in (1, 2, 3)
    ]
    assert [box["x"] for box in boxes if box] == sorted({box["x"] for box in boxes if box}), "beside each other"
    said = anywhere.get_by_test_id("stMetricValue").all_inner_texts()
    assert [len(number.replace("?", "").replace(" ", "")) for number in said] == [3, 3]
    tool(anywhere, "Clear").click()
    expect(anywhere.get_by_text("Draw a number, its digits side by side")).to_be_visible()
    settled(anywhere)
    (touch if window < 400 else draw)(anywhere, *EIGHT)
    expect(anywhere.get_by_text("8 digits, from left to right")).to_be_visible()
    settled(anywhere)
    said = anywhere.get_by_test_id("stMetricValue").all_inner_texts()
    assert [len(number.replace("?", "").replace(" ", "")) for number in said] == [8, 8]
    values = anywhere.locator("[data-testid=stMetricValue], [data-testid=stMetricValue] *")
    assert values.evaluate_all(CUT_OFF) == [], "no number is cut off"
    values.evaluate_all(DOUBTFUL)
    assert values.evaluate_all(CUT_OFF) == [], "nor is the longest one that can be said"
    assert anywhere.evaluate("document.scrollingElement.scrollWidth") <= window
