from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import Dataset
from digits.embedding.images import images_of
from digits.embedding.maps import result
from digits.embedding.recipe import MapRecipe
from digits.engine import local
from digits.files import Lock, write_json
from digits.job import Job
from digits.training.run import Run, all_runs
from digits.workers.embed import _keep as keep
from tests.starter import wait_for_end
from ui.digit_map import Pane, _chosen
from ui.embeddings.chosen import counts


def opened(**parameters: str) -> AppTest:
    app = AppTest.from_file(settings.PROJECT / "app.py", default_timeout=60).run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page("pages/embeddings.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.error])


@pytest.fixture
def placed_at_once(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab of two runs, with a worker that places the images of a map by chance, and at once."""

    def launch(worker: str, job: Job, lock: Lock, *, leash: int | None = None) -> None:
        images = images_of(MapRecipe(**job.spec()))
        positions = np.random.default_rng(0).random((len(images.rows), 2), np.float32)
        keep(job.folder, images, positions, images.ink())
        write_json(job.folder / "result.json", {"map": job.id, "points": 1, "seconds": 1.0, "trustworthiness": 0.5})
        write_json(job.folder / "status.json", {"state": "finished", "created": 0.0})
        lock.close()

    monkeypatch.setattr(local, "launch", launch)
    return furnished


def second_run(**changes: Any) -> Run:
    """The run of TensorFlow, with other words in its `job.json`."""
    run = next(run for run in all_runs() if run.recipe.framework == "tensorflow")
    write_json(run.folder / "job.json", {**run.spec, **changes})
    return Run(run.job)


def test_an_empty_lab_says_what_to_do() -> None:
    assert "No model is trained yet" in words(opened())


@pytest.mark.usefixtures("furnished")
def test_both_models_are_shown_on_one_map_of_pixels_with_their_answers_in_words() -> None:
    app = opened()
    (job,) = jobs.all_jobs("maps")
    assert wait_for_end(job, seconds=240) == "finished"
    assert result(job) is not None
    app.run()
    assert not app.exception, app.exception
    shown = words(app)
    assert "360 test images" in shown
    assert "PyTorch" in shown
    assert "TensorFlow" in shown
    assert "trustworthiness 0." in shown
    app.selectbox(key="only").select("misread by PyTorch").run()
    assert not app.exception, app.exception
    assert "PyTorch misreads" in words(app)
    app.selectbox(key="only").select("labelled 3").run()
    assert "of 3. " in words(app)
    with mock.patch("streamlit.download_button") as save:
        app.toggle(key="table").set_value(True).run()
    lines = save.call_args.args[1].decode().splitlines()
    assert lines[0] == "File,Label,PyTorch,TensorFlow"
    assert [line.split(",")[1] for line in lines[1:]] == ["3"] * len(app.dataframe[0].value)


@pytest.mark.usefixtures("placed_at_once")
def test_a_stopped_map_is_not_started_by_looking_at_it() -> None:
    app = opened()
    (job,) = jobs.all_jobs("maps")
    (job.folder / "map.npz").unlink()
    write_json(job.folder / "status.json", {"state": "stopped", "error": "it was *stopped*"})
    app.run()
    assert "The map is stopped\\: it was \\*stopped\\*" in words(app)
    assert job.state == "stopped"
    app.button(key=f"again-{job.id}").click().run()
    assert job.state == "finished"
    assert "360 test images" in words(app)


@pytest.mark.usefixtures("placed_at_once")
def test_a_damaged_map_says_so_and_can_be_drawn_again() -> None:
    app = opened()
    (job,) = jobs.all_jobs("maps")
    path = job.folder / "map.npz"
    path.write_bytes(path.read_bytes()[:300])
    app.run()
    assert not app.exception, app.exception
    assert f"The map {job.id} is damaged" in words(app)
    app.button(key=f"again-{job.id}").click().run()
    assert "360 test images" in words(app)


@pytest.mark.usefixtures("placed_at_once")
def test_a_run_that_was_not_tested_on_the_images_of_a_map_has_no_answers_there() -> None:
    run = second_run()
    other = second_run(recipe={**run.spec["recipe"], "seed": 7})
    rows = np.setdiff1d(np.arange(1797), run.evaluation("rows"))[:360]
    kept = {name: run.evaluation(name) for name in ("logits", "hidden")}
    np.savez(other.folder / "evaluation.npz", rows=rows, labels=run.dataset().labels[rows], **kept)
    shown = words(opened(features="PyTorch's last layer"))
    assert "epochs 3\\, seed 7 was not tested on these images, so it has no answers to them" in shown
    assert "PyTorch · notebook\\-adam\\, network 32\\-16\\, epochs 3 misreads" in shown
    assert "TensorFlow misreads" not in shown
    apart = words(opened(features="Each model's last layer"))
    assert "was not tested on these images" not in apart
    assert "each map shows its own" in apart


def test_the_same_rows_of_another_data_set_are_other_images(placed_at_once: Path) -> None:
    sets = placed_at_once / "datasets"
    shutil.copytree(sets / "starter", sets / "other")
    write_json(sets / "other" / "report.json", {**Dataset.open("other").report, "fingerprint": "1" * 64})
    second_run(fingerprint="1" * 64)
    assert "each map shows its own" in words(opened(features="Each model's last layer"))
    shown = words(opened(features="TensorFlow's last layer"))
    assert "PyTorch · notebook\\-adam\\, network 32\\-16\\, epochs 3 was not tested on these images" in shown


@pytest.mark.usefixtures("placed_at_once")
def test_too_few_test_images_for_a_map_are_said_in_a_sentence() -> None:
    run = second_run()
    write_json(run.folder / "result.json", {**run.result(), "test_images": 9})
    assert "too few test images for a map\\: expected at least 10\\, received 9" in words(opened())


def pane(images: int) -> Pane:
    labels = np.zeros(images, np.int64)
    return Pane("a", "pytorch", np.zeros((images, 2), np.float32), labels, labels, b"")


def bits(*indices: int, images: int) -> str:
    held = np.zeros(images, np.uint8)
    held[list(indices)] = 1
    return base64.b64encode(np.packbits(held, bitorder="little").tobytes()).decode()


def test_what_a_lasso_holds_comes_back_as_it_was() -> None:
    said = {"token": "t", "pane": 1, "bits": bits(0, 8, 12, images=13)}
    chosen = _chosen(said, "t", [pane(13), pane(13)])
    assert chosen is not None
    assert (chosen[0], chosen[1].tolist()) == (1, [0, 8, 12])


@pytest.mark.parametrize(
    "said",
    [
        None, 7, "x", {}, {"token": "other", "pane": 0, "bits": bits(1, images=13)}, {"token": "t", "pane": 2},
        {"token": "t", "pane": "0", "bits": ""}, {"token": "t", "pane": 0, "bits": "!"},
        {"token": "t", "pane": 0, "bits": bits(1, images=40)}, {"token": "t", "pane": 0, "bits": 5},
        {"token": "t", "pane": [], "bits": ""},
    ],
)  # fmt: skip
def test_what_does_not_fit_the_maps_that_are_shown_is_no_choice(said: Any) -> None:
    assert _chosen(said, "t", [pane(13)]) is None


def test_the_chosen_are_counted_by_digit_and_by_who_misreads_them() -> None:
    table = {"label": np.array([3, 3, 5, 5]), "pytorch": np.array([3, 5, 5, 5]), "tensorflow": np.array([3, 3, 3, 5])}
    assert counts(table, np.array([0, 1, 2])) == (
        "**3 images**: 2 of 3, 1 of 5. PyTorch misreads 1. TensorFlow misreads 1."
    )
    assert counts(table, np.array([], np.int64)).startswith("**0 images**.")


def test_the_component_takes_no_text_as_markup() -> None:
    script = (Path(__file__).parents[2] / "ui/components/digit_map.js").read_text()
    assert "innerHTML" not in script
    assert "textContent" in script
