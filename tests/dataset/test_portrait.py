from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.dataset import portrait as module
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.portrait import Portrait, compute, read, shares
from digits.dataset.sources import open_source
from digits.dataset.split import at_random
from digits.errors import IntegrityError
from digits.images.ink import to_ink, to_rgba
from digits.training.presets import preset
from tests import factory


@pytest.fixture
def mine(tmp_path: Path, lab: Path) -> Dataset:
    """50 images: 2 to 8 of each digit, half of them black ink on nothing."""
    files = factory.digit_files(4)
    for number in range(10):
        ink = np.zeros((28, 28), np.uint8)
        ink[5 : 9 + number, 10:14] = 20 * number + 5
        files[f"{number // 2}/{number // 2}/{9 + number}.png"] = factory.saved(Image.fromarray(to_rgba(ink)))
    build(open_source(factory.folder(tmp_path / "source", files)), "mine", staging=lab / "staging")
    return Dataset.open("mine")


def expected(dataset: Dataset) -> Portrait:
    """The same, over all images at once."""
    inks, labels = to_ink(np.asarray(dataset.images)).astype(int), dataset.labels
    sums = np.stack([inks[labels == digit].sum(axis=0) for digit in range(10)])
    images = np.asarray(dataset.images)
    return Portrait(np.bincount(labels, minlength=10), sums, images.min(axis=0), images.max(axis=0))


def assert_same(one: Portrait | None, other: Portrait) -> None:
    assert one is not None
    for name in module.SHAPES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


def test_a_build_leaves_the_portrait_of_its_images(mine: Dataset):
    assert_same(read(mine), expected(mine))


def test_a_data_set_without_one_gets_it_from_its_file_in_chunks(mine: Dataset, monkeypatch: pytest.MonkeyPatch):
    (mine.folder / module.FILE).unlink()
    assert read(mine) is None
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    assert_same(compute(mine), expected(mine))
    assert_same(read(mine), expected(mine))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 damaged", None])
def test_a_portrait_that_is_damaged_or_of_other_images_is_not_believed(mine: Dataset, content: bytes | None):
    path = mine.folder / module.FILE
    if content is None:
        module.Tally().save(mine.folder, "0" * 64)
    else:
        path.write_bytes(content)
    assert read(mine) is None


def test_a_portrait_of_another_shape_is_not_believed(mine: Dataset):
    arrays = {name: np.zeros(3) for name in module.SHAPES}
    np.savez(mine.folder / module.FILE, fingerprint=np.array(mine.fingerprint), **arrays)
    assert read(mine) is None


def test_cut_images_have_no_portrait(mine: Dataset):
    path = mine.folder / "images.npy"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(IntegrityError, match="cannot be read"):
        compute(Dataset.open("mine"))


def test_a_mean_is_the_rounded_mean_ink_and_paper_without_images():
    sums = np.zeros((10, 28, 28), np.int64)
    sums[3, 0, 0] = 11
    counts = np.where(np.arange(10) == 3, 4, 0)
    blank = np.zeros((28, 28, 4), np.uint8)
    means = Portrait(counts, sums, blank, blank).means
    assert (means.shape, means.dtype, means[3, 0, 0], means.sum()) == ((10, 28, 28), np.uint8, 3, 3)


def test_an_input_changes_unless_it_is_the_same_in_all_images():
    lowest, highest = np.full((28, 28, 4), 7, np.uint8), np.full((28, 28, 4), 7, np.uint8)
    highest[2, 3, 3] = 8
    changing = Portrait(np.ones(10, np.int64), np.zeros((10, 28, 28), np.int64), lowest, highest).changing
    assert np.argwhere(changing).tolist() == [[2, 3, 3]]


def test_every_image_is_in_one_part_of_the_split(mine: Dataset):
    recipe = preset("notebook-adam", framework="pytorch", dataset="mine", validation_share=0.2)
    parts = shares(mine.labels, at_random(len(mine.labels), recipe))
    assert list(parts) == ["train", "validation", "test"]
    assert sum(parts.values()).tolist() == mine.report["per_digit"]
    assert parts["test"].sum() == 10
    assert parts["validation"].sum() == 8
