from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.dataset.sources.fitted import SIZES_TOLD
from digits.errors import UsageError
from digits.images.fit import HOW, fit
from tests import factory

LARGE = np.kron(factory.pixels(3), np.ones((2, 2, 1), np.uint8))


@pytest.fixture
def files() -> dict[str, bytes]:
    """Two sound pictures of each digit, and three of other sizes, of which one is damaged."""
    sound = factory.saved(Image.fromarray(LARGE))
    wide = factory.saved(Image.new("L", (40, 30)))
    return factory.digit_files() | {"3/3/5.png": sound, "3/3/6.png": wide, "3/3/7.png": sound[:-1]}


def test_without_being_asked_other_sizes_are_refused_and_the_report_says_nothing_of_fitting(files, tmp_path, lab):
    report = build(open_source(factory.folder(tmp_path, files)), "mine", staging=lab / "s")
    assert (report["images"], report["rejected"]) == (20, 3)
    assert "fitted" not in report
    assert "another size: expected 28×28, received 56×56" in dict(Dataset.open("mine").rejected())["3/3/5.png"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_other_sizes_are_fitted_when_asked_for_and_the_report_says_which_and_how(kind, files, tmp_path: Path, lab):
    root = {"folder": factory.folder, "zip": factory.zipped}[kind](tmp_path / f"d.{kind}", files)
    report = build(open_source(root, fit=True), "mine", staging=lab / "s")
    assert (report["kind"], report["images"], report["rejected"]) == (kind, 22, 1)
    assert report["fitted"] == {"images": 2, "sizes": {"56×56": 1, "40×30": 1}, "how": HOW}
    dataset = Dataset.open("mine")
    assert "cut off" in dict(dataset.rejected())["3/3/7.png"]
    np.testing.assert_array_equal(dataset.images[dataset.files.index("3/3/5.png")], fit(LARGE))
    np.testing.assert_array_equal(dataset.images[dataset.files.index("3/3/1.png")], factory.pixels(301))


def test_a_data_set_with_fitted_pictures_is_another_one_than_without(files, tmp_path: Path, lab):
    root = factory.folder(tmp_path, files)
    prints = {build(open_source(root, fit=fit), f"{fit}", staging=lab / "s")["fingerprint"] for fit in (True, False)}
    assert len(prints) == 2


def test_where_nothing_had_to_be_fitted_the_report_says_so_and_the_images_are_the_same(tmp_path: Path, lab):
    root = factory.folder(tmp_path, factory.digit_files())
    asked, plain = (build(open_source(root, fit=fit), f"{fit}", staging=lab / "s") for fit in (True, False))
    assert asked["fitted"]["images"] == 0
    assert asked["fingerprint"] == plain["fingerprint"]


def test_of_very_many_sizes_the_rare_ones_are_told_together(tmp_path: Path):
    odd = {f"3/3/x{side}.png": factory.saved(Image.new("L", (side, 30))) for side in range(30, 60)}
    source = open_source(factory.folder(tmp_path, factory.digit_files() | odd), fit=True)
    assert len(list(source)) == 50
    told = source.details["fitted"]["sizes"]
    assert (len(told), told["other sizes"]) == (SIZES_TOLD + 1, 30 - SIZES_TOLD)


def test_what_is_no_folder_and_no_zip_cannot_be_fitted():
    with pytest.raises(UsageError, match=r"Only the pictures of a folder or a ZIP can be fitted.*received starter"):
        open_source("starter", fit=True)
