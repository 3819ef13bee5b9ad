"""What a person does on the page Draw: draw, take back, clear, choose a pen, with mouse, keys and finger."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from safetensors.numpy import load_file

from digits import drawings
from digits.images.frame import frame
from digits.images.strokes import drawn_ink, fit, read_drawings
from digits.models.weights import forward
from digits.training.inputs import full_inputs
from digits.training.run import Run, all_runs
from tests.browser.conftest import settled
from tests.browser.hands import SEVEN, answered, cleared, draw, inked, on_page, open_draw, seen, tool, touch
from tests.drawings.made import one_of_each

# Faster than the canvas goes back.
SIX_UNDO = """() => {
  const about = { key: "z", ctrlKey: true, bubbles: true, cancelable: true };
  for (let times = 0; times < 6; times++) document.body.dispatchEvent(new KeyboardEvent("keydown", about));
}"""

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("furnished")]


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["light-1280", "dark-390"])
def anywhere(chromium, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page on a screen in the light and on a phone in the dark."""
    scheme, width = request.param
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=server,
                                   has_touch=width < 400)  # fmt: skip
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    open_draw(tab)
    yield tab
    context.close()


def test_both_models_answer_and_what_is_said_keeps_its_place(page: Page) -> None:
    one_of_each(2)  # so that the line which counts them is a long one
    open_draw(page)
    places = ["[class*=st-key-said-pytorch]", "[class*=st-key-said-tensorflow]", ".st-key-seen", "[role=tablist]"]
    page.wait_for_function(  # until the pictures have their size
        "() => { const all = [...document.querySelectorAll('.st-key-seen img')];"
        " return all.length > 0 && all.every(one => one.complete && one.getBoundingClientRect().height > 100) }"
    )
    before = [page.locator(place).first.bounding_box() for place in places]
    draw(page, *SEVEN)
    said = answered(page)
    assert len(said) == 2
    expect(page.get_by_text(re.compile(r"^\d+\.\d % sure · \d+\.\d\d ms$"))).to_have_count(2)
    agree = "They agree" if said[0] == said[1] else "They disagree"
    expect(page.get_by_text(agree)).to_be_visible()
    assert [page.locator(place).first.bounding_box() for place in places] == before
    page.get_by_role("radio", name="7", exact=True).first.click()
    expect(page.get_by_text("Kept as a 7.")).to_be_visible()
    settled(page)
    assert [page.locator(place).first.bounding_box() for place in places] == before


def test_a_digit_that_is_clicked_right_after_the_last_stroke_is_said_of_all_strokes(page: Page) -> None:
    open_draw(page)
    draw(page, SEVEN[0])
    answered(page)
    seven = page.get_by_role("radio", name="7", exact=True).first.bounding_box()
    assert seven is not None
    draw(page, SEVEN[1])  # and at once, before the canvas has told of it
    page.mouse.click(seven["x"] + seven["width"] / 2, seven["y"] + seven["height"] / 2)
    expect(page.get_by_text("Kept as a 7.")).to_be_visible()
    assert [(kept.digit, len(kept.strokes)) for kept in drawings.all_drawings()] == [(7, 2)]


def test_with_mouse_and_finger_strokes_are_drawn_taken_back_and_cleared_in_both_themes(anywhere: Page) -> None:
    phone = (anywhere.viewport_size or {})["width"] < 400
    hand = touch if phone else draw
    hand(anywhere, SEVEN[0])
    assert len(answered(anywhere)) == 2
    settled(anywhere)  # a page that is still drawn anew may move under the finger
    one = inked(anywhere)
    hand(anywhere, SEVEN[1])
    for _ in range(200):
        if inked(anywhere) > one:
            break
        anywhere.wait_for_timeout(50)
    expect(anywhere.get_by_role("button", name="Try a stranger's digit")).to_be_visible()
    both = inked(anywhere)
    assert both > one > 1_000
    assert paper(anywhere) == [255, 255, 255, 255]
    tool(anywhere, "Undo").click()
    expect(tool(anywhere, "Redo")).to_have_attribute("aria-disabled", "false")
    assert inked(anywhere) == one
    tool(anywhere, "Redo").click()
    expect(tool(anywhere, "Redo")).to_have_attribute("aria-disabled", "true")
    assert inked(anywhere) == both
    tool(anywhere, "Clear").click()
    cleared(anywhere)
    assert inked(anywhere) == 0
    tool(anywhere, "Undo").click()  # a whole drawing that was cleared comes back at once
    answered(anywhere)
    assert inked(anywhere) == both
    if phone:
        assert_one_column(anywhere)


def paper(page: Page) -> list[int]:
    """Return the colour of the canvas in a corner, where nothing is drawn."""
    pixel = "canvas => [...canvas.getContext('2d').getImageData(5, 5, 1, 1).data]"
    return list(page.locator("canvas.dc-canvas.lower-canvas").evaluate(pixel))


def assert_one_column(page: Page) -> None:
    """Assert that nothing is wider than the phone, and that the canvas comes first."""
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    said = page.get_by_test_id("stMetric").first.bounding_box()
    assert said is not None
    assert said["y"] > on_page(page)[1] + 280


def test_keys_do_what_the_buttons_do_unless_somebody_types(page: Page) -> None:
    open_draw(page)
    expect(page.get_by_text("Ctrl Z undo")).to_be_visible()
    draw(page, *SEVEN)
    answered(page)
    both = inked(page)
    page.keyboard.press("Control+z")
    expect(tool(page, "Redo")).to_have_attribute("aria-disabled", "false")
    assert 0 < inked(page) < both
    page.keyboard.press("Control+Shift+Z")
    expect(tool(page, "Redo")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("combobox", name=re.compile("PyTorch answers with")).click()
    for key in ("Control+z", "[", "Delete", "Escape"):
        page.keyboard.press(key)
    expect(page.get_by_role("option")).to_have_count(0)  # the last one closed the list, and no more
    assert inked(page) == both
    expect(page.get_by_text("16 px")).to_be_visible()
    page.get_by_role("heading", name="Draw").click()
    page.keyboard.press("Escape")
    cleared(page)
    page.keyboard.press("Control+z")
    answered(page)
    page.keyboard.press("Delete")
    cleared(page)
    draw(page, *([(40 + 30 * bar, 40), (40 + 30 * bar, 240)] for bar in range(6)))
    answered(page)
    page.evaluate(SIX_UNDO)
    cleared(page)
    assert inked(page) == 0


def test_a_wider_pen_draws_wider_and_is_kept_for_the_session(page: Page) -> None:
    open_draw(page)
    draw(page, SEVEN[0])
    answered(page)
    thin = inked(page)
    page.keyboard.press("Escape")
    cleared(page)
    for _ in range(7):  # one more than there are widths
        page.keyboard.press("]")
    expect(page.get_by_text("28 px")).to_be_visible()
    expect(page.get_by_role("slider", name="Pen")).to_have_attribute("aria-busy", "false")  # the canvas has it
    settled(page)
    draw(page, SEVEN[0])
    answered(page)
    assert 1.5 < inked(page) / thin < 2
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_role("heading", name="Digits Lab", level=1)).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.get_by_text("28 px")).to_be_visible()
    page.get_by_role("slider", name="Pen").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("26 px")).to_be_visible()


def test_the_page_sees_what_strokes_are_painted_to_and_says_what_the_weights_say_of_it(
    page: Page, pen_strokes: Path
) -> None:
    runs = sorted(all_runs(), key=lambda run: run.recipe.framework)  # as they stand on the page
    open_draw(page)
    for drawing in read_drawings(pen_strokes)[::200]:
        ink = drawn_ink(fit(drawing.strokes))
        draw(page, *fit(drawing.strokes))
        for run in runs:
            assert_shows(page, frame(ink, run.recipe.frame), run.recipe.frame)
        assert answered(page) == [read(run, seen(page, run.recipe.frame)) for run in runs]
        page.keyboard.press("Escape")
        cleared(page)


def read(run: Run, ink: NDArray[np.uint8]) -> str:
    """Return the digit that a run's weights say of framed ink (28, 28), by NumPy: both frameworks in one way."""
    state = load_file(run.kept("weights.safetensors"))
    inputs = full_inputs(ink.reshape(1, -1), run.recipe)
    return str(forward(state, inputs, run.recipe.activation)[-1].argmax())


def assert_shows(page: Page, ink: NDArray[np.uint8], how: str) -> None:
    """Assert that the page comes to show `ink`, when all strokes have come to it: 2 of 255 apart on average."""
    apart, end = 255.0, time.monotonic() + 60
    while apart > 2 and time.monotonic() < end:
        page.wait_for_timeout(50)
        apart = float(np.abs(seen(page, how).astype(float) - ink).mean())
    assert apart <= 2, f"{apart:.2f} of 255"


def test_a_strangers_digit_is_drawn_as_by_hand_and_told_when_both_have_answered(
    page: Page, pen_strokes: Path
) -> None:
    open_draw(page, "/draw?more=Position")
    expect(page.get_by_text("Draw a digit first.")).to_be_visible()
    page.get_by_role("button", name="Try a stranger's digit").click()
    for _ in range(2_000):
        if inked(page):
            break
        page.wait_for_timeout(10)
    # the hand is drawing: now another one
    page.get_by_role("button", name="Try a stranger's digit").click()
    told = page.get_by_text(re.compile(r"Writer \w+ drew a \d\."))
    expect(told).to_be_visible()
    answered(page)
    ink = inked(page)
    assert ink > 1_000
    for name in ("PyTorch", "TensorFlow"):
        expect(page.get_by_text(re.compile(rf"{name} says \d at \d+ of 81 places, with \d"))).to_be_visible()
    draw(page, [(20, 20), (40, 30)])  # now it is not theirs any more
    expect(told).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(told).to_be_visible()
    assert inked(page) == ink
    page.keyboard.press("Escape")
    cleared(page)
    expect(told).to_have_count(0)
