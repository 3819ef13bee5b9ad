from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

from digits import settings
from digits.dataset import build as module
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names
from digits.dataset.paths import Picture
from digits.dataset.sources import open_source
from digits.errors import ConflictError, SourceError, StoppedError, UsageError
from tests import factory


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return factory.folder(tmp_path / "source", factory.digit_files(3))


@pytest.fixture
def staging(lab: Path) -> Path:
    return lab / "staging" / "1"


def test_a_built_data_set_holds_the_pixels_labels_files_and_hashes(root: Path, staging: Path, lab: Path):
    build(open_source(root), "mine", staging=staging)
    images = np.load(lab / "datasets/mine/images.npy")
    index = pyarrow.parquet.read_table(lab / "datasets/mine/index.parquet").to_pydict()
    assert images.shape == (30, 28, 28, 4)
    assert images.dtype == np.uint8
    assert index["label"] == [digit for digit in range(10) for _ in range(3)]
    assert index["file"][:4] == ["0/0/0.png", "0/0/1.png", "0/0/2.png", "1/1/0.png"]
    np.testing.assert_array_equal(images[4], factory.pixels(101))
    assert index["sha256"] == [hashlib.sha256(image.tobytes()).hexdigest() for image in images]


def test_a_build_does_without_pandas_which_takes_longer_to_import_than_a_small_one_to_build(root: Path) -> None:
    (root / "3/3/bad.png").write_bytes(b"bad")
    builds = (
        "import sys; from pathlib import Path; from digits.dataset.build import build;"
        "from digits.dataset.sources import open_source;"
        "build(open_source(Path(sys.argv[1])), 'mine', staging=Path(sys.argv[2]));"
        "sys.exit('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", builds, root, settings.home() / "staging"], cwd=settings.PROJECT,
                          check=False)  # fmt: skip
    assert done.returncode == 0
    assert len(Dataset.open("mine").rejected()) == 1


def test_the_report_says_where_the_images_come_from_and_how_many_there_are(root: Path, staging: Path, lab: Path):
    (root / "ATTRIBUTION.txt").write_text("by somebody")
    (root / "3/3/bad.png").write_bytes(b"bad")
    report = build(open_source(root), "mine", staging=staging)
    assert report == Dataset.open("mine").report
    assert (report["name"], report["kind"], report["origin"]) == ("mine", "folder", "source")
    assert (report["licence"], report["images"], report["rejected"], report["ignored"]) == ("by somebody", 30, 1, 1)
    assert report["per_digit"] == [3] * 10
    assert report["created"].endswith("+00:00")


def test_what_is_rejected_is_listed_in_the_order_of_the_source(root: Path, staging: Path):
    (root / "3/3/1.png").write_bytes(factory.png()[:-1])
    (root / "3/3/note.txt").write_text("x")
    (root / "5/5/1.png").write_bytes(b"GIF89a")
    build(open_source(root), "mine", staging=staging)
    rejected = Dataset.open("mine").rejected()
    assert [file for file, _ in rejected] == ["3/3/1.png", "3/3/note.txt", "5/5/1.png"]
    assert "cut off" in rejected[0][1]
    assert Dataset.open("mine").labels.tolist().count(3) == 2


def test_chunks_and_blocks_of_any_length_give_the_same_data_set(tmp_path: Path, lab: Path, monkeypatch):
    source = open_source(factory.folder(tmp_path / "source", factory.digit_files(7)))
    monkeypatch.setattr(module, "BLOCK_ROWS", 20)
    reports = []
    for files in (1, 9, 20, 64, 1000):
        monkeypatch.setattr(module, "CHUNK_FILES", files)
        reports.append(build(source, f"by {files}", staging=lab / "staging"))
    images = np.load(lab / "datasets/by 9/images.npy")
    expected = [hashlib.sha256(images[start : start + 20].tobytes()).hexdigest() for start in range(0, 70, 20)]
    assert all(report["blocks"] == expected for report in reports)
    assert len({report["fingerprint"] for report in reports}) == 1


def test_the_fingerprint_depends_on_pixels_and_labels(tmp_path: Path, lab: Path):
    files = factory.digit_files()
    moved = files | {"1/1/0.png": files["0/0/1.png"], "0/0/1.png": files["1/1/0.png"]}
    relabelled = {name.replace("2/2/0", "1/1/5"): data for name, data in files.items()}
    prints = [
        build(open_source(factory.folder(tmp_path / str(i), each)), str(i), staging=lab / "s")["fingerprint"]
        for i, each in enumerate([files, moved, relabelled, files])
    ]
    assert prints[0] == prints[3]
    assert len(set(prints)) == 3


def test_a_name_that_is_taken_is_refused_before_any_work(root: Path, staging: Path):
    build(open_source(root), "mine", staging=staging)
    with pytest.raises(ConflictError, match="There is a data set mine already"):
        build(open_source(root), "mine", staging=staging)
    assert not staging.exists()


def test_of_two_builds_of_one_name_the_second_to_finish_is_refused(root: Path, lab: Path):
    def other(done: int, total: int) -> None:
        if not (lab / "datasets/mine").exists():
            build(open_source(root), "mine", staging=lab / "b")

    with pytest.raises(ConflictError):
        build(open_source(root), "mine", staging=lab / "a", progress=other)
    assert Dataset.open("mine").report["images"] == 30
    assert not (lab / "a").exists()


@pytest.mark.parametrize("name", ["", " x", "../x", "a/b", ".hidden", "x.", "x ", "x" * 65, "é", "a\nb", "a\n"])
def test_a_name_that_is_no_name_is_refused(root: Path, staging: Path, name: str):
    with pytest.raises(UsageError, match="A data set cannot be called that"):
        build(open_source(root), name, staging=staging)


@pytest.mark.parametrize("name", ["a", "7", "Kaggle 2.0 (no)".replace("(no)", "yes"), "x" * 64, "a_-b"])
def test_a_plain_name_is_allowed(root: Path, staging: Path, name: str):
    build(open_source(root), name, staging=staging)
    assert dataset_names() == [name]


def test_a_stopped_build_leaves_nothing(root: Path, staging: Path, lab: Path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_FILES", 10)
    seen: list[tuple[int, int]] = []
    with pytest.raises(StoppedError, match="stopped after 20 of 30 files"):
        build(
            open_source(root),
            "mine",
            staging=staging,
            progress=lambda done, total: seen.append((done, total)),
            stopped=lambda: len(seen) == 2,
        )
    assert seen == [(10, 30), (20, 30)]
    assert list((lab / "datasets").iterdir()) == []
    assert not staging.exists()


def test_a_failing_build_leaves_nothing(root: Path, staging: Path, lab: Path):
    def fail(done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        build(open_source(root), "mine", staging=staging, progress=fail)
    assert list((lab / "datasets").iterdir()) == []
    assert not staging.exists()


@pytest.mark.parametrize("image", [np.zeros((28, 28), np.uint8), np.zeros((28, 28, 4), np.int64)])
def test_a_source_that_gives_other_arrays_is_a_mistake_that_does_not_go_unseen(root: Path, staging: Path, image):
    class Wrong(type(open_source(root))):
        def __iter__(self):
            yield Picture(3, "3/3/0.png", image)

    with pytest.raises(ValueError, match="a source gave"):
        build(Wrong(root), "mine", staging=staging)
    assert not staging.exists()


def test_a_digit_without_a_sound_image_is_refused(root: Path, staging: Path):
    for number in range(3):
        (root / f"6/6/{number}.png").write_bytes(b"bad")
    with pytest.raises(
        SourceError, match=r"source: 3 of 30 files were refused, and no image of 6 is left: .*PNG"
    ) as no:
        build(open_source(root), "mine", staging=staging)
    assert "3 such as '6/6/0.png': It is no PNG file" in str(no.value)
    assert "--fit" not in str(no.value)


def test_the_most_frequent_reasons_are_told_first_and_what_to_do_where_it_is_the_size(tmp_path: Path, staging: Path):
    files = {name: factory.saved(Image.new("L", (32, 30 + i % 3))) for i, name in enumerate(factory.digit_files(3))}
    root = factory.folder(tmp_path / "other", files | {"0/0/0.png": b"bad", "9/9/x.txt": b"x"})
    with pytest.raises(SourceError) as caught:
        build(open_source(root), "mine", staging=staging)
    assert str(caught.value) == (
        "other: 31 of 31 files were refused, and no image of any digit is left: expected images of all ten digits, "
        "received 29 such as '0/0/1.png': The picture has another size: expected 28×28, received 32×31; 1 such as "
        "'0/0/0.png': It is no PNG file: expected the PNG signature, received 62 61 64; 1 such as '9/9/x.txt': It is "
        'not named .png. Build it again with "Fit pictures of other sizes to 28×28" switched on, or with --fit.'
    )


def test_what_is_too_large_to_be_fitted_is_not_advised_to_be_fitted(tmp_path: Path, staging: Path):
    files = dict.fromkeys(factory.digit_files(1), factory.saved(Image.new("L", (1_025, 8))))
    with pytest.raises(SourceError, match="1,024 pixels, received 1025×8") as caught:
        build(open_source(factory.folder(tmp_path / "large", files), fit=True), "mine", staging=staging)
    assert "--fit" not in str(caught.value)


def test_a_staging_folder_with_files_is_not_touched(root: Path, staging: Path):
    staging.mkdir(parents=True)
    (staging / "precious").touch()
    with pytest.raises(ConflictError, match="not empty"):
        build(open_source(root), "mine", staging=staging)
    assert (staging / "precious").exists()


def test_the_kaggle_set_is_built_whole_and_in_seconds(kaggle_zip: Path, staging: Path):
    start = sum(os.times()[:4])
    report = build(open_source(kaggle_zip), "kaggle", staging=staging)
    assert sum(os.times()[:4]) - start < 15  # of the processors; 3 on an idle machine
    assert report["per_digit"] == [10_773] * 10
    assert (report["rejected"], report["ignored"], len(report["blocks"])) == (0, 1, 108)
    assert "CC BY-SA 4.0" in report["licence"]
    start = time.perf_counter()
    opened = Dataset.open("kaggle")
    assert len(opened.images) == len(opened.labels) == 107_730
    assert time.perf_counter() - start < 0.5  # 15 ms on an idle machine
    opened.check()
