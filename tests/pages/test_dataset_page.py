from __future__ import annotations

import csv
import io
import os
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset import portrait
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.sources import open_source
from digits.errors import UsageError
from digits.job import Job
from digits.training.run import all_runs
from tests import factory
from ui.datasets import adding, asking, browsing, strips


def opened(**query: str) -> AppTest:
    """The page, as a browser asks for it."""
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    app.switch_page("pages/dataset.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def mine(tmp_path: Path, lab: Path) -> Dataset:
    """A small data set with two refused files and a name for them that is no Markdown."""
    files = factory.digit_files(3) | {"3/3/![x](y).png": b"no picture", "4/4/4.png": factory.png()[:-4]}
    build(open_source(factory.folder(tmp_path / "source", files)), "mine", staging=lab / "staging")
    return Dataset.open("mine")


def test_an_empty_lab_says_what_to_do() -> None:
    app = opened()
    assert "No data set yet. *Add data* builds one from the starter set, a file, a folder or a download." in words(
        app
    )
    button(app, "Add data").click().run()
    assert "Nothing is downloaded" in words(app)


@pytest.mark.usefixtures("furnished")
def test_a_data_set_is_shown_with_its_origin_samples_sums_and_split() -> None:
    text = words(opened())
    for said in ("**1,797 images** of 10 digits · 0 files refused", "Optical Recognition", "CC BY 4", "with seed 0",
                 "Shape (28, 28, 4), uint8", "174 to 183 images a digit", "inputs** are not the same in all images",
                 "| all | 1,437 | 0 | 360 | 20.0\xa0% |", "None: every picture"):  # fmt: skip
        assert said in text, said


@pytest.mark.usefixtures("furnished")
def test_what_was_chosen_stands_in_the_address() -> None:
    app = opened(row="1796", five="7", digit="3", seed="5")
    assert "digit 9 · row 1,796" in words(app)
    assert "with seed 7" in words(app)
    assert app.number_input(key="seed").value == 5
    before = words(app)
    button(app, "Five others").click().run()
    assert app.query_params["five"] in ("8", ["8"])
    assert words(app) != before


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("row", ["1797", "-1", "x", "9" * 30, "²"])
def test_a_row_that_is_none_is_the_first(row: str) -> None:
    assert "digit 0 · row 0" in words(opened(row=row))


def test_refused_files_are_listed_by_name_and_reason_and_can_be_saved(mine: Dataset) -> None:
    with mock.patch("streamlit.download_button") as save:
        app = opened()
    assert "2 of 32 files are not in the data set" in words(app)
    table = app.dataframe[0].value
    assert table["File"].tolist() == ["3/3/![x](y).png", "4/4/4.png"]
    assert all(table["Reason"])
    [saved] = [call.args for call in save.call_args_list if call.args[0] == "Save the list"]
    rows = list(csv.reader(io.StringIO(saved[1].decode())))
    assert rows == [["file", "reason"], *map(list, mine.rejected())]


def test_a_set_without_sums_gets_them_once(mine: Dataset) -> None:
    (mine.folder / portrait.FILE).unlink()
    opened()
    assert portrait.read(mine) is not None


@pytest.mark.usefixtures("furnished")
def test_a_data_set_is_renamed_and_described_and_its_name_is_never_markdown() -> None:
    app = opened()
    app.text_input(key="name-starter").set_value("forty-three people")
    app.text_area(key="note-starter").set_value("![x](http://127.0.0.1:9/y.png)")
    app.button(key="save-starter").click().run()
    assert dataset_names() == ["forty-three people"]
    assert app.selectbox(key="name").value == "forty-three people"
    assert "![x]" not in words(app)
    assert "127\\.0\\.0\\.1" in words(app)


@pytest.mark.usefixtures("mine")
def test_a_name_that_cannot_be_is_refused_in_a_sentence() -> None:
    app = opened()
    app.text_input(key="name-mine").set_value("../mine")
    app.button(key="save-mine").click().run()
    assert "cannot be called that" in app.error[0].value
    assert dataset_names() == ["mine"]


@pytest.mark.usefixtures("furnished")
def test_the_runs_are_named_before_a_data_set_is_deleted() -> None:
    app = opened()
    app.button(key="delete-starter").click().run()
    text = words(app)
    assert "2 runs were trained on it" in text
    assert all(run.id[:6] in text for run in all_runs())
    assert dataset_names() == ["starter"], "the first click only asks"
    assert button(app, "Delete for good")


@pytest.mark.usefixtures("furnished")
def test_a_click_in_a_stale_tab_touches_no_other_data_set(tmp_path: Path, lab: Path) -> None:
    build(open_source(factory.folder(tmp_path / "source", factory.digit_files(3))), "another", staging=lab / "new")
    app = opened(name="starter")
    datasets.rename("starter", "zero")
    app.button(key="delete-starter").click().run()
    assert not app.exception, app.exception
    assert "The data set starter is not there any more" in app.warning[0].value
    assert "trained on it" not in words(app), "no dialog asks whether the other one shall go"
    assert app.selectbox(key="name").value == "another"
    app.run()
    assert not app.warning, "once is enough"


@pytest.mark.usefixtures("mine")
def test_a_page_change_is_quick(mine: Dataset) -> None:
    app = opened()
    started = time.process_time()
    app.run()
    assert time.process_time() - started < 0.7


def test_a_path_is_open_only_under_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    monkeypatch.setenv("DIGITS_SOURCES", os.pathsep.join([str(inside)]))
    assert asking.allowed(str(inside / "a.zip")) == inside / "a.zip"
    for path in (outside, inside / ".." / "out", inside / "link", "/etc/passwd"):
        with pytest.raises(UsageError, match="This path is not open to the app") as caught:
            asking.allowed(str(path))
        assert str(Path(path).resolve()) in str(caught.value)
    with pytest.raises(UsageError, match="This is no path"):
        asking.allowed("a\0b")


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("stem", "name"), [("Mine", "Mine-2"), ("kaggle digits (1)", "kaggle-digits-1"), ("../..", ""), ("é", "")]
)
def test_a_suggested_name_is_allowed_and_free(stem: str, name: str) -> None:
    assert adding.free_name(stem) == name


def test_pictures_look_as_on_white_paper() -> None:
    pictures = np.array([[[[0, 0, 0, 0], [0, 0, 0, 255], [200, 100, 0, 51]]]], np.uint8)
    assert strips.on_paper(pictures)[0, 0].tolist() == [[255, 255, 255], [0, 0, 0], [244, 224, 204]]


def test_words_under_a_picture_are_text() -> None:
    shown = strips.figure(np.zeros((28, 28), np.uint8), '"><script>', titled=False)
    assert "<script>" not in shown
    assert 'alt="&quot;&gt;&lt;script&gt;"' in shown


def test_a_page_of_all_digits_takes_as_many_of_each() -> None:
    labels = np.repeat(np.arange(10), 3)
    assert [rows.tolist() for rows in browsing.rows_of(labels, "2")] == [[6, 7, 8]]
    assert [len(rows) for rows in browsing.rows_of(labels, "all")] == [3] * 10


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("kind", ["exports", "searches"])
@pytest.mark.parametrize("file", ["job.json", "status.json"])
def test_a_damaged_job_cuts_no_page_and_keeps_no_data_set(mine: Dataset, kind: str, file: str) -> None:
    lock = jobs.create(Job(kind, "abc"), {"fingerprint": mine.fingerprint}, owner="ann")
    assert lock is not None
    lock.close()
    (Job(kind, "abc").folder / file).write_text("{")
    app = opened()
    assert not app.error
    assert "Families" in [heading.value for heading in app.subheader]
    app.button(key="delete-mine").click().run()
    assert not app.error
    assert button(app, "Delete for good")
