"""A lab in which nothing can be written shows what can be read, and names the folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui.frame
from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.drawings import all_drawings
from digits.errors import UsageError

PAGES = {"app": "Latest runs", "dataset": "1,797 images", "train": "test images right", "compare": "models read",
         "duel": "There is no duel yet", "embeddings": "360 test images", "draw": "Position"}  # fmt: skip


def test_every_page_is_tried() -> None:
    assert {"app", *(path.stem for path in (settings.PROJECT / "pages").glob("*.py"))} == set(PAGES)


@pytest.fixture
def started_anew() -> Iterator[None]:
    """As if the server had just been started."""
    ui.frame._sweep.clear()
    yield
    ui.frame._sweep.clear()


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    if page != "app":
        app.switch_page(f"pages/{page}.py")
    return app.run()


def shown(app: AppTest) -> str:
    texts = [element.value for kind in (app.markdown, app.caption, app.subheader) for element in kind]
    return "\n".join([*texts, *(tab.label for tab in app.tabs)])


def refuse(path: object = "/lab/evaluations/.gone", *_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


@pytest.mark.usefixtures("furnished", "started_anew")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_can_be_read_where_leavings_cannot_be_removed(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.frame, "sweep", refuse)
    app = opened(page)
    assert not app.exception, app.exception
    assert not app.error, app.error
    (warned,) = [one.value.replace("\\", "") for one in app.warning]
    assert "cannot be removed: /lab/evaluations cannot be read or written" in warned
    assert PAGES[page] in shown(app)
    monkeypatch.setattr(ui.frame, "sweep", lambda: None)  # there is room again
    assert not app.run().warning


@pytest.mark.usefixtures("started_anew")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_lab_that_cannot_be_made_says_so(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(name: str) -> Path:
        raise UsageError("The lab folder cannot be made", received=name)

    monkeypatch.setattr(settings, "part", part)
    app = opened(page)
    assert not app.exception, app.exception
    assert ["The lab folder cannot be made" in one.value for one in app.error] == [True]


def test_a_part_that_a_read_only_lab_lacks_is_read_as_empty(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "mkdir", lambda path, **_: None if path == lab else refuse(path))
    assert (jobs.all_jobs("duels"), dataset_names(), all_drawings()) == ([], [], [])
    with pytest.raises(OSError, match="Read-only"):
        settings.part("duels")
