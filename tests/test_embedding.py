from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from digits import embedding
from digits import job as jobs
from digits.embedding import MAX_POINTS, MapRecipe, embed, positions, start_map
from digits.engine import local
from digits.errors import NotFoundError, UsageError
from digits.files import Lock, read_json, write_json
from digits.job import Job
from tests.evaluation import made_run


@pytest.fixture(autouse=True)
def run() -> None:
    """The run `made`, which the maps are of."""
    made_run()


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Job, Lock]]:
    """What would have been started; each worker's lock is held until the test lets go of it."""
    started: list[tuple[str, Job, Lock]] = []
    monkeypatch.setattr(local, "launch", lambda *asked: started.append(asked))
    return started


def end(launched: list[tuple[str, Job, Lock]], state: str) -> None:
    """Let the worker that was launched last write `state` and end."""
    _, job, lock = launched[-1]
    write_json(job.folder / "status.json", {**read_json(job.folder / "status.json"), "state": state})
    lock.close()


def test_the_notebooks_map_is_the_default() -> None:
    assert asdict(MapRecipe(run="made")) == {
        "run": "made", "features": "pixels", "points": 500, "neighbors": 5, "min_dist": 0.3,
        "metric": "correlation", "seed": 42,
    }  # fmt: skip


def test_unknown_features_are_refused() -> None:
    assert MapRecipe(run="made", features="hidden").features == "hidden"
    with pytest.raises(UsageError, match="Unknown features: expected pixels or hidden, received 'logits'"):
        MapRecipe(run="made", features="logits")


@pytest.mark.parametrize("points", [9, MAX_POINTS + 1, 0, -500])
def test_too_few_and_too_many_points_are_refused(points: int) -> None:
    assert [MapRecipe(run="made", points=sound).points for sound in (10, MAX_POINTS)] == [10, MAX_POINTS]
    with pytest.raises(UsageError, match=f"points is out of bounds: expected 10 to 10000, received {points}"):
        MapRecipe(run="made", points=points)


def test_a_map_is_started_once_however_often_it_is_asked_for(launched: list[tuple[str, Job, Lock]]) -> None:
    first = start_map(MapRecipe(run="made"), owner="ann")
    second = start_map(MapRecipe(run="made", points=500), owner="bob")
    assert first == second
    assert [(worker, job) for worker, job, _ in launched] == [("embed", first)]
    assert first.spec() == asdict(MapRecipe(run="made"))
    assert first.status()["owner"] == "ann"
    end(launched, "finished")
    assert start_map(MapRecipe(run="made"), owner="ann") == first
    assert len(launched) == 1


@pytest.mark.parametrize(
    "change", [{"features": "hidden"}, {"points": 501}, {"neighbors": 6}, {"min_dist": 0.1}, {"metric": "cosine"},
               {"seed": 1}]
)  # fmt: skip
def test_any_other_parameter_makes_another_map(change: dict[str, object], launched: list[object]) -> None:
    assert start_map(MapRecipe(run="made"), owner="ann") != start_map(MapRecipe(run="made", **change), owner="ann")
    assert len(jobs.all_jobs("maps")) == len(launched) == 2


def test_another_run_has_another_map(launched: list[object]) -> None:
    made_run("other")
    assert start_map(MapRecipe(run="made"), owner="ann") != start_map(MapRecipe(run="other"), owner="ann")
    assert len(launched) == 2


def test_a_maps_key_stays_the_same_so_that_it_is_drawn_once_for_good(launched: list[object]) -> None:
    assert start_map(MapRecipe(run="made"), owner="ann").id == "0918d5bbec32e6a7"


@pytest.mark.parametrize("state", ["failed", "stopped", "running"])  # running: it was killed, and is interrupted
def test_a_map_that_ended_without_a_result_starts_again(state: str, launched: list[tuple[str, Job, Lock]]) -> None:
    job = start_map(MapRecipe(run="made"), owner="ann")
    end(launched, state)
    assert start_map(MapRecipe(run="made"), owner="bob") == job
    assert [started for _, started, _ in launched] == [job, job]
    assert (job.state, job.status()["owner"]) == ("queued", "bob")


def test_a_map_of_a_run_that_is_not_there_is_not_started(launched: list[object]) -> None:
    for id in ("nobody", "../made", ""):
        with pytest.raises(NotFoundError, match="There is no run"):
            start_map(MapRecipe(run=id), owner="ann")
    assert launched == []
    assert jobs.all_jobs("maps") == []


def test_positions_are_those_that_the_worker_wrote(launched: list[object]) -> None:
    job = start_map(MapRecipe(run="made"), owner="ann")
    written = np.arange(20, dtype=np.float32).reshape(10, 2)
    np.savez(job.folder / "map.npz", positions=written)
    assert np.array_equal(positions(job), written)
    assert positions(job).dtype == np.float32


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The parameters that UMAP was asked for; UMAP itself is not imported (10 to 45 s)."""
    parameters: list[dict[str, object]] = []

    def umap(**given: object) -> SimpleNamespace:
        parameters.append(given)
        return SimpleNamespace(fit_transform=lambda features: features[:, :2].astype(np.float64))

    monkeypatch.setattr(embedding, "_import_umap", lambda: SimpleNamespace(UMAP=umap))
    return parameters


def test_umap_gets_the_recipe_and_its_seed_on_one_thread(asked: list[dict[str, object]]) -> None:
    recipe = MapRecipe(run="made", neighbors=7, min_dist=0.1, metric="cosine", seed=3)
    placed = embed(np.arange(60.0).reshape(20, 3), recipe)
    assert asked == [{"n_neighbors": 7, "min_dist": 0.1, "metric": "cosine", "random_state": 3, "n_jobs": 1}]
    assert placed.shape == (20, 2)
    assert placed.dtype == np.float32


def test_there_are_never_more_neighbours_than_other_images(asked: list[dict[str, object]]) -> None:
    for images in (4, 6, 20):
        embed(np.zeros((images, 3)), MapRecipe(run="made", neighbors=5))
    assert [parameters["n_neighbors"] for parameters in asked] == [3, 5, 5]
