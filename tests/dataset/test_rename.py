"""A data set may change its name; what was made of it finds it again by its images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digits.dataset import dataset as datasets
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, dataset_names, rename
from digits.dataset.sources import open_source
from digits.engine import local
from digits.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from digits.files import Lock
from digits.training.inputs import load
from digits.training.run import all_runs, check_idle, runs_on
from tests import factory
from tests.starter import small


@pytest.fixture
def mine(tmp_path: Path, lab: Path) -> Dataset:
    build(open_source(factory.folder(tmp_path / "mine", factory.digit_files(3))), "mine", staging=lab / "staging")
    return Dataset.open("mine")


def another(tmp_path: Path, lab: Path, name: str) -> Dataset:
    build(open_source(factory.folder(tmp_path / "other", factory.digit_files(4))), name, staging=lab / "staging")
    return Dataset.open(name)


def test_a_renamed_data_set_is_the_same_under_its_new_name(mine: Dataset):
    mine.describe("  written by ann ")
    rename("mine", "ann-s")
    found = Dataset.open("ann-s")
    assert dataset_names() == ["ann-s"]
    assert (found.fingerprint, found.note) == (mine.fingerprint, "written by ann")
    found.check()


def test_a_name_that_is_taken_or_none_is_refused_and_nothing_changes(mine: Dataset, tmp_path: Path, lab: Path):
    another(tmp_path, lab, "other")
    with pytest.raises(ConflictError, match="There is a data set other already"):
        rename("mine", "other")
    with pytest.raises(UsageError, match="cannot be called that"):
        rename("mine", "../mine")
    with pytest.raises(NotFoundError):
        rename("nobody", "x")
    rename("mine", "mine")
    assert dataset_names() == ["mine", "other"]


@pytest.mark.parametrize("files", [[], ["images.npy"]])
def test_a_name_that_some_other_folder_has_is_refused_before_any_work(mine: Dataset, lab: Path, files: list[str]):
    (folder := lab / "datasets" / "fitted").mkdir()
    for name in files:
        (folder / name).touch()
    with pytest.raises(ConflictError, match=r"no data set: .* remove that folder"):
        local.start_build("starter", "fitted", owner="ann")
    with pytest.raises(ConflictError, match="datasets/fitted has that name"):
        rename("mine", "fitted")
    assert not list((lab / "builds").glob("*"))


def test_a_data_set_is_found_by_its_name_then_by_its_images(mine: Dataset, tmp_path: Path, lab: Path):
    assert Dataset.of("mine", mine.fingerprint).name == "mine"
    rename("mine", "yours")
    another(tmp_path, lab, "mine")
    assert Dataset.of("mine", mine.fingerprint).name == "yours"


def test_a_data_set_that_is_gone_is_not_found_and_one_that_took_its_name_is_not_it(
    mine: Dataset, tmp_path: Path, lab: Path
):
    datasets.delete("mine")
    with pytest.raises(NotFoundError, match="There is no data set called 'mine'"):
        Dataset.of("mine", mine.fingerprint)
    another(tmp_path, lab, "mine")
    with pytest.raises(IntegrityError, match="The data set mine is another one now"):
        Dataset.of("mine", mine.fingerprint)


def test_a_damaged_data_set_does_not_stand_in_the_way_of_another(mine: Dataset, tmp_path: Path, lab: Path):
    (another(tmp_path, lab, "broken").folder / "report.json").write_text("{")
    rename("mine", "yours")
    assert Dataset.of("mine", mine.fingerprint).name == "yours"


@pytest.mark.usefixtures("furnished")
def test_finished_runs_keep_their_data_set_and_their_identity_when_it_is_renamed():
    runs, fingerprint = all_runs(), Dataset.open("starter").fingerprint
    rename("starter", "digits of forty-three")
    renamed = Dataset.open("digits of forty-three")
    assert {run.dataset().name for run in runs} == {"digits of forty-three"}
    assert [run.id for run in runs_on(renamed)] == [run.id for run in runs]
    for run in runs:
        assert len(load(run.recipe, fingerprint).test.rows) == 360
        recipe = small(run.recipe.framework, epochs=3).changed(dataset="digits of forty-three")
        assert local.start_training(recipe, owner="ann").id == run.id, "the same recipe on the same images"


@pytest.mark.usefixtures("furnished")
def test_a_run_says_when_its_data_set_is_gone():
    datasets.delete("starter")
    with pytest.raises(NotFoundError, match="There is no data set called 'starter'"):
        all_runs()[0].dataset()


@pytest.mark.usefixtures("furnished")
def test_a_data_set_is_in_use_while_a_run_on_it_trains():
    dataset, run = Dataset.open("starter"), all_runs()[0]
    check_idle(dataset)
    lock = Lock(run.job.lock_path)
    assert lock.acquire()
    status = json.loads((run.folder / "status.json").read_text())
    (run.folder / "status.json").write_text(json.dumps(status | {"state": "running"}))
    with pytest.raises(ConflictError, match="starter is in use by"):
        check_idle(dataset)
    lock.close()
    check_idle(dataset)
