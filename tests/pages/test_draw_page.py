"""The page Draw as `AppTest` runs it, with a drawing on its canvas and models that say what the test tells them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.errors import WorkerError
from digits.prediction import Prediction
from digits.training.run import Run, all_runs, sound
from tests import canvases
from tests.ui.test_tune import tuned
from ui.drawing.tune import AWAITED

pytestmark = pytest.mark.usefixtures("furnished")
LINE = (np.array([[140.0, 60.0], [140.0, 140.0], [140.0, 220.0]]),)


class Told:
    """A framework's worker that says what it was told to, of whatever it is shown."""

    def __init__(self, digit: int | None) -> None:
        self.digit = digit
        self.far = self.unsure = False
        self.seen: list[NDArray[np.uint8]] = []

    def is_warm(self, run: str) -> bool:
        return True

    def predict(self, run: str, ink: NDArray[np.uint8]) -> Prediction:
        self.seen.append(ink)
        if self.digit is None:
            raise WorkerError("The worker *ended*")
        return Prediction(np.eye(10)[self.digit] * 0.9 + 0.01, 0.5, far=self.far, unsure=self.unsure)

    def predict_all(self, run: str, inks: NDArray[np.uint8]) -> list[Prediction]:
        return [self.predict(run, ink) for ink in inks]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    """Who answers: PyTorch a 1, TensorFlow a 7."""
    found = {"pytorch": Told(1), "tensorflow": Told(7)}
    monkeypatch.setattr("ui.drawing.answers.predictor", found.get)
    monkeypatch.setattr("ui.drawing.position.predictor", found.get)
    monkeypatch.setattr("ui.drawing.choosing.prepare", lambda run: None)
    return found


def opened() -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    app.query_params["more"] = "Position"  # the section that asks no worker for gradients
    app.switch_page(str(settings.PROJECT / "pages" / "draw.py")).run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def test_a_blank_canvas_asks_nobody(told: dict[str, Told]) -> None:
    app = opened()
    assert "Draw a digit from 0 to 9" in shown(app)
    assert [metric.value for metric in app.metric] == ["–", "–"]
    assert not any(one.seen for one in told.values())


def test_both_are_asked_about_the_same_ink_and_the_page_says_that_they_disagree(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    canvases.put(monkeypatch, LINE)
    app = opened()
    assert [metric.value for metric in app.metric] == ["1", "7"]
    assert "They disagree: PyTorch says **1** and TensorFlow says **7**." in shown(app)
    assert shown(app).count("91.0 % sure · 0.50 ms") == 2
    first, second = (one.seen[0] for one in told.values())
    assert first.shape == (28, 28)
    np.testing.assert_array_equal(first, second)
    told["tensorflow"].digit = 1
    assert "They agree: **1**." in shown(opened())


def test_a_worker_that_ends_is_told_beside_the_answer_of_the_other(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    canvases.put(monkeypatch, LINE)
    told["pytorch"].digit = None
    app = opened()
    assert [metric.value for metric in app.metric] == ["7"]
    assert "The worker *ended*" in shown(app)
    assert "agree" not in shown(app)


def test_unsure_and_far_are_answers(told: dict[str, Told], monkeypatch: pytest.MonkeyPatch) -> None:
    canvases.put(monkeypatch, LINE)
    told["pytorch"].unsure, told["tensorflow"].far = True, True
    app = opened()
    assert [metric.value for metric in app.metric] == ["1?", "–"]
    assert "PyTorch says it may be **1** or **0** and TensorFlow says it is **no digit** that it knows." in shown(app)
    assert "Far from everything it was trained on; if any, 7 with 91.0 %" in shown(app)


def test_models_that_were_tuned_answer_as_soon_as_they_are_done_wherever_on_the_page_one_is(
    told: dict[str, Told],
) -> None:
    parent = next(run for run in all_runs() if run.recipe.framework == "pytorch")
    after, lock = tuned(parent, "running", phase="training")
    app = opened()
    app.session_state[AWAITED] = [after.id]
    app.run()
    assert "pytorch" not in app.query_params
    lock.close()
    after.job.delete()
    tuned(parent)
    app.run()
    assert not app.exception
    assert app.query_params["pytorch"] == after.id
    assert AWAITED not in app.session_state


def test_a_run_that_is_deleted_while_the_page_is_drawn_is_said_to_be_gone(
    told: dict[str, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, doomed = opened(), all_runs()[0]

    def sound_then_gone(runs: list[Run]) -> tuple[list[Run], list[str]]:
        found = sound(runs)
        if doomed.folder.exists():
            doomed.job.delete()
        return found

    monkeypatch.setattr("digits.training.run.sound", sound_then_gone)
    app.run()
    assert not app.exception
    assert f"The run {doomed.id} is not there any more" in shown(app)
