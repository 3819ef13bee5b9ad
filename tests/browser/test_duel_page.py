"""What somebody does who wants a fair answer: one small duel from the page, to its verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from digits.training.duel import all_duels
from tests.starter import build_starter

pytestmark = pytest.mark.browser


@pytest.fixture
def duel(lab: Path, page: Page) -> Page:
    build_starter()
    page.goto("/duel")
    expect(page.get_by_text("There is no duel yet.")).to_be_visible()
    return page


def fill(page: Page, label: str, number: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(number))
    field.press("Enter")


def test_a_small_duel_is_started_from_the_page_and_comes_to_its_verdict(duel: Page) -> None:
    fill(duel, "Epochs", 3)
    fill(duel, "Seeds", 1)
    expect(duel.get_by_text("12 epochs, one at a time: 3 in each of two processes")).to_be_visible()
    start = duel.get_by_role("button", name="Start the duel")
    start.focus()
    duel.keyboard.press("Enter")
    expect(duel.get_by_test_id("stMain").get_by_role("button", name="Stop")).to_be_visible()
    expect(start).to_be_hidden()

    expect(duel.get_by_text("Which is faster?")).to_be_visible(timeout=150_000)
    why = re.compile("^(Too few rounds were timed|The machine was too noisy) to say which is faster")
    expect(duel.get_by_text(why)).to_be_visible()
    expect(duel.get_by_text(re.compile("^Too few seeds to say which is steadier: 1"))).to_be_visible()
    expect(duel.locator("[class*=st-key-answered]")).to_have_count(2)
    expect(duel.locator("[class*=st-key-refused]")).to_have_count(2)
    (fought,) = all_duels()
    assert fought.result()["to_target"]["target"] == 0.9

    duel.get_by_role("button", name=re.compile("^What does p .* mean")).click()
    expect(duel.get_by_text("each of them would fall to either like a fair coin")).to_be_visible()
    duel.keyboard.press("Escape")
    duel.get_by_role("tab", name="Ledger").click()
    expect(duel.get_by_text("factors are equal.")).to_be_visible()
    row = duel.get_by_role("row", name=re.compile("^initial weights"))
    expect(row).to_contain_text("= equal")
    duel.get_by_role("tab", name="Accuracy").click()
    chart = duel.get_by_test_id("stEChartsChart")
    expect(chart).to_be_visible()
    duel.get_by_text("by seconds").click()
    expect(duel).to_have_url(re.compile("duel-by=by.seconds"))
