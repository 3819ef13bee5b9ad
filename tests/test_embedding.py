from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digits import job as jobs
from digits.dataset import dataset as datasets
from digits.embedding import layout, maps, neighbors
from digits.embedding.images import first, images_of
from digits.embedding.maps import open_map, start_map
from digits.embedding.neighbors import nearest
from digits.embedding.recipe import MAX_POINTS, MapRecipe
from digits.engine import local, warm
from digits.engine.leash import Collar
from digits.errors import NotFoundError, StoppedError, UsageError, WorkerError
from digits.files import Lock, read_json, write_json
from digits.job import Job
from digits.training.run import all_runs

Launched = list[tuple[str, Job, Lock]]


@pytest.fixture
def runs(furnished: Path) -> dict[str, str]:
    """The ids of a finished run of each framework, by framework."""
    return {run.recipe.framework: run.id for run in all_runs()}


@pytest.fixture
def launched(runs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Launched:
    """What would have been started; each worker's lock is held until the test lets go of it."""
    started: Launched = []
    monkeypatch.setattr(local, "launch", lambda *asked, leash: started.append(asked))
    return started


def end(launched: Launched, state: str) -> None:
    """Let the worker that was launched last write `state` and end."""
    _, job, lock = launched[-1]
    write_json(job.folder / "status.json", {**read_json(job.folder / "status.json"), "state": state})
    lock.close()


def test_the_notebooks_map_is_the_default() -> None:
    assert asdict(MapRecipe(run="made")) == {
        "run": "made", "dataset": None, "features": "pixels", "points": 500, "neighbors": 5, "min_dist": 0.3,
        "metric": "correlation", "seed": 42,
    }  # fmt: skip


@pytest.mark.parametrize("subject", [{}, {"run": "made", "dataset": "starter"}])
def test_a_map_is_of_a_run_or_of_a_data_set(subject: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="expected a run or a data set"):
        MapRecipe(**subject)


def test_a_data_set_has_no_hidden_layer() -> None:
    with pytest.raises(UsageError, match="no hidden layer"):
        MapRecipe(dataset="starter", features="hidden")


@pytest.mark.parametrize(("name", "value"), [("features", "logits"), ("metric", "jaccard"), ("metric", ["cosine"])])
def test_unknown_words_are_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"Unknown {name}"):
        MapRecipe(run="made", **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", 9), ("points", MAX_POINTS + 1), ("points", 500.0), ("neighbors", 1), ("neighbors", 101),
        ("min_dist", -0.1), ("min_dist", 1.0), ("min_dist", float("nan")), ("seed", -1), ("seed", 2**32),
        ("seed", True),
    ],
)  # fmt: skip
def test_numbers_out_of_bounds_are_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        MapRecipe(run="made", **{name: value})


def test_few_points_are_the_first_of_many_and_are_not_sorted() -> None:
    assert np.array_equal(first(500, 20_000), first(10_000, 20_000)[:500])
    assert sorted(first(20_000, 1_000)) == list(range(1_000))
    assert not np.array_equal(first(500, 20_000), np.arange(500))


def test_the_first_images_are_of_all_digits(runs: dict[str, str]) -> None:
    images = images_of(MapRecipe(run=runs["pytorch"], points=100))
    assert set(images.dataset.labels[images.rows]) == set(range(10))
    assert images.ink().shape == (100, 784)
    assert np.array_equal(images.ink()[7].reshape(28, 28), images.dataset.images[images.rows[7], :, :, 3])


def test_there_are_as_many_points_as_test_images_and_no_more(runs: dict[str, str]) -> None:
    assert len(images_of(MapRecipe(run=runs["pytorch"], points=MAX_POINTS)).rows) == 360


def test_a_map_is_started_once_however_often_it_is_asked_for(runs: dict[str, str], launched: Launched) -> None:
    first = start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann")
    second = start_map(MapRecipe(run=runs["pytorch"], points=50), owner="bob")
    assert first == second
    assert [(worker, job) for worker, job, _ in launched] == [("embed", first)]
    assert first.spec() == asdict(MapRecipe(run=runs["pytorch"], points=50))
    assert first.status()["owner"] == "ann"
    end(launched, "finished")
    assert start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann") == first
    assert len(launched) == 1


def test_pixels_are_the_same_whoever_reads_them(runs: dict[str, str], launched: Launched) -> None:
    subjects = [{"run": runs["pytorch"]}, {"run": runs["tensorflow"]}, {"dataset": "starter"}]
    assert len({start_map(MapRecipe(**subject, points=50), owner="ann") for subject in subjects}) == 1
    assert len(launched) == 1


def test_each_hidden_layer_has_its_own_map(runs: dict[str, str], launched: Launched) -> None:
    recipes = [MapRecipe(run=id, points=50, features="hidden") for id in runs.values()]
    assert len({start_map(recipe, owner="ann") for recipe in recipes}) == len(launched) == 2


@pytest.mark.parametrize(
    "change", [{"features": "hidden"}, {"points": 51}, {"neighbors": 6}, {"min_dist": 0.1}, {"metric": "cosine"},
               {"seed": 1}]
)  # fmt: skip
def test_any_other_parameter_makes_another_map(
    change: dict[str, Any], runs: dict[str, str], launched: Launched
) -> None:
    usual = {"run": runs["pytorch"], "points": 50}
    assert start_map(MapRecipe(**usual), owner="ann") != start_map(MapRecipe(**{**usual, **change}), owner="ann")
    assert len(jobs.all_jobs("maps")) == len(launched) == 2


def test_a_renamed_data_set_keeps_its_maps(runs: dict[str, str], launched: Launched) -> None:
    before = [
        start_map(MapRecipe(**one, points=50), owner="ann")
        for one in ({"dataset": "starter"}, {"run": runs["pytorch"]})
    ]
    datasets.rename("starter", "mine")
    after = [
        start_map(MapRecipe(**one, points=50), owner="ann") for one in ({"dataset": "mine"}, {"run": runs["pytorch"]})
    ]
    assert before == after


@pytest.mark.parametrize("state", ["failed", "stopped", "running"])  # running: it was killed, and is interrupted
def test_a_map_that_ended_without_a_result_starts_again_only_when_asked(
    state: str, runs: dict[str, str], launched: Launched
) -> None:
    recipe = MapRecipe(run=runs["pytorch"], points=50)
    job = start_map(recipe, owner="ann")
    end(launched, state)
    assert open_map(recipe, owner="bob") == job
    assert len(launched) == 1, "looking at it does not start it"
    assert start_map(recipe, owner="bob") == job
    assert [started for _, started, _ in launched] == [job, job]
    assert (job.state, job.status()["owner"]) == ("queued", "bob")


def test_a_map_of_what_is_not_there_is_not_started(launched: Launched) -> None:
    for id in ("nobody", "../made", ""):
        with pytest.raises(NotFoundError, match="There is no run"):
            start_map(MapRecipe(run=id), owner="ann")
        with pytest.raises(NotFoundError, match="There is no data set"):
            start_map(MapRecipe(dataset=id), owner="ann")
    assert launched == []
    assert jobs.all_jobs("maps") == []


def plainly(rows: np.ndarray, metric: str) -> np.ndarray:
    """(n, n) distances, by the textbook."""
    if metric == "euclidean":
        return np.linalg.norm(rows[:, None] - rows[None], axis=2)
    centred = rows - rows.mean(axis=1, keepdims=True) if metric == "correlation" else rows
    units = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return 1 - units @ units.T


@pytest.mark.parametrize("metric", ["correlation", "cosine", "euclidean"])
@pytest.mark.parametrize("absent", [0, 3000])
@pytest.mark.parametrize("chunk", [2048, 7])  # in one block, and in blocks of which the last is small
def test_neighbours_are_the_nearest_also_with_inputs_left_out_that_are_always_zero(
    metric: str, absent: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbors, "CHUNK", chunk)
    rows = np.random.default_rng(3).random((60, 40)) * (np.arange(40) % 4 > 0)
    whole = np.hstack([rows, np.zeros((60, absent))])
    near, far = nearest(rows, metric=metric, neighbors=5, width=whole.shape[1], progress=lambda *_: None)
    distances = plainly(whole, metric)
    assert np.allclose(far, np.sort(distances, axis=1)[:, :5], atol=2e-3 if metric == "euclidean" else 2e-6)
    assert np.array_equal(near, np.argsort(distances, axis=1)[:, :5])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The parameters that UMAP was asked for; UMAP itself is not imported. Its loop has ten epochs."""
    parameters: list[dict[str, Any]] = []
    layouts = SimpleNamespace()

    def umap(**given: Any) -> SimpleNamespace:
        parameters.append(given)

        def fit(features: np.ndarray) -> np.ndarray:
            assert list(layouts.tqdm(range(10), disable=True)) == list(range(10))
            return features[:, :2].astype(np.float64)

        return SimpleNamespace(fit_transform=fit)

    monkeypatch.setattr(layout, "_import_umap", lambda: SimpleNamespace(UMAP=umap, layouts=layouts))
    return parameters


def place(features: np.ndarray, recipe: MapRecipe, progress: Any = lambda *_: None) -> np.ndarray:
    return layout.layout(features, recipe, width=features.shape[1], progress=progress)


def test_umap_gets_the_recipe_its_seed_and_exact_neighbours(asked: list[dict[str, Any]]) -> None:
    rows = np.random.default_rng(0).random((20, 3))
    placed = place(rows, MapRecipe(run="made", neighbors=7, min_dist=0.1, metric="cosine", seed=3))
    near, far, index = asked[0].pop("precomputed_knn")
    assert near.shape == far.shape == (20, 7)
    assert index is None
    assert asked == [{"n_neighbors": 7, "min_dist": 0.1, "metric": "cosine", "random_state": 3, "n_jobs": 1,
                      "init": "pca"}]  # fmt: skip
    assert placed.shape == (20, 2)
    assert placed.dtype == np.float32


@pytest.mark.usefixtures("asked")
def test_progress_is_told_by_phase_and_a_stop_is_heard_between_epochs() -> None:
    told: list[tuple[str, int, int]] = []
    place(np.random.default_rng(0).random((20, 3)), MapRecipe(run="made"), lambda *now: told.append(now))
    assert told == [("finding neighbours", 0, 20), *(("laying out", done, 10) for done in range(10))]

    def stop(phase: str, done: int, total: int) -> None:
        if (phase, done) == ("laying out", 4):
            raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        place(np.random.default_rng(0).random((20, 3)), MapRecipe(run="made"), stop)


def test_there_are_never_more_neighbours_than_other_images(asked: list[dict[str, Any]]) -> None:
    for images in (4, 6, 20):
        place(np.random.default_rng(0).random((images, 3)), MapRecipe(run="made", neighbors=5))
    assert [parameters["n_neighbors"] for parameters in asked] == [3, 5, 5]


def test_images_without_a_place_are_an_error_and_no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = SimpleNamespace(fit_transform=lambda features: features[:, :2] * np.nan)
    fake = SimpleNamespace(UMAP=lambda **_: lost, layouts=SimpleNamespace())
    monkeypatch.setattr(layout, "_import_umap", lambda: fake)
    with pytest.raises(WorkerError, match="without a place"):
        place(np.random.default_rng(0).random((20, 3)), MapRecipe(run="made"))


def test_a_job_goes_through_the_door_with_its_lock_held(
    runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "launch", lambda *asked, leash: pytest.fail("a warm worker is there"))
    door = warm.Door("embed", "maps", Collar())
    job = maps.start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann")
    assert job.alive, "nobody but the message or the worker holds it now"
    handed = door.next(wait_seconds=10)
    assert handed is not None
    assert handed[0] == job
    handed[1].close()
    assert job.state == "interrupted"
    assert maps.start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann").alive
    assert not door.close(), "one has come in"
    assert door.close(at_once=True)


def test_a_job_that_waits_behind_the_door_can_be_stopped(runs: dict[str, str]) -> None:
    door = warm.Door("embed", "maps", Collar())
    job = maps.start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann")
    job.request_stop()
    lock = Lock(job.lock_path)
    assert lock.acquire(wait_seconds=30), "the door lets go of it"
    lock.close()
    assert job.state == "stopped"
    assert door.close()


def test_behind_a_closed_door_there_is_nobody(runs: dict[str, str], launched: Launched) -> None:
    assert warm.Door("embed", "maps", Collar()).close()
    start_map(MapRecipe(run=runs["pytorch"], points=50), owner="ann")
    assert len(launched) == 1
