"""What unsure means for each model, and whether its confidence is deserved."""

from __future__ import annotations

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits.evaluation.certainty import NO_VALIDATION, OLD
from digits.evaluation.distance import FARTHEST
from digits.files import replace
from digits.prediction import Prediction
from digits.training.inputs import Data
from digits.training.knowledge import FILE, learn
from digits.training.run import Run
from tests.evaluation import made_run
from tests.training.test_knowledge import Reader, data, recipe
from ui.drawing.certainty import of_drawing


def opened() -> str:
    """What the section says of every run in the lab, with nothing drawn."""

    def script() -> None:
        from digits.training.run import all_runs
        from ui.drawing.certainty import show_certainty

        show_certainty(all_runs(), None, {})

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception, app.exception
    texts = [element.value for kind in ("markdown", "caption", "error") for element in app.get(kind)]
    charts = [element.proto.alt for element in app.get("echarts_chart")] if app.get("echarts_chart") else []
    return "\n".join([*texts, *map(str, charts)]).replace("\\", "")


def knowing(*, validation: bool = True) -> Run:
    """A run that has learnt, and the answers of which to test images boast."""
    run, there = made_run(), data(recipe())
    part = there.validation if validation else None
    learn(Reader(784), recipe(), Data(there.train, there.test, there.live, there.ink, part)).save(run.folder / FILE)
    labels = np.arange(100) % 10
    logits = 9.0 * np.eye(10, dtype=np.float32)[np.where(np.arange(100) < 80, labels, 0)]
    packed = io.BytesIO()
    np.savez(packed, rows=labels, labels=labels, logits=logits, hidden=logits)
    replace(run.folder / "evaluation.npz", packed.getvalue())
    return run


def said(**values: object) -> Prediction:
    return Prediction(np.array([0.75, 0.25, *[0.0] * 8]), 0.4, **values)


def test_a_run_says_how_many_digits_its_limits_come_from_and_what_its_temperature_changed() -> None:
    knowing()
    words = opened()
    assert "Its limits come from 150 validation digits, and it measures from 60 training images." in words
    assert "Its temperature is" in words
    assert "As the networks say it" in words
    assert "Calibrated by the temperature" in words


@pytest.mark.parametrize("validation", [True, False])
def test_diagrams_stand_where_there_is_a_temperature_and_else_the_reason(validation: bool) -> None:
    knowing(validation=validation)
    words = opened()
    assert ("Expected calibration error in points, on test images: PyTorch" in words) is validation
    assert (NO_VALIDATION in words) is not validation


def test_a_run_of_an_older_version_says_so_and_a_damaged_one_is_an_error() -> None:
    run = made_run()
    assert OLD in opened()
    (run.folder / FILE).write_bytes(b"no archive")
    assert "knowledge.npz is damaged" in opened()


def test_a_drawing_is_far_unsure_or_neither() -> None:
    assert of_drawing(said(distance=0.4, missing="")) == (
        "Your drawing: 0.40 of the way to the limit, 75.0 % sure, so **neither far nor unsure**.")  # fmt: skip
    assert of_drawing(said(distance=0.4, unsure=True)).endswith("so **unsure**.")
    assert of_drawing(said(distance=1.7, far=True, unsure=True)).endswith("so **far**.")
    assert "nothing is drawn" in of_drawing(said(distance=FARTHEST, far=True))
    assert "as the network itself says" in of_drawing(said())
