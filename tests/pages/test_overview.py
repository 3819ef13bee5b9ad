"""The overview, run as the app does, without a browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.evaluation.comparison import Disagreements
from digits.files import write_json
from digits.job import Job
from digits.training.run import Run, all_runs, told_apart
from tests.duels import fought_duel
from tests.evaluation import made_run
from tests.starter import four_drawings, small
from ui import overview
from ui.comparison.disagreement import verdict
from ui.copies import caution
from ui.frame import duration, percent


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
    datasets.rename("starter", "mine")
    run = run_of("tensorflow")
    write_json(run.folder / "job.json", {**run.spec, "recipe": {**run.spec["recipe"], "dataset": "mine"}})
    assert "The same recipe, notebook\\-adam" in overview.verdict(overview.judged(all_runs()))


def test_the_verdict_and_the_link_to_compare_are_of_the_runs_on_the_cards(furnished: Path) -> None:
    other = run_of("tensorflow")
    better = Run(Job("runs", "better"))
    shutil.copytree(run_of("pytorch").folder, better.folder)
    write_json(better.folder / "job.json", {**better.spec, "recipe": {**better.spec["recipe"], "rate": 0.5}})
    write_json(better.folder / "result.json", {**better.result(), "test_accuracy": 1.0})
    assert overview.judged(all_runs()) == [Run(better.job), other]
    app = opened()
    assert "Two recipes, which besides the framework differ in rate, on starter" in words(app)
    assert "exact McNemar test on the" in words(app)
    link = next(one.proto for one in app.get("page_link") if one.proto.page == "compare")
    assert parse_qs(link.query_string)["runs"] == [f"better,{other.id}"]


@pytest.mark.usefixtures("furnished")
def test_the_last_duel_that_came_to_its_end_gives_the_verdict_and_a_link_to_itself() -> None:
    fought_duel()
    broken = fought_duel("broken")
    (broken.folder / "result.json").write_text("{")
    app = opened()
    assert "**Verdict.** On this machine, same weights and batches (notebook-adam" in words(app)
    assert "**TensorFlow's epoch takes 0.50** [0.50, 0.50] **of PyTorch's**; no difference" in words(app)
    assert "The same recipe" not in words(app)
    link = next(one.proto for one in app.get("page_link") if one.proto.label == "The whole duel")
    assert parse_qs(link.query_string) == {"duel": ["fought"]}


@pytest.mark.usefixtures("furnished")
def test_a_duel_that_was_refused_is_no_verdict_on_speed() -> None:
    fought_duel(second={"initial weights": "others", "batch": 64})
    said = words(opened())
    assert "On this machine (notebook-adam" in said
    assert "no answer on speed (batch differs); no answer on accuracy (initial weights differs)" in said


@pytest.mark.usefixtures("furnished")
def test_a_run_says_what_its_data_set_is_called_now_and_when_that_is_gone_what_it_was_called() -> None:
    datasets.rename("starter", "mine")
    assert run_of("pytorch").dataset_name == "mine"
    assert "on mine · trained in" in words(opened())
    datasets.delete("mine")
    assert run_of("pytorch").dataset_name == "starter"


def test_runs_of_one_title_are_told_apart_by_their_data_set_or_else_by_their_id() -> None:
    ids = {"a" * 16: "one", "b" * 16: "two", "c" * 16 + "-2": "two"}
    runs = [made_run(id, dataset=name) for id, name in ids.items()]
    runs.append(made_run("d" * 16, epochs=3))
    told = [run.title.partition("scale 1.0")[2] for run in told_apart(runs)]
    assert told == [" · one", " · bbbbbb", " · cccccc-2", ", epochs 3"]
    assert told_apart(runs)[0] == runs[0], "it is the same run"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0 s"), (0.04, "0.04 s"), (0.3, "0.3 s"), (3.24, "3.2 s"), (9.97, "0:10"), (12, "0:12"),
     (185, "3:05"), (3720, "1:02:00")],
)  # fmt: skip
def test_a_time_is_said_with_as_much_as_it_has(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_verdict_is_cautious_where_copies_are_known_and_only_there(furnished: Path) -> None:
    run = run_of("pytorch")
    assert "find them by python -m digits families starter" in caution(run)
    dataset = Dataset.open("starter")
    store.keep(dataset, np.arange(len(dataset.labels)), {"by": "search"})
    assert caution(run) == ""
    four_drawings(dataset)
    expected = "these 360 are of 40 drawings, so the true p is larger."
    assert caution(run).endswith(expected)
    one, other, none = np.arange(20), np.arange(1), np.arange(0)
    assert verdict(run, run_of("tensorflow"), Disagreements(one, other, none)).endswith(expected)
    assert "larger" not in verdict(run, run_of("tensorflow"), Disagreements(one, one, none)), "p is large already"
    (furnished / "datasets" / "starter").rename(furnished / "elsewhere")
    assert "if some were copies of one drawing" in caution(run)


@pytest.mark.usefixtures("furnished")
def test_naming_an_old_run_does_not_make_it_the_newest() -> None:
    before = [run.id for run in all_runs()]
    all_runs()[-1].describe(name="a name", note="")
    assert [run.id for run in all_runs()] == before


def test_a_data_set_and_a_map_that_say_nothing_take_no_page_down(lab: Path) -> None:
    for path in (lab / "datasets" / "ghost" / "report.json", lab / "maps" / "1" / "job.json"):
        path.parent.mkdir(parents=True)
        write_json(path, {})
    assert "ghost/report.json is damaged: expected images" in words(opened())
