"""What somebody does who wants to know which run is better, with the mouse and with the keyboard."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from digits.evaluation.comparison import Answers, disagreements
from digits.training.run import Run, all_runs

pytestmark = pytest.mark.browser
ROW, BOX = 35, 17  # pixels: the height of a table's row, and where its box is


@pytest.fixture
def compare(furnished: Path, page: Page) -> Page:
    page.goto("/compare")
    expect(heads(page)).to_have_count(2)
    return page


def heads(page: Page) -> Locator:
    return page.get_by_text(re.compile("of 360 test images are misread"))


def tick(page: Page, row: int) -> None:
    """Click the box of a row of the table, counted from 0."""
    table = page.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    table.click(position={"x": BOX, "y": ROW * (row + 1) + BOX})


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def best_first() -> list[Run]:
    return sorted(all_runs(), key=lambda run: -run.result()["test_accuracy"])


def test_what_is_chosen_is_in_the_url_and_opens_the_same_in_another_tab(compare: Page) -> None:
    best, other = best_first()
    expect(compare).to_have_url(re.compile(f"runs={best.id}%2C{other.id}"))
    tick(compare, 1)
    expect(heads(compare)).to_have_count(1)
    compare.get_by_text("by seconds").click()
    expect(compare).to_have_url(re.compile("by.seconds"))
    tab(compare, "Confusion")
    compare.get_by_text("Shares", exact=True).click()
    expect(compare).to_have_url(re.compile("cells=Shares"))

    again = compare.context.new_page()
    again.goto(compare.url)
    expect(again.get_by_role("tab", name="Confusion")).to_have_attribute("aria-selected", "true")
    expect(again.get_by_text("in percent of a row")).to_be_visible()
    expect(heads(again)).to_have_count(1)
    expect(again.get_by_text(best.title, exact=True).first).to_be_visible()
    tab(again, "Curves")
    expect(again.get_by_role("radio", name="by seconds")).to_have_attribute("aria-checked", "true")
    expect(again).to_have_url(re.compile(f"by.seconds.*runs={best.id}(&|$)"))
    tick(again, 1)
    expect(heads(again)).to_have_count(2)


def test_a_cell_of_the_matrix_shows_its_images_and_an_image_what_both_models_say(compare: Page) -> None:
    best = best_first()[0]
    answers = Answers.read(best)
    wrong = [(int(a), int(b)) for a, b in zip(answers.labels, answers.digits, strict=True) if a != b]
    label, digit = max(sorted(set(wrong)), key=wrong.count)
    tab(compare, "Confusion")
    compare.get_by_role("button", name=re.compile(f"^{label} read as {digit}: ")).first.click()
    expect(compare.get_by_text(f"of a {label} read as {digit}").first).to_be_visible()
    tiles = compare.get_by_role("button", name=re.compile(rf"^a {label}, read as {digit} \("))
    expect(tiles).to_have_count(wrong.count((label, digit)))

    tiles.first.click()
    expect(compare.get_by_text(re.compile(r"^Image [\d,]+ of starter, test image \d+$"))).to_be_visible()
    expect(compare.locator("[data-testid=stEChartsChart]:visible")).to_have_count(2)


def test_the_matrix_is_reached_and_read_by_keyboard(compare: Page) -> None:
    tab(compare, "Confusion")
    first = compare.get_by_role("button", name=re.compile("^0 read as 0: ")).first
    first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight"):
        compare.keyboard.press(key)
    expect(compare.get_by_role("button", name=re.compile("^1 read as 1: ")).first).to_be_focused()
    compare.keyboard.press("Enter")
    expect(compare.get_by_text(re.compile("of a 1 read as 1")).first).to_be_visible()


def test_disagreements_are_counted_both_ways(compare: Page) -> None:
    first, second = best_first()
    parted = disagreements(Answers.read(first), Answers.read(second))
    tab(compare, "Disagreements")
    for run, count in ((first, len(parted.only_first)), (second, len(parted.only_second))):
        expect(compare.get_by_text(f"Only {run.title} reads these right: {count}")).to_be_visible()
    expect(compare.get_by_text(f"Neither reads these right: {len(parted.neither)}")).to_be_visible()
    expect(compare.get_by_text(re.compile("The ten hardest test images"))).to_be_visible()
    compare.locator(".gallery").last.get_by_role("button").first.click()
    expect(compare.get_by_text(re.compile(r"^Image [\d,]+ of starter"))).to_be_visible()


def test_the_chosen_runs_are_saved_as_csv(compare: Page) -> None:
    tick(compare, 1)
    expect(heads(compare)).to_have_count(1)
    with compare.expect_download() as saved:
        compare.get_by_role("button", name="CSV", exact=True).click()
    (line,) = csv.DictReader(io.StringIO(Path(saved.value.path()).read_text()))
    best = best_first()[0]
    assert line["id"] == best.id
    assert float(line["test_accuracy"]) == best.result()["test_accuracy"]


def test_a_run_is_named_and_deleted_once_that_is_confirmed(compare: Page) -> None:
    best, other = best_first()
    compare.get_by_role("button", name="Name, note, delete").click()
    compare.get_by_label("Name", exact=True).fill("*mine* <b>")
    compare.get_by_role("button", name="Save").click()
    expect(compare.get_by_text("· *mine* <b>").first).to_be_visible()
    assert best.label["name"] == "*mine* <b>"

    delete = compare.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_be_disabled()
    compare.get_by_text("Yes, delete this run").click()
    expect(delete).to_be_enabled()
    delete.click()
    expect(heads(compare)).to_have_count(1)
    assert [run.id for run in all_runs()] == [other.id]


def test_a_table_is_saved_by_the_labs_own_buttons_alone_in_which_no_cell_is_a_formula(compare: Page) -> None:
    table = compare.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    table.hover()
    expect(compare.get_by_role("button", name="Search: Runs")).to_be_visible()
    expect(compare.get_by_role("button", name="Download as CSV")).to_have_count(0)
    expect(compare.get_by_role("button", name="CSV", exact=True)).to_be_visible()
