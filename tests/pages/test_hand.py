"""How a hand differs from the training data, and which digits each model gets wrong."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import drawings
from digits.dataset import dataset as datasets
from digits.errors import WorkerError
from digits.images.frame import frame
from digits.training.run import Run
from tests.drawings.made import drawn, one_of_each
from ui.drawing import hand
from ui.drawing.kept import Looked, look


class Reader:
    """Says 7 of everything, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, np.ndarray]] = []
        self.error: WorkerError | None = None

    def predict(self, run: str, ink: np.ndarray) -> SimpleNamespace:
        if self.error:
            raise self.error
        self.asked.append((run, ink))
        return SimpleNamespace(digit=7)


@pytest.fixture(autouse=True)
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    found = Reader()
    monkeypatch.setattr(hand, "predictor", lambda framework: found)
    return found


def opened() -> AppTest:
    """The section for both runs of the lab."""

    def script() -> None:
        from digits.training.run import all_runs
        from ui.drawing.hand import show_hand

        show_hand(all_runs())

    return ran(AppTest.from_function(script, default_timeout=60).run())


def ran(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    texts = [element.value for kind in ("markdown", "caption", "error") for element in app.get(kind)]
    return "\n".join(texts).replace("\\", "")


def table(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_without_drawings_it_says_what_is_missing() -> None:
    assert "Keep some drawings, and here is how your hand differs" in words(opened())


def test_of_very_many_drawings_the_newest_are_measured_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def compare(found: list[Looked], chosen: list[Run]) -> None:
        shown.extend(one.kept.id for one in found)

    one_of_each(more=2)
    monkeypatch.setattr(hand, "MOST_MEASURED", 3)
    monkeypatch.setattr(hand, "_compare", compare)
    monkeypatch.setattr(hand, "_misread", lambda found, chosen: None)
    assert "Of 12 drawings, the newest 3 are measured here." in words(opened())
    assert shown == [kept.id for kept in drawings.all_drawings()[:3]]


def test_while_drawings_are_measured_for_the_first_time_it_is_said_how_many_were() -> None:
    kept, told = one_of_each(), []
    look(kept[:4])
    look(kept, progress=told.append)
    assert told == [5, 6, 7, 8, 9, 10]
    look(kept, progress=told.append)
    assert told == [5, 6, 7, 8, 9, 10], "what was looked at before takes no time"


@pytest.mark.usefixtures("furnished")
def test_each_measure_is_compared_with_the_training_images_of_the_runs() -> None:
    one_of_each()
    app = opened()
    said = words(app)
    for name in ("Slant to the right", "Stroke width", "Size", "Width to height"):
        assert f"**{name}**" in said
    assert "Yours are slimmer than" in said, "all test drawings are 50 pixels wide and 140 high"
    assert "So few drawings say little yet." in said
    assert "Your drawings</span>" in table(app)
    assert "starter</span>" in table(app)
    charts = app.get("echarts_chart")
    assert len(charts) == 4


@pytest.mark.usefixtures("furnished")
def test_a_table_says_which_digits_each_model_gets_wrong(reader: Reader) -> None:
    each = one_of_each(more=8)
    app = opened()
    body = table(app)
    assert body.count("1 of 1 wrong: read as 7") == 2 * 2, "8 and 9, of both models"
    assert body.count("2 of 2 wrong: read as 7 ×2") == 7 * 2
    assert body.count("all right") == 2
    (said,) = [line for line in words(app).splitlines() if line.startswith("Read now: of 18 drawings, ")]
    assert said.count(" reads 2") == 2, "both 7s, of both models"
    assert len(reader.asked) == 36
    np.testing.assert_array_equal(reader.asked[0][1], frame(each[-1].ink(), "as-drawn"))


@pytest.mark.usefixtures("furnished")
def test_what_was_read_is_not_read_again_and_new_drawings_are(reader: Reader) -> None:
    one_of_each()
    app = opened()
    assert len(reader.asked) == 20
    drawings.correct(drawings.all_drawings()[0].id, 7)
    drawings.keep(1, drawn(40))
    ran(app.run())
    assert len(reader.asked) == 22


@pytest.mark.usefixtures("furnished")
def test_a_model_that_does_not_answer_and_data_that_are_gone_are_said(reader: Reader) -> None:
    one_of_each()
    datasets.delete("starter")
    reader.error = WorkerError("The pytorch worker ended")
    app = opened()
    assert "The pytorch worker ended" in words(app)
    assert "no data set called 'starter'" in words(app)
    assert "starter</span>" not in table(app)


def test_training_images_are_taken_in_the_shares_of_the_digits_that_were_drawn() -> None:
    there = np.repeat(np.arange(9), 50)  # no 9
    rows = hand.alike(there, np.array([1, 1, 1, 4, 9]))
    counts = np.bincount(there[rows], minlength=10)
    assert counts.tolist() == [0, 1200, 0, 0, 400, 0, 0, 0, 0, 0]
    assert len(hand.alike(there, np.array([9]))) == 0
