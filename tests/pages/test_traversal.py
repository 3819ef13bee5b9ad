"""What an address, a name or an id says leads nowhere outside of the lab, on any page and in any command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digits import settings
from digits.dataset.dataset import dataset_names
from digits.doctor import findings
from digits.engine import local
from digits.job import all_jobs
from digits.training.run import all_runs
from tests import canvases  # noqa: F401 a page draws a canvas
from tests.traversals import (
    OUT,
    TRAVERSALS,
    lay_bait,
    on_pages,
    on_the_command_line,
    open_to_the_app,
    opened_outside,
    uploaded,
)
from ui.drawing import choosing
from ui.gallery import _index

SOME = ("", OUT, "/etc/passwd", "link", f"{OUT}\x00", "A" * 5_000)  # on every page; all of them in the benchmark


@pytest.fixture
def baited(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The lab of two runs, beside a folder that looks like one of them; no worker starts."""
    outside = lay_bait(furnished)
    monkeypatch.setenv("DIGITS_SOURCES", str(furnished))
    monkeypatch.setenv("DIGITS_TEST_DATA", str(furnished))
    monkeypatch.setattr(local, "launch", lambda worker, job, lock, **_: lock.close())
    monkeypatch.setattr(choosing, "prepare", lambda run: None)
    yield outside
    for path in outside.iterdir():
        path.unlink()
    outside.rmdir()


def test_no_address_opens_a_file_outside_of_the_lab_or_breaks_a_page(baited: Path) -> None:
    on_pages("")  # what is imported is not what an id opened
    with opened_outside() as found:
        broken = [one for value in SOME for one in on_pages(value)]
    assert (found, broken) == ([], [])


def test_no_id_on_the_command_line_opens_a_file_outside_of_the_lab(baited: Path) -> None:
    assert len(set(TRAVERSALS)) >= 45
    on_the_command_line("nothing")
    with opened_outside() as found:
        broken = [one for value in TRAVERSALS for one in on_the_command_line(value)]
    assert (found, broken) == ([], [])
    assert len(all_runs()) == 2
    assert dataset_names() == ["starter"]


def test_the_watch_hears_what_is_opened_outside(baited: Path) -> None:
    with opened_outside() as found:
        (baited / "job.json").read_bytes()
        (settings.home() / "runs" / "link" / "status.json").read_bytes()
    assert len(found) == 2


def test_an_upload_lies_in_the_lab_whatever_it_is_called(baited: Path) -> None:
    for value in TRAVERSALS:
        path = uploaded(value)
        assert path.parent == settings.part("uploads"), value
        assert path.is_file(), value


def test_a_typed_path_leads_nowhere_but_under_the_roots(baited: Path) -> None:
    for value in TRAVERSALS:
        found = open_to_the_app(value)
        assert found is None or found.is_relative_to(settings.home()), value


def test_a_link_in_the_lab_is_followed_nowhere_and_named_by_the_doctor(baited: Path) -> None:
    assert [job.id for kind in ("runs", "duels", "maps") for job in all_jobs(kind) if job.id == "link"] == []
    named = [finding for finding in findings() if "is a link, which is not followed" in finding.what]
    assert "runs/link" in named[0].what or len(named) > 1
    for finding in named:
        assert finding.mend is not None
        finding.mend()
    assert not (settings.home() / "runs" / "link").is_symlink()
    assert len(list(baited.iterdir())) > 5, "what it led to stays"


@pytest.mark.parametrize("index", [-1, 3, 10**9, True, 1.0, "1", None, [1]])
def test_a_gallery_believes_no_index_that_it_does_not_show(index: object) -> None:
    assert _index({"token": "t", "index": index}, "t", 3) is None
    assert _index({"token": "t", "index": 2}, "t", 3) == 2
