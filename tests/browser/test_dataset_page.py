"""What a person does on the page Dataset, with mouse and keyboard."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.sources import open_source
from digits.training.run import all_runs
from tests import factory
from tests.browser.conftest import Slow, settled

pytestmark = pytest.mark.browser


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the app may read, beside the real data; it must be asked for before `page`."""
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.setenv("DIGITS_SOURCES", os.pathsep.join([str(folder), str(settings.test_data())]))
    return folder


def damaged_zip(path: Path) -> Path:
    """A ZIP of 30 images, one of them damaged."""
    return factory.zipped(path, factory.digit_files(3) | {"3/3/1.png": factory.png()[:-7]})


def open_page(page: Page) -> None:
    page.get_by_role("link", name="Dataset", exact=True).click()
    expect(page.get_by_role("heading", name="Dataset", exact=True)).to_be_visible()
    settled(page)


def ask_to_add(page: Page, source: str) -> None:
    page.get_by_role("button", name="Add data").click()
    page.get_by_role("dialog").get_by_text(source, exact=True).click()


def fill(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")


def name_box(page: Page) -> Locator:
    return page.get_by_label("Name of the data set", exact=True)


def upload(page: Page, path: Path, name: str) -> None:
    """Upload a file, which suggests `name`, and have it built."""
    ask_to_add(page, "File")
    page.locator("input[type=file]").set_input_files(path)
    expect(name_box(page)).to_have_attribute("placeholder", name)
    page.get_by_role("button", name="Build", exact=True).click()


def test_an_uploaded_zip_with_a_damaged_picture_is_built_and_the_damaged_one_is_listed(
    root: Path, page: Page, tmp_path: Path
) -> None:
    open_page(page)
    expect(page.get_by_text("No data set yet.")).to_be_visible()
    upload(page, damaged_zip(tmp_path / "my digits.zip"), "my-digits")
    expect(page.get_by_text("29 images of 10 digits · 1 file refused")).to_be_visible()
    expect(page.get_by_text("1 of 30 files is not in the data set.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the list").click()
    listed = pd.read_csv(download.value.path())
    assert listed["file"].tolist() == ["3/3/1.png"]
    assert "cut off" in listed["reason"][0]
    assert Dataset.open("my-digits").report["origin"] == "my digits.zip"
    assert list((settings.home() / "uploads").iterdir()) == [], "the upload is gone when it is built"


def test_an_upload_of_other_sizes_is_refused_by_its_reason_and_its_list_is_saved(page: Page, tmp_path: Path) -> None:
    picture = factory.saved(Image.new("L", (32, 32), 200))
    archive = factory.zipped(tmp_path / "sz.zip", dict.fromkeys(factory.digit_files(5, nested=False), picture))
    open_page(page)
    upload(page, archive, "sz")
    expect(page.get_by_text("sz.zip: 50 of 50 files were refused, and no image of any digit is left")).to_be_visible()
    expect(page.get_by_text('Build it again with "Fit pictures of other sizes to 28×28"')).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the list").click()
    assert len(pd.read_csv(download.value.path())) == 50
    assert download.value.suggested_filename == "sz-refused.csv"


def test_refused_uploads_are_gone_when_the_dialog_is_opened_anew(page: Page, tmp_path: Path) -> None:
    open_page(page)
    ask_to_add(page, "File")
    page.locator("input[type=file]").set_input_files([damaged_zip(tmp_path / name) for name in ("a.zip", "b.zip")])
    expect(name_box(page)).to_have_attribute("placeholder", "a")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("These files are no one source")).to_be_visible()
    expect(page.get_by_text("b.zip", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Add data").click()
    page.get_by_role("dialog").get_by_text("File", exact=True).click()
    expect(page.locator("input[type=file]")).to_be_attached()
    settled(page)
    expect(page.get_by_text("b.zip", exact=True)).to_have_count(0)
    page.locator("input[type=file]").set_input_files(damaged_zip(tmp_path / "c.zip"))
    expect(name_box(page)).to_have_attribute("placeholder", "c")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("29 images of 10 digits · 1 file refused")).to_be_visible()


def test_a_path_outside_the_roots_is_refused_by_name_and_one_inside_is_built(root: Path, page: Page) -> None:
    open_page(page)
    ask_to_add(page, "Path on this machine")
    fill(page, "Folder or file", str(root.parent / "elsewhere.zip"))
    fill(page, "Name of the data set", "mine")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("This path is not open to the app")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text(str(root.parent / "elsewhere.zip"))).to_be_visible()
    assert dataset_names() == []

    damaged_zip(root / "here.zip")
    fill(page, "Folder or file", str(root / "here.zip"))
    expect(name_box(page)).to_have_attribute("placeholder", "here")
    expect(name_box(page)).to_have_value("mine")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("29 images of 10 digits · 1 file refused")).to_be_visible()
    assert dataset_names() == ["mine"], "what was typed is kept when the path changes"


def test_a_name_typed_before_the_server_has_answered_is_kept(root: Path, slow: Slow) -> None:
    page = slow.page
    damaged_zip(root / "its-name.zip")
    open_page(page)
    ask_to_add(page, "Path on this machine")
    expect(page.get_by_label("Folder or file", exact=True)).to_be_visible()
    with slow.held():
        fill(page, "Folder or file", str(root / "its-name.zip"))
        slow.wait_for("its-name")
        fill(page, "Name of the data set", "mine")
    build_it = page.get_by_role("button", name="Build", exact=True)
    expect(build_it).to_be_enabled()
    build_it.click()
    expect(page.get_by_text("29 images of 10 digits · 1 file refused")).to_be_visible()
    assert dataset_names() == ["mine"]


def test_a_new_data_set_is_selected_and_a_failed_build_says_why(root: Path, lab: Path, page: Page) -> None:
    build(open_source(damaged_zip(root / "first.zip")), "first", staging=lab / "staging")
    open_page(page)
    expect(page.get_by_text("29 images of 10 digits")).to_be_visible()
    factory.zipped(root / "second.zip", factory.digit_files(4))
    ask_to_add(page, "Path on this machine")
    fill(page, "Folder or file", str(root / "second.zip"))
    expect(name_box(page)).to_have_attribute("placeholder", "second")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("40 images of 10 digits")).to_be_visible()
    expect(page).to_have_url(re.compile("name=second"))

    (root / "third.zip").write_bytes(b"no archive")
    ask_to_add(page, "Path on this machine")
    fill(page, "Folder or file", str(root / "third.zip"))
    expect(name_box(page)).to_have_attribute("placeholder", "third")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_text("third.zip is no sound ZIP")).to_be_visible()
    expect(page.get_by_text("40 images of 10 digits")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("third.zip is no sound ZIP")).to_have_count(0)


def test_a_build_shows_its_progress_and_stops_when_somebody_says_so(root: Path, kaggle_zip: Path, page: Page) -> None:
    open_page(page)
    ask_to_add(page, "Path on this machine")
    fill(page, "Folder or file", str(kaggle_zip))
    expect(name_box(page)).to_have_attribute("placeholder", "kaggle-digits")
    page.get_by_role("button", name="Build", exact=True).click()
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"The build was stopped after [\d,]+ of 107730 files"))).to_be_visible()
    assert dataset_names() == []


@pytest.mark.usefixtures("furnished")
def test_images_are_looked_at_one_by_one_by_digit_and_five_at_a_time(furnished: Path, page: Page) -> None:
    open_page(page)
    expect(page.get_by_text("1,797 images of 10 digits")).to_be_visible()
    tiles = page.locator(".gallery button")
    expect(tiles).to_have_count(100)
    tiles.nth(99).click()
    expect(page.get_by_text(re.compile(r"9/9/9\.png · digit 9 · row"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"row=\d+"))
    for channel in ("Red 0–0", "Green 0–0", "Blue 0–0", "Alpha 0–255", "Its ink"):
        expect(page.get_by_role("img", name=channel)).to_be_visible()

    page.get_by_role("radiogroup", name="Digit").get_by_text("7", exact=True).click()
    expect(tiles.first).to_have_attribute("aria-label", re.compile(r"^7/7/0\.png, digit 7, row"))
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(tiles).to_have_count(79)

    before = page.get_by_text("drawn at random with seed 0").inner_text()
    page.get_by_role("button", name="Five others").click()
    expect(page.get_by_text("drawn at random with seed 1")).to_be_visible()
    assert page.get_by_text("drawn at random with seed 1").inner_text() != before


def test_a_data_set_is_saved_as_the_notebooks_csv(lab: Path, root: Path, page: Page) -> None:
    build(open_source(damaged_zip(root / "mine.zip")), "mine", staging=lab / "staging")
    open_page(page)
    page.get_by_role("button", name="Save as CSV").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    assert download.value.suggested_filename == "Digits.csv"
    dataset, text = Dataset.open("mine"), io.StringIO()
    pd.DataFrame(dataset.images.reshape(-1, 3136)).assign(digit=dataset.labels).to_csv(text)
    assert Path(download.value.path()).read_text() == text.getvalue()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Download", exact=True)).to_have_count(0)


def test_a_data_set_is_renamed_then_deleted_with_its_runs_named(furnished: Path, page: Page) -> None:
    open_page(page)
    page.get_by_role("button", name="Rename, describe, delete").click()
    fill(page, "Name", "forty-three people")
    fill(page, "Description", "From Turkey, 1998.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("From Turkey, 1998.").first).to_be_visible()
    expect(page.get_by_role("combobox", name="Data set")).to_have_value("forty-three people")
    assert {run.dataset().name for run in all_runs()} == {"forty-three people"}

    page.reload()
    page.get_by_role("button", name="Rename, describe, delete").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog", name="Delete this data set?")
    expect(dialog.get_by_text("2 runs were trained on it")).to_be_visible()
    for run in all_runs():
        expect(dialog.get_by_text(run.id[:6])).to_be_visible()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No data set yet.")).to_be_visible()
    assert dataset_names() == []
    assert len(all_runs()) == 2
