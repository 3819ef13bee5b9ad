from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.embedding.maps import result
from tests.starter import wait_for_end
from ui.digit_map import Pane, _chosen
from ui.embeddings.chosen import counts


def opened() -> AppTest:
    app = AppTest.from_file(settings.PROJECT / "app.py", default_timeout=60).run()
    app.switch_page("pages/embeddings.py").run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


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


@pytest.mark.usefixtures("furnished")
def test_a_stopped_map_is_not_started_by_looking_at_it() -> None:
    app = opened()
    (job,) = jobs.all_jobs("maps")
    job.request_stop()
    if wait_for_end(job, seconds=240) == "stopped":
        app.run()
        assert "The map is stopped" in words(app)
        assert job.state == "stopped"
        app.button(key=f"again-{job.id}").click().run()
        assert wait_for_end(job, seconds=240) == "finished"


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
