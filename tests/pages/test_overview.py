"""The overview, run as the app does, without a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.files import write_json
from digits.job import Job
from digits.training.run import Run, all_runs
from tests.starter import four_drawings, small
from ui import overview
from ui.copies import caution
from ui.frame import percent


def opened() -> AppTest:
    app = AppTest.from_file(settings.PROJECT / "app.py", default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def run_of(framework: str) -> Run:
    return next(run for run in all_runs() if run.recipe.framework == framework)


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(None, 1, "–"), (1.0, 1, "100.0 %"), (0.9996, 1, ">99.9 %"), (1 - 6 / 21546, 2, "99.97 %"),
     (1 - 1 / 215460, 2, ">99.99 %"), (0.0, 1, "0.0 %"), (0.25, 2, "25.00 %")],
)  # fmt: skip
def test_a_share_is_100_percent_only_if_it_is_all(share: float | None, digits: int, text: str) -> None:
    assert percent(share, digits=digits) == text


def test_a_first_build_that_failed_says_why_and_can_be_tried_again() -> None:
    job = Job("builds", "first")
    lock = jobs.create(job, {"source": "starter", "name": "starter", "then": []}, owner="ann")
    assert lock is not None
    lock.close()
    write_json(job.folder / "status.json", {"state": "failed", "created": 1.0, "error": "the disk is full"})
    app = opened()
    assert "**Building starter** · failed · the disk is full" in words(app)
    assert "Train both models now" in [button.label for button in app.button]


@pytest.mark.parametrize("name", ["job.json", "status.json"])
def test_a_damaged_build_leaves_the_overview_and_the_page_of_data_sets_as_they_are(name: str) -> None:
    job = Job("builds", "damaged")
    lock = jobs.create(job, {"source": "starter", "name": "starter", "then": []}, owner="ann")
    assert lock is not None
    lock.close()
    (job.folder / name).write_text("{")
    app = opened()
    assert "A fresh lab" in words(app)
    assert ("damaged/job.json is damaged" in words(app)) == (name == "job.json")
    app.switch_page("pages/dataset.py").run()
    assert not app.exception, app.exception
    assert "No data set yet" in words(app)


@pytest.mark.usefixtures("furnished")
def test_another_recipe_at_work_on_the_starter_set_is_shown_as_what_it_is() -> None:
    other = Job("runs", "other")
    lock = jobs.create(other, {"recipe": small("pytorch", seed=5).as_json(), "fingerprint": "x"}, owner="ann")
    assert lock is not None
    texts = [element.proto.text for element in opened().get("progress")]
    lock.close()
    assert len(texts) == 1
    assert "seed 5" in texts[0]
    assert "Building the starter set" not in texts[0]


@pytest.mark.usefixtures("furnished")
def test_the_picture_of_a_matrix_says_in_words_what_it_shows() -> None:
    run = run_of("pytorch")
    wrong = round((1 - run.result()["test_accuracy"]) * 360)
    said = [picture.alt for one in opened().get("image") for picture in one.proto.imgs]
    accuracy = percent(run.result()["test_accuracy"], digits=2)
    expected = f"Confusion matrix of {run.title}: {accuracy} right, {wrong} of 360 misread, most often "
    assert [text for text in said if text.startswith(expected)], said


@pytest.mark.usefixtures("furnished")
def test_the_verdict_stays_when_the_data_set_is_renamed_between_the_two_runs() -> None:
    assert overview.verdict(all_runs()) is not None
    datasets.rename("starter", "mine")
    run = run_of("tensorflow")
    write_json(run.folder / "job.json", {**run.spec, "recipe": {**run.spec["recipe"], "dataset": "mine"}})
    assert "The same recipe" in str(overview.verdict(all_runs()))


def test_a_verdict_is_cautious_where_copies_are_known_and_only_there(furnished: Path) -> None:
    run = run_of("pytorch")
    assert "find them by python -m digits families starter" in caution(run)
    dataset = Dataset.open("starter")
    store.keep(dataset, np.arange(len(dataset.labels)), {"by": "search"})
    assert caution(run) == ""
    four_drawings(dataset)
    expected = "these 360 are of 40 drawings, so the true p is larger."
    assert caution(run).endswith(expected)
    assert expected in str(overview.verdict(all_runs()))
    (furnished / "datasets" / "starter").rename(furnished / "elsewhere")
    assert "if some were copies of one drawing" in caution(run)


@pytest.mark.usefixtures("furnished")
def test_naming_an_old_run_does_not_make_it_the_newest() -> None:
    before = [run.id for run in all_runs()]
    all_runs()[-1].describe(name="a name", note="")
    assert [run.id for run in all_runs()] == before
