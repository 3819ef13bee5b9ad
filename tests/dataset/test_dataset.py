from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digits.dataset import build as module
from digits.dataset import dataset
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names, delete
from digits.dataset.sources import open_source
from digits.errors import IntegrityError, NotFoundError
from digits.files import write_json
from tests import factory


@pytest.fixture
def mine(tmp_path: Path, lab: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A data set of 30 images in blocks of 8."""
    monkeypatch.setattr(module, "BLOCK_ROWS", 8)
    monkeypatch.setattr(dataset, "BLOCK_ROWS", 8)
    source = open_source(factory.folder(tmp_path / "source", factory.digit_files(3)))
    build(source, "mine", staging=lab / "staging")
    return Dataset.open("mine")


def damage(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_images_labels_and_files_come_in_one_order(mine: Dataset):
    assert mine.images.shape == (30, 28, 28, 4)
    assert mine.labels.dtype == np.int64
    assert mine.labels.tolist() == [int(file[0]) for file in mine.files]
    assert mine.rejected() == []


def test_images_are_mapped_and_cannot_be_written(mine: Dataset):
    assert isinstance(mine.images, np.memmap)
    assert not mine.images.flags.writeable
    assert not mine.labels.flags.writeable
    assert mine.images is mine.images


def test_a_data_set_that_does_not_exist_is_answered_with_those_that_do(mine: Dataset):
    with pytest.raises(NotFoundError, match="There is no data set called 'other': expected one of mine"):
        Dataset.open("other")


@pytest.mark.parametrize("name", ["../datasets/mine", "mine/", "./mine", "", "/etc", "MINE"])
def test_a_name_is_never_a_path(mine: Dataset, name: str):
    with pytest.raises(NotFoundError):
        Dataset.open(name)


def test_only_finished_folders_are_data_sets(mine: Dataset, lab: Path):
    (lab / "datasets/half").mkdir()
    (lab / "datasets/.staging").mkdir()
    (lab / "datasets/.staging/report.json").touch()
    (lab / "datasets/file").touch()
    assert dataset_names() == ["mine"]


def test_a_sound_data_set_passes_its_check(mine: Dataset):
    mine.check()


def test_a_changed_pixel_is_found_and_its_block_named(mine: Dataset):
    damage(mine.folder / "images.npy", 128 + 3136 * 17)
    mine.verify_blocks([0, 15, 24, 29])
    with pytest.raises(IntegrityError, match=r"Data set mine: images 16 … 23 \(block 2\) are not those"):
        mine.verify_blocks(np.array([29, 18]))
    with pytest.raises(IntegrityError, match="block 2"):
        mine.check()


def test_changed_labels_are_found(mine: Dataset):
    report = json.loads((mine.folder / "report.json").read_text())
    (mine.folder / "report.json").write_text(json.dumps(report | {"fingerprint": "0" * 64}))
    with pytest.raises(IntegrityError, match="its labels are not those that were written"):
        Dataset.open("mine").check()


@pytest.mark.parametrize("name", ["images.npy", "index.parquet"])
def test_a_cut_file_is_an_integrity_error(mine: Dataset, name: str):
    path = mine.folder / name
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(IntegrityError, match="cannot be read"):
        Dataset.open("mine").check()


def test_images_of_another_number_are_an_integrity_error(mine: Dataset):
    np.save(mine.folder / "images.npy", np.zeros((29, 28, 28, 4), np.uint8))
    with pytest.raises(IntegrityError, match=r"are others: expected uint8 \(30, 28, 28, 4\), received uint8 \(29"):
        _ = Dataset.open("mine").images


def test_pickled_images_are_not_loaded(mine: Dataset):
    np.save(mine.folder / "images.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(IntegrityError):
        _ = Dataset.open("mine").images


def test_a_damaged_report_is_an_integrity_error(mine: Dataset):
    (mine.folder / "report.json").write_text("{")
    with pytest.raises(IntegrityError, match=r"report\.json is damaged"):
        Dataset.open("mine")


def test_a_deleted_data_set_is_gone(mine: Dataset, lab: Path):
    delete("mine")
    assert dataset_names() == []
    assert list((lab / "datasets").iterdir()) == []
    with pytest.raises(NotFoundError, match="none: build one first"):
        delete("mine")


def test_importing_it_imports_no_table_library():
    code = "import sys, digits.dataset.dataset; print({'pandas', 'pyarrow', 'sklearn', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"images": "x"}, "expected images, a int"), ({"images": True}, "expected images"),
     ({"fingerprint": 1}, "fingerprint"),
     ({"per_digit": {}}, "per_digit"), ({"per_digit": ["2"] * 10}, "ten counts"), ({"per_digit": [1]}, "ten counts"),
     ({"blocks": []}, "a hash of each thousand"), ({"created": None}, "created")],
)  # fmt: skip
def test_a_report_whose_entries_are_others_is_damaged(lab: Path, changes: dict[str, object], named: str) -> None:
    folder = lab / "datasets" / "ghost"
    folder.mkdir(parents=True)
    write_json(folder / "report.json", factory.report("0" * 64))
    assert Dataset.open("ghost").report["images"] == 10
    write_json(folder / "report.json", {**factory.report("0" * 64), **changes})
    with pytest.raises(IntegrityError, match=f"ghost/report.json is damaged: .*{named}"):
        Dataset.open("ghost")
    assert dataset_names() == ["ghost"]
