from __future__ import annotations

import re
import shutil
import subprocess
import time
import tracemalloc
import zipfile
from pathlib import Path

import pyarrow.parquet  # noqa: F401 a build's, and slow to import while memory is traced
import pytest

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source, zip_directory
from digits.dataset.sources.zip_directory import read_directory
from digits.errors import SourceError
from tests import factory
from tests.hostile_zip_cases import SMALL, VICTIM, sound
from tests.hostile_zips import End, Member, archive, many


@pytest.mark.parametrize("name", SMALL)
def test_a_hostile_archive_is_refused_by_name_in_little_memory_and_time(tmp_path: Path, lab: Path, name: str):
    case, path = SMALL[name], tmp_path / "d.zip"
    case.make(path)
    tracemalloc.start()
    began = time.process_time()
    try:
        said = refusals(path, lab)
        assert tracemalloc.get_traced_memory()[1] < 70e6
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5  # 1 s in benchmarks/hostile_zip.py, where nothing is traced
    assert case.whole == isinstance(said, str)
    assert re.search(case.words, said if isinstance(said, str) else said.pop(VICTIM.decode()))
    assert not case.whole or path.name in said


def refusals(path: Path, lab: Path) -> str | dict[str, str]:
    """Why the archive is refused, or the members of the data set that was made of it."""
    try:
        build(open_source(path), "mine", staging=lab / "staging")
    except SourceError as error:
        assert not (lab / "datasets/mine").exists()
        return str(error)
    return dict(Dataset.open("mine").rejected())


def test_more_members_than_are_read_are_refused_before_any_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "d.zip"
    path.write_bytes(archive(sound()))
    monkeypatch.setattr(zip_directory, "_pieces", None)
    with pytest.raises(
        SourceError, match=r"d\.zip is too large: its directory has 20 members in .*at most 19 members"
    ):
        read_directory(path, most_members=19)


def test_members_that_no_end_promised_are_refused_when_there_are_too_many(tmp_path: Path):
    many(tmp_path / "d.zip", 70_000, end=End(members=70_000 - 65_536))
    assert len(read_directory(tmp_path / "d.zip").names) == 70_000  # as writers without ZIP64 count
    with pytest.raises(SourceError, match="is no sound ZIP: expected 4,464 members, received more"):
        read_directory(tmp_path / "d.zip", most_members=69_999)


def test_a_directory_of_many_pieces_is_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = factory.zipped(tmp_path / "d.zip", factory.digit_files(9))
    whole = read_directory(path)
    for size in (100, 333, 4096):
        monkeypatch.setattr(zip_directory, "BLOCK_BYTES", size)
        names, rows = read_directory(path)
        assert names == whole.names
        assert (rows == whole.rows).all()


def test_members_come_by_their_place_and_not_by_their_entry(tmp_path: Path):
    first, second = Member(b"0/0/0.png", b"first"), Member(b"0/0/1.png", b"second")
    body = first.header() + second.header()
    data = archive([first, second])[: len(body)] + second.listed(len(first.header())) + first.listed(0)
    (tmp_path / "d.zip").write_bytes(data + archive([first, second])[len(data) :])
    names, rows = read_directory(tmp_path / "d.zip")
    assert names == ["0/0/0.png", "0/0/1.png"]
    assert rows["size"].tolist() == [5, 6]
    assert rows["span"].tolist() == [len(first.header()), len(second.header())]


class Stream:
    """A file that cannot go back: Python's writer then leaves the sizes behind each member."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")
        self.write, self.flush, self.close = self.file.write, self.file.flush, self.file.close


def streamed(path: Path, files: dict[str, bytes]) -> None:
    stream = Stream(path)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:  # type: ignore[arg-type]
        for name, data in files.items():
            target.writestr(name, data)
    stream.close()


def wide(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as target:
        target.mkdir("3")
        target.comment = b"ten digits"
        for name, data in files.items():
            with target.open(name, "w", force_zip64=True) as member:
                member.write(data)


def by_info_zip(path: Path, files: dict[str, bytes]) -> None:
    root = factory.folder(path.parent / "files", files)
    if shutil.which("zip") is None:
        pytest.skip("zip is not installed")
    subprocess.run(["zip", "-q", "-r", path, "."], cwd=root, check=True)


@pytest.mark.parametrize("write", [streamed, wide, by_info_zip])
def test_what_other_writers_make_is_read(tmp_path: Path, write):
    files = factory.digit_files(3)
    write(tmp_path / "d.zip", files)
    assert {picture.name: picture.data for picture in open_source(tmp_path / "d.zip")} == files


@pytest.mark.parametrize("write", [streamed, wide])
def test_names_in_other_letters_are_read(tmp_path: Path, write):
    files = factory.digit_files(1) | {"3/ü.png": factory.png(9), "3/字.png": factory.png(8)}
    write(tmp_path / "d.zip", files)
    assert {picture.name: picture.data for picture in open_source(tmp_path / "d.zip")} == files
