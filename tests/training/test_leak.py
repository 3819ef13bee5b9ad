"""The leak of a run follows the families that are known now."""

from __future__ import annotations

import numpy as np
import pytest

from digits.dataset import dataset as datasets
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.dataset.split import split_of
from digits.engine import local
from digits.errors import IntegrityError
from digits.files import read_json, write_json
from digits.training.leak import FILE, leak_of
from digits.training.run import Run, all_runs
from tests.evaluation import made_run
from tests.starter import build_starter, four_drawings, small, wait_for_end, wait_for_epoch


@pytest.fixture(autouse=True)
def starter() -> Dataset:
    build_starter()
    return Dataset.open("starter")


def run_on(dataset: Dataset, id: str = "made", **values: object) -> Run:
    """A finished run on `dataset` that nobody trained."""
    run = made_run(id, dataset=dataset.name, **values)
    families = store.about(dataset).get("index") if values.get("split") == "family" else None
    write_json(run.folder / "job.json", {**run.job.spec(), "fingerprint": dataset.fingerprint, "families": families})
    return Run(run.job)


def test_the_leak_of_a_run_is_unknown_until_families_are_and_then_known_of_old_runs_too(starter: Dataset) -> None:
    run = run_on(starter)
    assert leak_of(run) is None
    assert not (starter.folder / FILE).exists()
    four_drawings(starter)
    assert leak_of(run) == 1
    store.keep(starter, np.arange(1_797), {"by": "search"})
    assert leak_of(run) == 0, "families that a person parted count at once"


def test_what_was_worked_out_is_kept_and_not_worked_out_again(starter: Dataset) -> None:
    run, alike = run_on(starter), run_on(starter, "alike", epochs=7)
    before = [run.id for run in all_runs()]
    four_drawings(starter)
    leak_of(run)
    kept = read_json(starter.folder / FILE)
    assert (kept["families"], list(kept["leaks"].values())) == (store.about(starter)["index"], [1.0])
    write_json(starter.folder / FILE, {**kept, "leaks": dict.fromkeys(kept["leaks"], 0.25)})
    assert [leak_of(run), leak_of(alike)] == [0.25, 0.25], "runs of one split share it"
    assert leak_of(run_on(starter, "other", seed=7)) == 1
    (starter.folder / FILE).write_bytes(b"{")
    assert leak_of(run) == 1
    assert [run.id for run in all_runs()][1:] == before, "whoever looks at a run does not make it the newest"


def test_a_run_whose_data_set_is_gone_or_damaged_has_the_leak_that_it_recorded(starter: Dataset) -> None:
    run = run_on(starter)
    four_drawings(starter)
    write_json(run.folder / "result.json", {"leak": 0.5})
    (starter.folder / store.ABOUT).write_bytes(b"{")
    assert leak_of(run) == 0.5
    datasets.delete("starter")
    assert leak_of(run) == 0.5
    write_json(run.folder / "result.json", {})
    assert leak_of(run) is None


def test_a_run_keeps_its_split_when_somebody_changes_the_families(starter: Dataset) -> None:
    families = four_drawings(starter)
    run = run_on(starter, split="family", fold=1)
    before = run.keep_split()
    assert leak_of(run) == 0
    joined = families // 2  # two of each digit's drawings turn out to be one
    store.keep(starter, joined, {"by": "person"})
    assert np.array_equal(run.split().parts, before.parts)
    assert 0 < float(leak_of(run) or 0) == np.isin(joined[before.test], joined[before.train]).mean()
    (run.folder / "split.npz").unlink()
    with pytest.raises(IntegrityError, match="families of starter are others"):
        run.split()


def test_a_training_by_family_tests_whole_families_and_other_families_make_another_run(starter: Dataset) -> None:
    families = four_drawings(starter)
    recipe = small("pytorch", epochs=1, split="family", fold=2)
    first = local.start_training(recipe, owner="ann")
    assert local.start_training(recipe, owner="ann").id == first.id
    assert wait_for_end(first.job) == "finished"
    result = first.result()
    assert (result["split"], result["leak"]) == ("family", 0)
    tested = first.evaluation("rows")
    assert np.array_equal(tested, split_of(starter, recipe).test)
    assert result["test_share"] == len(tested) / 1_797 == result["test_images"] / 1_797
    assert set(starter.labels[tested]) == set(range(10))
    assert not set(families[tested]) & set(np.delete(families, tested))
    store.keep(starter, np.roll(families, 1), {"by": "person"})
    second = local.start_training(recipe, owner="ann")
    assert second.id != first.id
    assert wait_for_end(second.job) == "finished"
    assert np.array_equal(first.evaluation("rows"), np.flatnonzero(first.split().parts == 2))
    assert len(all_runs()) == 2


def test_a_training_that_was_stopped_goes_on_with_its_rows_though_the_families_have_changed(starter: Dataset) -> None:
    families = four_drawings(starter)
    run = local.start_training(small("pytorch", epochs=200, batch=64, split="family"), owner="ann")
    expected = np.flatnonzero(split_of(starter, run.recipe).parts == 2)
    wait_for_epoch(run.job, 1)
    run.job.request_stop()
    assert wait_for_end(run.job) == "stopped"
    store.keep(starter, np.roll(families, 1), {"by": "person"})
    local.resume(run, owner="ann")
    assert wait_for_end(run.job) == "finished"
    assert np.array_equal(run.evaluation("rows"), expected)
    assert run.result()["leak"] > 0, "by the families of now"
