"""A run on the data sets of the lab, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.engine import evaluations
from digits.engine.sweep import sweep
from digits.errors import ConflictError, UsageError
from digits.evaluation import cross
from digits.evaluation.cross import on_dataset
from digits.evaluation.kept import kept, reading
from digits.files import read_json, write_json
from digits.training.run import Run, all_runs
from tests.evaluation import bar, made_run
from tests.starter import wait_for_end


def bars(name: str, folder: Path, answers: list[int], labels: list[int], shade: int = 255) -> Dataset:
    """Build a data set of bars that `made_run` reads as `answers`, with `labels`; every digit has to be there."""
    images = np.stack([np.minimum(bar(digit), shade) for digit in answers])
    np.savez(folder / f"{name}.npz", images=images, labels=np.array(labels))
    build(open_source(str(folder / f"{name}.npz")), name, staging=settings.part("builds") / name,
          progress=lambda done, total: None, stopped=lambda: False)  # fmt: skip
    return Dataset.open(name)


ALL = list(range(10))


def trained_on(run: Run, dataset: Dataset, rows: list[int]) -> Run:
    """Make `run` one that was trained on all of `dataset` but the test images `rows`."""
    write_json(run.folder / "job.json", {**run.spec, "fingerprint": dataset.fingerprint})
    parts = np.zeros(len(dataset.labels), np.uint8)
    parts[rows] = 2
    np.savez(run.folder / "split.npz", parts=parts)
    return Run(run.job)


def test_another_data_set_is_read_whole_and_kept_with_the_run(tmp_path: Path) -> None:
    dataset, run = bars("other", tmp_path, [*ALL, 7, 4], [*ALL, 2, 9]), made_run()
    assert kept(run, dataset) is None
    found = on_dataset(run, dataset)
    assert (found["part"], found["images"], found["seen"]) == ("all", 12, None), "its own data set is gone"
    assert found["accuracy"] == pytest.approx(10 / 12)
    assert (found["confusion"][2][7], found["confusion"][9][4]) == (1, 1)
    assert kept(run, dataset) == reading(run, dataset) == found
    datasets.rename("other", "renamed")
    assert (kept(run, Dataset.open("renamed")) or {})["dataset"] == "renamed"


def test_what_is_kept_is_not_computed_again_unless_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, run = bars("other", tmp_path, ALL, ALL), made_run()
    found = on_dataset(run, dataset)
    (path,) = (run.folder / "evaluations").iterdir()
    monkeypatch.setattr(cross, "evaluate", lambda *_, **__: {**found, "accuracy": 0.5})
    assert on_dataset(run, dataset)["accuracy"] == 1
    path.write_text("{")
    assert kept(run, dataset) is None
    assert on_dataset(run, dataset)["accuracy"] == 0.5
    write_json(path, {**read_json(path), "fingerprint": "1" * 64})
    assert kept(run, dataset) is None, "it is of other images"


def test_images_that_the_run_has_learnt_do_not_count(tmp_path: Path) -> None:
    own = bars("own", tmp_path, ALL, ALL)
    run = trained_on(made_run(), own, [0])
    mixed = bars("mixed", tmp_path, [*ALL, *ALL], [*ALL, *ALL], shade=255)
    found = on_dataset(run, mixed)
    assert (found["images"], found["seen"]) == (2, 18), "two of them are the image that it was tested on"
    fresh = bars("fresh", tmp_path, ALL, ALL, shade=200)
    assert on_dataset(run, fresh)["seen"] == 0
    everything = trained_on(made_run("all"), own, [])
    with pytest.raises(UsageError, match="all was trained on every image of mixed"):
        on_dataset(everything, mixed)


def test_what_was_read_while_its_own_data_set_was_gone_is_read_again_when_that_is_back(tmp_path: Path) -> None:
    own = bars("own", tmp_path, ALL, ALL)
    run, mixed = trained_on(made_run(), own, [0]), bars("mixed", tmp_path, [*ALL, *ALL], [*ALL, *ALL])
    datasets.delete("own")
    found = on_dataset(run, mixed)
    assert (found["images"], found["seen"]) == (20, None)
    assert reading(run, mixed) == found
    assert evaluations.missing([run], [mixed]) == []

    bars("own again", tmp_path, ALL, ALL)
    assert reading(run, mixed) is None, "it can be known now"
    assert evaluations.missing([run], [mixed]) == [(run, mixed)]
    found = on_dataset(run, mixed)
    assert (found["images"], found["seen"]) == (2, 18)
    assert reading(run, mixed) == found


def test_where_it_is_not_known_which_images_a_run_has_learnt_none_of_its_data_set_counts(tmp_path: Path) -> None:
    own = bars("own", tmp_path, ALL, ALL)
    run = trained_on(made_run(), own, [0])
    (run.folder / "split.npz").write_bytes(b"damaged")
    mixed = bars("mixed", tmp_path, [*ALL, 3], [*ALL, 3], shade=200)
    assert on_dataset(run, mixed)["seen"] == 0
    with pytest.raises(UsageError, match="made was trained on every image of other"):
        on_dataset(run, bars("other", tmp_path, [*ALL, *ALL], [*ALL, *ALL]))


@pytest.mark.usefixtures("furnished")
def test_on_its_own_data_set_a_run_answers_with_its_test_part() -> None:
    run, dataset = all_runs()[0], Dataset.open("starter")
    found = on_dataset(run, dataset)
    result = run.result()
    assert (found["part"], found["images"]) == ("test", result["test_images"])
    assert found["accuracy"] == pytest.approx(result["test_accuracy"])
    assert np.trace(found["confusion"]) == round(result["test_accuracy"] * 360)
    assert not (run.folder / "evaluations").exists()
    other = {"pytorch": "tensorflow", "tensorflow": "pytorch"}[run.recipe.framework]
    assert on_dataset(run, dataset, other)["confusion"] == found["confusion"]


def test_a_run_that_is_not_finished_reads_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="made is not finished"):
        on_dataset(made_run(finished=False), bars("other", tmp_path, ALL, ALL))


def test_one_job_reads_many_keeps_each_and_names_what_it_could_not(tmp_path: Path) -> None:
    there = [bars("one", tmp_path, ALL, ALL), bars("two", tmp_path, [*ALL, 7], [*ALL, 2], shade=180)]
    runs = [made_run("drawn"), made_run("centred", frame="centred")]
    pairs = evaluations.missing(runs, there)
    assert [(run.id, one.name) for run, one in pairs] == [
        ("drawn", "one"), ("drawn", "two"), ("centred", "one"), ("centred", "two"),
    ]  # fmt: skip
    (runs[1].folder / "weights.safetensors").unlink()
    job = evaluations.start_evaluations(pairs, owner="ann")
    assert wait_for_end(job) == "failed"
    assert "2 of 4 could not be evaluated" in job.status()["error"]
    assert "The weights of centred are missing" in job.status()["error"]
    assert [(kept(runs[0], one) or {})["accuracy"] for one in there] == [1.0, pytest.approx(10 / 11)]
    assert (job.status()["done"], job.status()["total"]) == (42, 42)
    assert [run.id for run, _ in evaluations.missing(runs, there)] == ["centred", "centred"]
    assert evaluations.recent() == [job], "it did not finish"


def test_nothing_to_evaluate_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to evaluate"):
        evaluations.start_evaluations([], owner="ann")


def test_what_was_read_of_a_data_set_goes_with_it_and_with_its_run(tmp_path: Path) -> None:
    one, two = bars("one", tmp_path, ALL, ALL), bars("two", tmp_path, ALL, ALL, shade=180)
    run = made_run()
    for dataset in (one, two):
        on_dataset(run, dataset)
    assert len(list((run.folder / "evaluations").iterdir())) == 2
    datasets.delete("one")
    sweep()
    assert [path.stem for path in (run.folder / "evaluations").iterdir()] == [two.fingerprint[:16]]
    run.job.delete()
    assert not run.folder.exists()
