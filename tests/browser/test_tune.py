"""Learn from my drawings, in Chromium: one click tunes both models, another goes back."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from digits import drawings
from digits.drawings.stroke_file import Painted
from digits.images.strokes import drawn_ink
from digits.settings import FRAMEWORKS
from digits.training.run import all_runs
from tests.browser.conftest import settled
from tests.browser.hands import HINT, SEVEN, answered, draw, inked

pytestmark = pytest.mark.browser
LONG = 240_000  # a bound, not a wait: the machines that run this are shared


@pytest.fixture
def taught(furnished: Path) -> Path:
    """A lab with a small run of each framework and twelve drawings of slopes."""
    for number in range(12):
        strokes = (np.array([[60.0, 40.0], [60.0 + 12 * number, 220.0]]),)
        drawings.keep(number % 10, Painted(drawn_ink(strokes), strokes, 16.0))
    return furnished


def named(page: Page) -> dict[str, str]:
    """The runs that the URL names."""
    return {name: ids[0] for name, ids in parse_qs(urlsplit(page.url).query).items() if name in FRAMEWORKS}


@pytest.mark.usefixtures("taught")
def test_both_models_learn_and_go_back_with_a_click_each(page: Page) -> None:
    before = {run.recipe.framework: run.id for run in all_runs()}
    page.goto("/draw?draw=My+drawings")
    settled(page)
    page.get_by_role("button", name="Learn from my drawings (12)").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("radio", name="One digit").click()
    expect(page.get_by_text(HINT)).to_be_visible()
    settled(page)
    draw(page, *SEVEN)
    answered(page)
    drawn = inked(page)
    assert drawn
    tuned = {run.recipe.framework: run.id for run in all_runs() if run.tuning}
    assert set(tuned) == set(FRAMEWORKS)
    page.wait_for_url(lambda url: all(id in url for id in tuned.values()), timeout=LONG)
    settled(page)
    assert named(page) == tuned, "they answer as soon as they are done"
    assert inked(page) == drawn, "and what was drawn meanwhile stays"
    page.get_by_role("radio", name="My drawings").click()
    expect(page.get_by_role("button", name="Go back")).to_be_visible()
    table = page.get_by_role("table").first
    expect(table).to_contain_text(re.compile(r"PyTorch.*of 2 drawings.*of 360 test images", re.DOTALL))
    expect(table).to_contain_text(re.compile(r"TensorFlow.*of 2 drawings", re.DOTALL))
    expect(page.get_by_text("PyTorch learnt from 10 of 12 drawings")).to_be_visible()
    page.get_by_role("button", name="Go back").click()
    expect(page.get_by_role("button", name="Use the tuned models")).to_be_visible()
    settled(page)
    assert {**before, **named(page)} == before, "the default is not named"
    assert not set(named(page).values()) & set(tuned.values())
    page.get_by_role("button", name="Use the tuned models").click()
    expect(page.get_by_role("button", name="Go back")).to_be_visible()
    assert named(page) == tuned
