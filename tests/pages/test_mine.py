"""The drawings that were kept: browsed, corrected, deleted and brought back, taken away and brought in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digits import drawings, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset
from tests.dataset.sources.made import strokes
from tests.drawings.made import drawn, one_of_each
from tests.pages.test_adding import Upload
from tests.starter import wait_for_end
from ui.drawing import all_mine, mine


class Gallery:
    """What the gallery was given last, and which of it is clicked."""

    def __init__(self) -> None:
        self.inks, self.captions = np.zeros((0, 28, 28)), [""]
        self.clicked: int | None = None

    def __call__(self, inks: np.ndarray, captions: list[str], **_: Any) -> int | None:
        self.inks, self.captions = inks, captions
        return self.clicked


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> Gallery:
    found = Gallery()
    monkeypatch.setattr(mine, "gallery", found)
    return found


@pytest.fixture(autouse=True)
def links(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    """The pages that the section links to: a test's script has none."""
    found: list[tuple[str, dict]] = []
    monkeypatch.setattr(st, "page_link", lambda page, **how: found.append((page, how["query_params"])))
    return found


def opened() -> AppTest:
    def script() -> None:
        from ui.drawing.mine import show_mine

        show_mine()

    return ran(AppTest.from_function(script, default_timeout=30).run())


def ran(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption", "error") for element in app.get(kind))


def click(app: AppTest, label: str) -> AppTest:
    return ran(next(button for button in app.button if button.label.startswith(label)).click().run())


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_an_empty_lab_says_how_a_drawing_is_kept_and_takes_a_file() -> None:
    app = opened()
    assert "No drawing is kept yet. Draw a digit, and say what it was." in words(app)
    assert labels(app) == ["Keep its drawings"]
    assert app.button[0].disabled


def test_drawings_are_shown_newest_first_forty_a_page_and_by_digit(shown: Gallery) -> None:
    one_of_each(more=35)
    app = opened()
    assert [caption[0] for caption in shown.captions] == [str(number % 10) for number in range(44, 4, -1)]
    assert shown.inks.shape == (40, 28, 28)
    assert "45 drawings kept: 0 ×5 · 1 ×5" in words(app)
    ran(app.segmented_control(key="mine-digit").set_value("7").run())
    assert [caption[0] for caption in shown.captions] == ["7"] * 4
    assert "by me, " in shown.captions[0]


def test_a_digit_that_was_never_drawn_is_said() -> None:
    drawings.keep(1, drawn())
    app = opened()
    ran(app.segmented_control(key="mine-digit").set_value("5").run())
    assert "There is no drawing of 5." in words(app)


def test_a_drawing_is_chosen_corrected_deleted_and_brought_back(shown: Gallery) -> None:
    each = [drawings.keep(digit, drawn(digit), answers={"f" * 16: 8}) for digit in (3, 5)]
    app = opened()
    assert "Click a drawing to correct or delete it." in words(app)
    shown.clicked = 1
    ran(app.run())
    assert "1 model that is gone answered too" in words(app)
    chosen = app.segmented_control[1]
    assert (chosen.label, chosen.value) == ("That was a", 3)
    ran(chosen.set_value(8).run())
    assert drawings.find(each[0].id).digit == 8
    assert "It is a **8** now." in words(app)
    shown.clicked = None
    click(app, "Delete")
    assert drawings.all_drawings() == [each[1]]
    assert "1 drawing deleted." in words(app)
    click(app, "Bring back 1 deleted drawing")
    assert [kept.digit for kept in drawings.all_drawings()] == [5, 8]
    assert not [label for label in labels(app) if label.startswith("Bring back")]


def test_all_are_deleted_after_a_second_click_and_all_come_back() -> None:
    one_of_each()
    app = opened()
    other = drawings.all_drawings()[0]
    assert "Data sets and models that learnt from them keep theirs." in words(app)
    drawings.delete([other.id])  # another session was faster
    click(app, "Delete 10 drawings")
    assert drawings.all_drawings() == []
    assert "9 drawings deleted." in words(app)
    click(app, "Bring back 9 deleted drawings")
    assert len(drawings.all_drawings()) == 9


def test_deletions_come_back_one_after_another_the_last_first(shown: Gallery) -> None:
    each = [drawings.keep(digit, drawn(digit)) for digit in (1, 2, 3)]
    shown.clicked = 0
    app = opened()
    for _ in range(2):
        shown.clicked = 0
        ran(app.run())
        shown.clicked = None
        click(app, "Delete")
    assert drawings.all_drawings() == each[:1]
    click(app, "Bring back")
    assert drawings.all_drawings() == each[1::-1]
    click(app, "Bring back")
    assert drawings.all_drawings() == each[::-1]


def test_a_drawing_that_was_deleted_elsewhere_is_said_to_be_gone(shown: Gallery) -> None:
    kept = drawings.keep(1, drawn())
    drawings.keep(2, drawn(2))
    shown.clicked = 1
    app = opened()
    shown.clicked = None
    drawings.delete([kept.id])
    ran(app.segmented_control[1].set_value(4).run())
    assert "There is no drawing" in words(app)
    assert "Click a drawing to correct or delete it." in words(app)


def test_what_cannot_be_read_is_named_and_can_be_deleted(shown: Gallery) -> None:
    each = one_of_each()
    folder = settings.part("drawings")
    (folder / f"{each[0].id}.json").write_bytes(b"{")
    (folder / f"{each[1].id}.png").write_bytes(b"other")
    app = opened()
    assert len(shown.inks) == 8
    said = words(app).replace("\\", "")
    assert f"Left out: drawings/{each[0].id}.json is damaged" in said
    assert f"Left out: The picture of drawing {each[1].id} is damaged" in said
    click(app, "Delete what cannot be read")
    assert drawings.shelf().damaged == {}


def test_a_full_disk_is_said_with_what_can_be_done_whatever_was_clicked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: Gallery
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    upload = Upload(strokes(tmp_path / "pen.json.gz"))
    monkeypatch.setattr(all_mine.st, "file_uploader", lambda *_, **__: upload)
    drawings.keep(1, drawn())
    shown.clicked = 0
    app = click(opened(), "Delete")
    drawings.keep(2, drawn(2))
    ran(app.run())
    for name, act in (
        ("restore", lambda: click(app, "Bring back")),
        ("correct", lambda: ran(app.segmented_control[1].set_value(4).run())),
        ("delete", lambda: click(app, "Delete")),
        ("add", lambda: click(app, "Keep its drawings")),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(drawings, name, full)
            assert "Make room, or make it writable, and do it again" in words(act()).replace("\\", ""), name
    assert [kept.digit for kept in drawings.all_drawings()] == [2]
    assert list(settings.part("uploads").iterdir()) == []
    click(app, "Bring back")
    assert [kept.digit for kept in drawings.all_drawings()] == [2, 1]


def test_strokes_are_added_from_a_file_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = Upload(strokes(tmp_path / "pen.json.gz"))
    monkeypatch.setattr(all_mine.st, "file_uploader", lambda *_, **__: upload)
    app = opened()
    click(app, "Keep its drawings")
    assert "20 drawings added." in words(app)
    click(app, "Keep its drawings")
    assert "0 drawings added, 20 were there already." in words(app)
    assert len(drawings.all_drawings()) == 20
    assert list(settings.part("uploads").iterdir()) == []


def test_a_file_that_holds_no_strokes_is_refused_by_the_name_that_its_person_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"no gzip")
    upload = Upload(tmp_path / "x", "my digits.json.gz")
    monkeypatch.setattr(all_mine.st, "file_uploader", lambda *_, **__: upload)
    app = click(opened(), "Keep its drawings")
    assert "my digits.json.gz holds no strokes" in words(app).replace("\\", "")
    assert list(settings.part("uploads").iterdir()) == []


def test_drawings_become_a_data_set_by_a_click_once_all_digits_are_there(links: list[tuple[str, dict]]) -> None:
    each = one_of_each()
    drawings.delete([each[6].id])
    app = opened()
    assert "There is no drawing of 6 yet" in words(app).replace("\\", "")
    use = next(button for button in app.button if button.label == "Use them as a data set")
    assert use.disabled
    drawings.keep(6, drawn(6))
    app = click(opened(), "Use them as a data set")
    (job,) = jobs.all_jobs("builds")
    assert wait_for_end(job) == "finished", job.status()
    ran(app.run())
    assert Dataset.open("my-drawings").report["images"] == 10
    assert "The data set **my\\-drawings** holds these drawings." in words(app)
    assert links[-1] == ("pages/dataset.py", {"name": "my-drawings"})
    assert "Use them as a data set" not in labels(app)
    drawings.keep(6, drawn(60))
    assert "Use them as a data set" in labels(ran(app.run()))
