"""The ink that spoke for an answer and against it, and the training images that are like the drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits.attribution import Attribution
from digits.dataset import dataset as datasets
from digits.errors import WorkerError
from digits.training import taught
from digits.training.framed import framed_ink
from digits.training.run import all_runs
from ui.drawing import why
from ui.drawing.why import nearest, picture, sentence

ROWS = (3, 0, 1_796, 17, 4)


class Explainer:
    """Says that the upper half of the picture spoke for the answer, and the lower half against it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int | None]] = []
        self.error: WorkerError | None = None

    def why(self, run: str, ink: np.ndarray, digit: int | None) -> Attribution:
        self.asked.append((run, digit))
        if self.error:
            raise self.error
        return Attribution(digit or 0, np.repeat([0.02, -0.01], 14)[:, None] * np.ones((28, 28)), 3.92, 0.004, 64)


@pytest.fixture(autouse=True)
def explainer(monkeypatch: pytest.MonkeyPatch) -> Explainer:
    found = Explainer()
    monkeypatch.setattr(why, "predictor", lambda framework: found)
    why._why.clear()
    return found


def opened(*, drawn: bool = True) -> AppTest:
    """The section for both runs of the lab, which both say 7."""

    def script(drawn: bool, rows: tuple[int, ...]) -> None:
        import numpy as np

        from digits.prediction import Prediction
        from digits.training.run import all_runs
        from ui.drawing.drawn import Drawn
        from ui.drawing.why import show_why

        ink = np.zeros((280, 280), np.uint8)
        ink[60:220, 130:150] = 255
        said = {run.id: Prediction(np.eye(10)[7], 0.4, nearest=rows) for run in all_runs()}
        show_why(all_runs(), Drawn(ink, (), 16.0) if drawn else None, said)

    app = AppTest.from_function(script, default_timeout=60, kwargs={"drawn": drawn, "rows": ROWS}).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error, app.get("html"))
    texts = [getattr(element, "value", None) or element.proto.body for kind in kinds for element in kind]
    return "\n".join(texts).replace("\\", "")


def test_each_model_is_asked_why_it_said_what_it_said(furnished: Path, explainer: Explainer) -> None:
    shown = words(opened())
    assert sorted(explainer.asked) == sorted((run.id, 7) for run in all_runs())
    for name in ("PyTorch", "TensorFlow"):
        assert (f"**{name}, 7**: ink that speaks for it adds 7.8 to its logit, ink against it takes 3.9. The drawing "
                "changed it by +3.9; 0.4 % of that is missed.") in shown  # fmt: skip
    assert shown.count("The nearest training images, by its last hidden layer") == 2
    labels = datasets.Dataset.open("starter").labels[list(ROWS)]
    for label in labels:
        assert f">{label}</figcaption>" in shown


def test_nothing_is_explained_before_something_is_drawn(furnished: Path, explainer: Explainer) -> None:
    assert "Draw a digit, and here is which ink spoke for each answer" in words(opened(drawn=False))
    assert explainer.asked == []


def test_a_worker_that_fails_is_said(furnished: Path, explainer: Explainer) -> None:
    explainer.error = WorkerError("The pytorch worker ended")
    assert "The pytorch worker ended" in words(opened())


def test_a_run_without_its_data_set_still_says_why(furnished: Path) -> None:
    datasets.delete("starter")
    shown = words(opened())
    assert "ink that speaks for it adds" in shown
    assert "The nearest training images cannot be shown." in shown


def test_the_nearest_are_shown_as_the_run_saw_them(furnished: Path) -> None:
    run = all_runs()[0]
    pictures, said = nearest(run, ROWS)
    dataset = datasets.Dataset.open("starter")
    assert said == [str(label) for label in dataset.labels[list(ROWS)]]
    expected = framed_ink(dataset.images[[17]], run.recipe).reshape(28, 28)
    assert np.array_equal(255 - pictures[3], expected)


def test_drawings_that_a_run_was_tuned_on_are_near_too(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Drawings:
        ink = np.stack([np.full(784, 10, np.uint8), np.full(784, 20, np.uint8)])
        digits = np.array([5, 6])

    monkeypatch.setattr(taught, "read", lambda folder: Drawings)
    pictures, said = nearest(all_runs()[0], (3, -2, -1))
    assert said[1:] == ["6, yours", "5, yours"]
    assert [255 - int(one.max()) for one in pictures[1:]] == [20, 10]


def test_ink_that_spoke_for_and_against_has_the_palettes_colours_and_paper_stays_white() -> None:
    ink, spoke = np.zeros((28, 28), np.uint8), np.zeros((28, 28))
    ink[5], spoke[5, :14], spoke[5, 14:], ink[9] = 255, 2.0, -2.0, 255
    shown = picture(ink, spoke, scale=2)
    assert shown.shape == (56, 56, 3)
    assert shown[10, 0].tolist() == [0x00, 0x9E, 0x73]
    assert shown[11, 55].tolist() == [0xCC, 0x79, 0xA7]
    assert shown[0, 0].tolist() == [255, 255, 255]
    assert 200 < shown[18, 0, 0] < 240, "ink of which nothing is said stays to be seen"
    assert (picture(ink, np.zeros((28, 28)))[0, 0] == 255).all()


def test_a_small_gap_is_not_said_to_be_none() -> None:
    blank = Attribution(3, np.zeros((28, 28)), -1.25, 0.0002, 64)
    assert sentence(blank, "PyTorch").endswith("changed it by −1.2; less than 0.1 % of that is missed.")
