"""Files in digit folders that cannot be pictures: listed by name, unless they are too many."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from digits.dataset import paths
from digits.dataset.sources import open_source
from digits.errors import ImageError, SourceError
from tests import factory

PICTURES, MOST = factory.digit_files(), 5
TOO_MANY = (
    r"no pictures: expected at most 5 and one a picture, received more, such as '3/3?/?\d+.*': "
    r"It .*\. Leave them out"
)


def refused(path: Path) -> list[ImageError]:
    return [picture.data for picture in open_source(path) if isinstance(picture.data, ImageError)]


@pytest.fixture(params=[factory.folder, lambda path, files: factory.zipped(path.with_suffix(".zip"), files)],
                ids=["folder", "zip"])  # fmt: skip
def put(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """What makes a folder or a ZIP of files, of which only a few may be stray."""
    monkeypatch.setattr(paths, "MOST_STRAY", MOST)
    return request.param


@pytest.mark.parametrize("name", ["3/3/{}.txt", "3/{}/x.png"])
def test_what_cannot_be_a_picture_is_listed_as_long_as_there_is_little_more_of_it_than_of_pictures(
    put, tmp_path: Path, name: str
):
    stray = [name.format(number) for number in range(100, 100 + len(PICTURES) + MOST + 1)]
    few = put(tmp_path / "few", dict.fromkeys(stray[:-1], b"") | PICTURES)  # whichever comes first
    assert len(refused(few)) == len(PICTURES) + MOST
    many = put(tmp_path / "many", PICTURES | dict.fromkeys(stray, b""))
    with pytest.raises(SourceError, match=TOO_MANY):
        open_source(many)


def test_members_that_are_refused_for_the_same_reason_share_one_error_without_a_traceback(tmp_path: Path):
    stray = {f"{digit}/{number}/x.png": b"" for digit in range(10) for number in range(100, 150)}
    errors = refused(factory.zipped(tmp_path / "d.zip", PICTURES | stray))
    assert len(errors) == 500
    assert len({id(error) for error in errors}) == 10
    assert all(error.__traceback__ is None for error in errors)


def test_what_is_no_picture_may_inflate_as_it_likes(tmp_path: Path):
    notes = {f"3/3/{number}.txt": bytes(1 << 20) for number in range(20)}
    path = factory.zipped(tmp_path / "d.zip", PICTURES | notes, zipfile.ZIP_DEFLATED)
    assert len(refused(path)) == len(notes)
