"""Claimed and honest on the overview, the board, and data sets side by side, run as the app does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import job as jobs
from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset, delete
from digits.dataset.sources import open_source
from digits.engine import evaluations, local
from digits.engine import families as searches
from digits.evaluation.honest import Honesty, Score
from digits.evaluation.kept import keep
from digits.files import write_json
from digits.job import Job
from digits.training.recipe import Recipe
from digits.training.run import Run, all_runs
from tests.evaluation import bar
from tests.starter import four_drawings, small
from ui.claims.words import sentences
from ui.comparison.board import cell
from ui.datasets.side_by_side import trained_on


def opened(page: str = "", **parameters: str) -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    if page:
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page(str(settings.PROJECT / "pages" / f"{page}.py")).run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error)
    words = [element.value for kind in kinds for element in kind]
    words += [element.proto.body for element in app.get("html")]
    return "\n".join(words).replace("\\", "").replace("\u00a0", " ")


def buttons(app: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in app.button]


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not app.exception, app.exception
    return app


def other_people(folder: object) -> Dataset:
    """Build the data set `bars`, which no run was trained on."""
    np.savez(f"{folder}/bars.npz", images=np.stack([bar(digit) for digit in range(10)]), labels=np.arange(10))
    build(open_source(f"{folder}/bars.npz"), "bars", staging=settings.part("builds") / "bars",
          progress=lambda done, total: None, stopped=lambda: False)  # fmt: skip
    return Dataset.open("bars")


def sharing(folder: object) -> Dataset:
    """Build the data set `mixed`: ten bars, and one image of the starter set under another name."""
    bars = np.zeros((10, 28, 28, 4), np.uint8)
    bars[..., 3] = np.stack([bar(digit) for digit in range(10)])
    starter = Dataset.open("starter")
    images, labels = np.concatenate([bars, starter.images[:1]]), [*range(10), int(starter.labels[0])]
    np.savez(f"{folder}/mixed.npz", images=images, labels=np.array(labels))
    build(open_source(f"{folder}/mixed.npz"), "mixed", staging=settings.part("builds") / "mixed")
    return Dataset.open("mixed")


def read(run: Run, dataset: Dataset, accuracy: float, seen: int | None = 0) -> None:
    """Keep that `run` reads so much of `dataset`."""
    keep(run, {"run": run.id, "fingerprint": dataset.fingerprint, "images": 10, "part": "all", "seen": seen,
               "accuracy": accuracy, "confusion": []})  # fmt: skip


def made_fold(framework: str, fold: int, accuracy: float) -> Run:
    """Make a finished run of one fold of the starter set, as its worker would have left it."""
    dataset = Dataset.open("starter")
    recipe = small(framework, epochs=3, split="family", fold=fold)
    known = str(store_hash(dataset))
    run = Run(Job("runs", recipe.identity(dataset.fingerprint, known)))
    spec = {"recipe": recipe.as_json(), "fingerprint": dataset.fingerprint, "families": known}
    lock = jobs.create(run.job, spec, owner="ann")
    assert lock is not None
    lock.close()
    result = {"run": run.id, "test_accuracy": accuracy, "test_images": 450, "test_loss": 1.0, "train_seconds": 1.0,
              "train_images": 1347, "epochs": 3}  # fmt: skip
    write_json(run.folder / "result.json", result)
    write_json(run.folder / "status.json", {"state": "finished", "owner": "ann", "phase": "finished", "created": 1.0})
    return run


def store_hash(dataset: Dataset) -> str | None:
    from digits.dataset.split import families_hash

    return families_hash(dataset)


def test_an_empty_lab_claims_nothing() -> None:
    assert "Claimed" not in shown(opened())


@pytest.mark.usefixtures("furnished")
def test_while_families_are_unknown_a_button_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr("ui.claims.steps.start_search", lambda dataset, owner: started.append(dataset.name))
    app = opened()
    assert "leak unknown" in shown(app)
    assert "is not known yet**: nobody has looked for families in starter" in shown(app)
    assert "families are not known yet" in shown(app)
    click(app, "Find the copies in starter")
    assert started == ["starter"]
    assert searches.KIND == "searches"


@pytest.mark.usefixtures("furnished")
def test_with_families_a_button_trains_every_fold_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    four_drawings(Dataset.open("starter"))
    made_fold("pytorch", 2, 0.6)
    asked: list[Recipe] = []

    def start(recipe: Recipe, *, owner: str) -> Run:
        asked.append(recipe)
        return all_runs()[0]

    monkeypatch.setattr(local, "start_training", start)
    app = opened()
    assert "of drawings it has never seen, PyTorch reads **60.0 %** (mean of 1 of 4 folds)" in shown(app)
    click(app, "Train the folds by family (7 runs)")
    assert sorted((recipe.framework, recipe.fold) for recipe in asked) == [
        ("pytorch", 0), ("pytorch", 1), ("pytorch", 3), *(("tensorflow", fold) for fold in range(4)),
    ]  # fmt: skip
    assert {(recipe.split, recipe.network, recipe.epochs) for recipe in asked} == {("family", "32-16", 3)}


@pytest.mark.usefixtures("furnished")
def test_folds_at_work_are_not_offered_again() -> None:
    dataset = Dataset.open("starter")
    four_drawings(dataset)
    spec = {"recipe": small("pytorch", epochs=3, split="family", fold=1).as_json(), "families": store_hash(dataset)}
    lock = jobs.create(Job("runs", "fold"), {**spec, "fingerprint": dataset.fingerprint}, owner="ann")
    assert lock is not None
    app = opened()
    lock.close()
    assert "1 of 8 folds are in training or wait" in shown(app)
    assert "Train the folds by family (7 runs)" in buttons(app)


def test_all_that_is_known_stands_in_the_chart_and_two_sentences(furnished: object, tmp_path: object) -> None:
    four_drawings(Dataset.open("starter"))
    for framework in settings.FRAMEWORKS:
        for fold, accuracy in enumerate((0.5, 0.6, 0.7, 0.6)):
            made_fold(framework, fold, accuracy)
    assert "other people" not in "".join(buttons(opened()))
    links = [element.proto.label for element in opened().get("page_link")]
    assert "Add another data set: other people's digits" in links
    dataset = other_people(tmp_path)
    app = opened()
    assert "How it reads other people's digits is not known yet: nobody has tried." in shown(app)
    assert "Evaluate all (2 missing)" in buttons(app)
    for run in all_runs():
        read(run, dataset, 0.2)
    app = opened()
    text = shown(app)
    assert text.count("(50.0 to 70.0)") == 2
    assert "comes from copies: 100 % of those test images have a copy in training" in text
    assert "PyTorch reads **60.0 %** and TensorFlow reads **60.0 %** (mean of 4 folds)" in text
    assert "Of other people's digits the same models read **20.0 %** of bars: it learnt these drawings" in text
    assert not [label for label in buttons(app) if label.startswith(("Evaluate", "Train the", "Find"))]


def test_a_data_set_that_shares_an_image_is_not_other_peoples(furnished: object, tmp_path: object) -> None:
    mixed = sharing(tmp_path)
    for run in all_runs():
        read(run, mixed, 0.9, seen=1)
    text = shown(opened())
    assert "not other people&#x27;s: 1 of its 11 images are in starter" in text
    assert "not evaluated yet" not in text
    assert "90.0 %" not in text
    assert "cannot be told: the lab has no data set of theirs yet" in text
    assert not [label for label in buttons(opened()) if label.startswith("Evaluate")]


@pytest.mark.usefixtures("furnished")
def test_a_claim_without_a_leak_and_others_read_as_well_are_said_to_hold() -> None:
    dataset = Dataset.open("starter")
    four_drawings(dataset)
    score = Score(0.9, 0.9, 0.9, ("a",), 0.0)
    found = Honesty(small("pytorch"), 4, {"pytorch": score}, {}, {"pytorch": [0], "tensorflow": [0]},
                    {"x": {"pytorch": score}})  # fmt: skip
    first, second = (text.replace("\u00a0", " ") for text in sentences(found, dataset, {"x": "mnist"}))
    assert first == "The **90.0 %** is no trick of copies: no test image has a copy in training."
    assert second.endswith("read **90.0 %** of mnist: what it learnt holds for others too.")


@pytest.mark.usefixtures("furnished")
def test_of_others_who_are_read_well_and_others_who_are_not_it_is_said_which_are() -> None:
    well, badly = (Score(share, share, share, ("a",), 0.0) for share in (0.89, 0.6))
    found = Honesty(small("pytorch"), 4, {"pytorch": Score(0.9, 0.9, 0.9, ("a",), 0.0)}, {}, {"pytorch": [0]},
                    {"x": {"pytorch": well}, "y": {"pytorch": badly}, "z": {"pytorch": well}})  # fmt: skip
    _, said = sentences(found, Dataset.open("starter"), {"x": "pen", "y": "mnist", "z": "usps"})
    assert said.endswith(": what it learnt holds for pen and usps, not for mnist.")


def test_the_board_marks_what_leaks_what_is_honest_and_what_is_missing(furnished: object, tmp_path: object) -> None:
    starter, dataset = Dataset.open("starter"), other_people(tmp_path)
    run = all_runs()[0]
    assert (cell(run, starter)["note"], cell(run, starter)["own"]) == ("leak unknown", True)
    assert cell(run, dataset) == {"accuracy": None, "note": "not evaluated", "own": False}
    four_drawings(starter)
    assert cell(run, starter)["note"] == "⚠ leak 100 %"
    assert cell(made_fold("pytorch", 0, 0.6), starter) == {"accuracy": 0.6, "note": "honest", "own": True}
    read(run, dataset, 0.25, seen=3)
    assert cell(run, dataset) == {"accuracy": 0.25, "note": "⚠ 3 learnt, left out", "own": False}
    read(run, dataset, 0.25, seen=None)
    assert cell(run, dataset)["note"] == "not evaluated", "its own data set is there: it can be known"
    delete("starter")
    assert cell(run, dataset) == {"accuracy": 0.25, "note": "⚠ seen or not: nobody can say", "own": False}


def test_the_board_evaluates_all_that_is_missing(
    furnished: object, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = other_people(tmp_path)
    app = opened("compare", tab="Other people's digits")
    assert "not evaluated" in shown(app)
    started: list[int] = []
    start: Callable[..., object] = lambda pairs, owner: started.append(len(pairs))  # noqa: E731
    monkeypatch.setattr(evaluations, "start_evaluations", start)
    click(app, "Evaluate all (2 missing)")
    assert started == [2]
    for run in all_runs():
        read(run, dataset, 0.25)
    app = opened("compare", tab="Other people's digits")
    assert shown(app).count("25.0 %") == 2
    assert "Evaluate all" not in "".join(buttons(app))


def test_an_evaluation_at_work_has_a_bar_and_a_stop(furnished: object, tmp_path: object) -> None:
    other_people(tmp_path)
    job = Job(evaluations.KIND, "one")
    lock = jobs.create(job, {"pairs": []}, owner="ann")
    assert lock is not None
    status = {**job.status(), "state": "running", "phase": "reading", "done": 5, "total": 10, "seconds_left": 62}
    write_json(job.folder / "status.json", status)
    app = opened()
    (text,) = [element.proto.text for element in app.get("progress")]
    assert text == "**Reading other data sets** · reading · 5 of 10 images · 1:02 left"
    click(app, "Stop")
    lock.close()
    assert (job.folder / "stop").exists()


def test_data_sets_stand_side_by_side_with_the_runs_on_each(furnished: object, tmp_path: object) -> None:
    other_people(tmp_path)
    app = opened("dataset", name="starter")
    assert "Stroke width" not in shown(app), "nothing is measured until it is opened"
    app.session_state["side-by-side"] = True
    app.run()
    assert not app.exception, app.exception
    text = shown(app)
    assert "| Stroke width, pixels |" in text
    assert "Measured on 10 to 1,797 images of each" in text
    assert "- **starter**, 2 runs" in text
    assert "- **bars**, no run" in text
    assert len(app.get("echarts_chart")) >= 7
    run = all_runs()[0]
    assert run.title.split(" · ")[0] in trained_on([Dataset.open("starter")], [run])
