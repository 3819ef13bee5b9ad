from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digits.dataset.sources import Source, open_source
from digits.errors import ImageError, SourceError
from tests import factory


def names(source: Source) -> list[str]:
    return [picture.name for picture in source]


def reasons(source: Source) -> dict[str, str]:
    return {name: str(data) for _, name, data, _ in source if isinstance(data, ImageError)}


def test_a_folder_of_digit_folders_is_read_in_the_order_in_which_a_person_counts(tmp_path: Path):
    files = factory.digit_files() | {f"3/3/{number}.png": factory.png(number) for number in (10, 2, 100)}
    source = open_source(factory.folder(tmp_path, files))
    assert [name for name in names(source) if name[0] == "3"] == [
        f"3/3/{number}.png" for number in (0, 1, 2, 10, 100)
    ]
    assert [picture.label for picture in source] == sorted(picture.label for picture in source)
    assert all(picture.data == files[picture.name] for picture in source)
    assert len(source) == len(files)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_gives_what_the_folder_gives(tmp_path: Path, method: int):
    files = factory.digit_files(12)
    folder = open_source(factory.folder(tmp_path / "folder", files))
    archive = open_source(factory.zipped(tmp_path / "digits.zip", dict(reversed(files.items())), method))
    assert list(archive) == list(folder)
    assert (folder.kind, archive.kind, archive.origin) == ("folder", "zip", "digits.zip")


def test_digit_folders_need_not_be_nested(tmp_path: Path):
    files = factory.digit_files(nested=False)
    assert names(open_source(factory.folder(tmp_path / "folder", files))) == list(files)
    assert names(open_source(factory.zipped(tmp_path / "digits.zip", files))) == list(files)


EXTRA = {
    "ATTRIBUTION.txt": b"by somebody, CC BY 4.0\n",
    "model.onnx": b"x",
    "3/.DS_Store": b"x",
    "3/3/Thumbs.db": b"x",
    "3/3/notes.txt": b"x",
    "3/more/1.png": b"x",
    "3/4/1.png": b"x",
}


def test_files_outside_digit_folders_and_litter_are_counted_and_ignored(tmp_path: Path):
    files = factory.digit_files() | EXTRA
    for source in (
        open_source(factory.folder(tmp_path / "f", files)),
        open_source(factory.zipped(tmp_path / "d.zip", files | {"__MACOSX/3/3/._1.png": b"x"})),
    ):
        assert source.ignored == {"folder": 4, "zip": 5}[source.kind]
        assert source.licence == "by somebody, CC BY 4.0"


def test_files_in_digit_folders_that_are_no_pictures_are_listed_with_their_reason(tmp_path: Path):
    files = factory.digit_files() | EXTRA
    in_folder = reasons(open_source(factory.folder(tmp_path / "f", files)))
    in_zip = reasons(open_source(factory.zipped(tmp_path / "d.zip", files)))
    assert in_zip.keys() == {"3/3/notes.txt", "3/more/1.png", "3/4/1.png"}
    assert in_folder.keys() == {"3/3/notes.txt", "3/more", "3/4"}
    assert in_zip["3/3/notes.txt"] == in_folder["3/3/notes.txt"] == "It is not named .png."
    assert in_zip["3/4/1.png"] == "It lies in another folder: expected 3 or 3/3."


def test_a_link_that_leaves_the_folder_is_refused_and_one_that_stays_is_read(tmp_path: Path):
    outside = tmp_path / "secret.png"
    outside.write_bytes(factory.png())
    root = factory.folder(tmp_path / "f", factory.digit_files())
    (root / "3/3/5.png").symlink_to(outside)
    (root / "3/3/6.png").symlink_to(root / "3/3/0.png")
    (root / "4/5").symlink_to(tmp_path)
    (root / "3/3/7.png").symlink_to(root / "3/3/7.png")
    source = open_source(root)
    assert "3/3/6.png" not in reasons(source)
    assert "leads out" in reasons(source)["3/3/5.png"]
    assert "leads out" in reasons(source)["4/5"]
    assert "3/3/7.png" in reasons(source)


def test_a_pipe_in_a_digit_folder_does_not_stop_the_reader(tmp_path: Path):
    root = factory.folder(tmp_path, factory.digit_files())
    os.mkfifo(root / "3/3/9.png")
    assert reasons(open_source(root)) == {"3/3/9.png": "It is no ordinary file."}


def test_a_name_that_is_not_utf8_is_refused_readably(tmp_path: Path):
    root = factory.folder(tmp_path, factory.digit_files())
    Path(os.fsdecode(os.fsencode(root / "3/3") + b"/\xff.png")).write_bytes(factory.png())
    assert reasons(open_source(root)) == {"3/3/\\xff.png": "Its name is not UTF-8."}


def test_a_file_that_vanishes_is_listed(tmp_path: Path):
    source = open_source(factory.folder(tmp_path, factory.digit_files()))
    (tmp_path / "3/3/1.png").unlink()
    assert reasons(source) == {"3/3/1.png": "It cannot be read: received No such file or directory."}


def test_a_file_too_large_for_a_picture_is_not_read(tmp_path: Path):
    files = factory.digit_files() | {"3/3/9.png": bytes(2_000_000)}
    for source in (
        open_source(factory.folder(tmp_path / "f", files)),
        open_source(factory.zipped(tmp_path / "d.zip", files, zipfile.ZIP_DEFLATED)),
    ):
        assert list(reasons(source)) == ["3/3/9.png"]
        assert "too large" in reasons(source)["3/3/9.png"]


def test_a_missing_source_is_named(tmp_path: Path):
    with pytest.raises(SourceError, match='nowhere does not exist: expected "starter", "drawings", a folder or'):
        open_source(tmp_path / "nowhere")


def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(tmp_path: Path):
    (tmp_path / "digits.xlsx").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"digits\.xlsx is of no kind that is read here: expected a folder or"):
        open_source(tmp_path / "digits.xlsx")


def test_a_zip_is_known_by_what_it_holds_where_its_name_says_nothing(tmp_path: Path):
    path = factory.zipped(tmp_path / "digits", factory.digit_files())
    assert open_source(path).kind == "zip"


def test_a_source_without_digit_images_is_refused(tmp_path: Path):
    files = {"wrapped/3/3/1.png": factory.png(), "3/3/notes.txt": b"x"}
    with pytest.raises(SourceError, match=r"holds no digit images: expected PNG files in folders named 0 … 9"):
        open_source(factory.folder(tmp_path / "f", files))
    with pytest.raises(SourceError, match=r"d\.zip holds no digit images"):
        open_source(factory.zipped(tmp_path / "d.zip", files))


def test_missing_digits_are_named(tmp_path: Path):
    files = {name: data for name, data in factory.digit_files().items() if name[0] not in "47"}
    with pytest.raises(SourceError, match="received none of 4, 7"):
        open_source(factory.folder(tmp_path, files))


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("digits.dataset.sources.folder.os.scandir", refuse)
    with pytest.raises(SourceError, match="cannot be read: received Permission denied"):
        open_source(tmp_path)


def test_an_empty_zip_is_refused_as_what_it_is(tmp_path: Path):
    with pytest.raises(SourceError, match=r"nothing\.zip is empty: expected PNGs in folders"):
        open_source(factory.zipped(tmp_path / "nothing.zip", {}))


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path):
    (tmp_path / "d.zip").write_bytes(b"no zip")
    with pytest.raises(SourceError, match=r"d\.zip is no sound ZIP"):
        open_source(tmp_path / "d.zip")


@pytest.mark.parametrize(
    "name", ["../3/3/9.png", "3/../../x.png", "/3/9.png", "C:/3/9.png", "3\\..\\..\\x.png", "\\x"]
)
def test_a_zip_whose_names_lead_out_of_it_is_refused(tmp_path: Path, name: str):
    path = factory.zipped(tmp_path / "d.zip", factory.digit_files() | {name: factory.png()})
    with pytest.raises(SourceError, match="has a name that leads out of the archive"):
        open_source(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_two_members_of_one_name_is_refused(tmp_path: Path):
    path = factory.zipped(tmp_path / "d.zip", factory.digit_files())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("3/3/1.png", factory.png(1))
    with pytest.raises(SourceError, match=r"'3/3/1\.png' is there twice"):
        open_source(path)


def patched(path: Path, name: str, at: int, data: bytes, *, local: bool = False) -> Path:
    """Overwrite bytes of the entry of `name` in the directory, or of its local header."""
    content = bytearray(path.read_bytes())
    where = content.find(name.encode()) - 30 if local else content.rfind(name.encode()) - 46
    content[where + at : where + at + len(data)] = data
    path.write_bytes(content)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return factory.zipped(tmp_path / "d.zip", factory.digit_files(), zipfile.ZIP_DEFLATED)


def test_an_encrypted_zip_is_refused(archive: Path):
    with pytest.raises(SourceError, match=r"'3/3/1\.png' is encrypted"):
        open_source(patched(archive, "3/3/1.png", 8, b"\1\0"))


def test_a_symbolic_link_in_a_zip_is_refused(archive: Path):
    with pytest.raises(SourceError, match=r"'3/3/1\.png' is a symbolic link"):
        open_source(patched(archive, "3/3/1.png", 38, struct.pack("<I", 0o120777 << 16)))


def test_a_compression_that_is_not_read_is_named(tmp_path: Path):
    path = factory.zipped(tmp_path / "d.zip", factory.digit_files(), zipfile.ZIP_BZIP2)
    with pytest.raises(SourceError, match="compressed by method 12"):
        open_source(path)


def test_members_that_overlap_are_refused(archive: Path):
    with zipfile.ZipFile(archive) as opened:
        first = opened.getinfo("0/0/0.png").header_offset
    with pytest.raises(SourceError, match="overlaps another"):
        open_source(patched(archive, "0/0/1.png", 42, struct.pack("<I", first)))


def test_a_member_whose_local_header_reaches_into_the_next_is_listed(archive: Path):
    source = open_source(patched(archive, "3/3/1.png", 28, b"\xff\x0f", local=True))
    assert reasons(source).keys() == {"3/3/1.png"}
    assert "runs into the next" in reasons(source)["3/3/1.png"]


def test_a_member_that_inflates_beyond_its_size_is_listed(archive: Path):
    said = struct.pack("<I", 100)
    source = open_source(patched(patched(archive, "3/3/1.png", 24, said), "3/3/1.png", 22, said, local=True))
    assert reasons(source) == {"3/3/1.png": "The member inflates to another size: expected 100 bytes."}


def test_a_member_with_a_flipped_bit_is_listed(tmp_path: Path):
    path = factory.zipped(tmp_path / "d.zip", factory.digit_files())
    source = open_source(patched(path, "3/3/1.png", 100, b"\x55", local=True))
    assert list(reasons(source)) == ["3/3/1.png"]
    assert "damaged" in reasons(source)["3/3/1.png"]


def test_a_zip_that_is_cut_after_it_was_opened_ends_in_reasons(archive: Path):
    source = open_source(archive)
    os.truncate(archive, archive.stat().st_size // 2)
    assert 0 < len(reasons(source)) < len(source)


def test_damaged_zips_end_in_pictures_or_a_reason(archive: Path):
    rng = np.random.default_rng(5)
    sound = archive.read_bytes()
    truth = factory.digit_files()
    for _ in range(400):
        changed = bytearray(sound)
        for position in rng.integers(len(sound) * 2 // 3, len(sound), 3):
            changed[position] = rng.integers(256)
        archive.write_bytes(changed)
        try:
            pictures = list(open_source(archive))
        except SourceError:
            continue
        assert all(isinstance(data, ImageError) or data in truth.values() for _, _, data, _ in pictures)


def test_the_starter_set_is_1797_drawn_digits():
    source = open_source("starter")
    pictures = list(source)
    assert len(pictures) == len(source) == 1797
    assert pictures[17].name == "0/0/17.png"
    images = np.stack([picture.data for picture in pictures])
    assert not images[..., :3].any()
    ink = images[..., 3]
    assert np.isin(ink[:, [0, -1]], 0).all()
    assert (ink == 0).mean() > 0.7
    assert (ink[ink > 0] > 200).mean() > 0.3  # enlarged only: 0.2
    assert "CC BY 4.0" in source.licence
