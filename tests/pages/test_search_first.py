"""Training by family on the page Train while families are unknown: they are found first, then training starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.engine.families import searches_of, start_search
from digits.engine.following import start_all, wanted_after
from digits.files import Lock, write_json
from digits.training.run import all_runs
from tests.pages.test_train_page import opened, shown
from tests.starter import build_starter, four_drawings


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Lock]]:
    """No worker is started: each job waits with its lock held."""
    locks: list[Lock] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: locks.append(lock))
    yield locks
    for lock in locks:
        lock.close()


@pytest.fixture
def starter() -> Dataset:
    build_starter()
    return Dataset.open("starter")


def by_family() -> AppTest:
    app = opened()
    next(box for box in app.selectbox if str(box.key).endswith("-split")).select("family").run()
    assert not app.exception, app.exception
    return app


def click(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


def test_the_runs_that_follow_a_search_stand_in_the_url_as_those_of_any_other_start(
    starter: Dataset, held: list[Lock]
) -> None:
    app = by_family()
    click(app, "Find families and start")
    (job,) = searches_of(starter)
    assert "Training starts as soon as they are found." in shown(app)
    assert "runs" not in app.query_params

    four_drawings(starter)
    status = {**job.status(), **start_all(job, owner="ann"), "state": "finished"}
    write_json(job.folder / "status.json", status)
    app.run()
    assert not app.exception, app.exception
    assert len(status["runs"]) == 2
    assert (
        sorted(app.query_params["runs"].split(",")) == sorted(status["runs"]) == sorted(run.id for run in all_runs())
    )
    del app.query_params["runs"]
    app.run()
    assert "runs" not in app.query_params, "once is enough"


def test_a_training_can_be_asked_for_while_somebody_elses_search_is_at_work(
    starter: Dataset, held: list[Lock]
) -> None:
    job = start_search(starter, owner="bob", tolerance=1.3)
    app = by_family()
    click(app, "Start when they are found")
    assert searches_of(starter) == [job]
    assert [recipe["framework"] for recipe in wanted_after(job)] == ["pytorch", "tensorflow"]
    assert "Training starts as soon as they are found." in shown(app)


def test_why_the_search_failed_is_said_where_it_can_be_asked_for_again(starter: Dataset, held: list[Lock]) -> None:
    app = by_family()
    click(app, "Find families and start")
    (job,) = searches_of(starter)
    write_json(job.folder / "status.json", {**job.status(), "state": "failed", "error": "The disk is full."})
    app.run()
    assert "Find families and start" in [button.label for button in app.button]
    assert [warning.value.replace("\\", "") for warning in app.warning] == [
        "No families were found: the search failed: The disk is full."
    ]
