"""What is damaged is named and hides nothing else: in the chart of claimed and honest, and beside other data sets."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from digits.dataset.dataset import Dataset
from digits.training.run import all_runs
from tests.pages.test_claims import opened, other_people, shown
from ui.comparison.board import cell


def chart_alone() -> AppTest:
    """The chart without the rest of the overview, in a server that has read nothing yet."""

    def page() -> None:
        from unittest.mock import patch

        import streamlit as st

        from ui.claims import chart

        st.cache_data.clear()
        with patch.object(st, "page_link"):  # there are no other pages
            chart.show()

    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def beside_alone() -> AppTest:
    """The data sets side by side, without the rest of the page, opened."""

    def page() -> None:
        from ui.datasets.side_by_side import side_by_side

        side_by_side()

    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["side-by-side"] = True
    app.run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize(("name", "content"), [("job.json", "{"), ("status.json", "[]"), ("result.json", "{}")])
def test_a_damaged_run_is_named_and_hides_no_other(furnished: object, name: str, content: str) -> None:
    damaged, sound = all_runs()
    (damaged.folder / name).write_text(content)
    accuracy = f"{100 * sound.result()['test_accuracy']:.1f} %"
    app = chart_alone()
    assert f"Left out: Run {damaged.id}" in shown(app)
    assert f"<b>{accuracy}</b>" in shown(app)

    app = beside_alone()
    assert f"Left out: Run {damaged.id}" in shown(app)
    assert "- **starter**, 1 run\n" in shown(app)
    assert accuracy in shown(app)


@pytest.mark.parametrize(("file", "content"), [("report.json", "{"), ("report.json", "{}"), ("index.parquet", "no")])
def test_a_damaged_data_set_is_named_and_hides_no_other(
    furnished: object, tmp_path: object, file: str, content: str
) -> None:
    bars = other_people(tmp_path)
    (bars.folder / file).write_text(content)
    app = chart_alone()
    assert "Left out: " in shown(app)
    assert "bars" in shown(app).partition("Left out: ")[2]
    assert "<b>Claimed</b>" in shown(app)


@pytest.mark.parametrize("lost", ["report.json", "images.npy"])
def test_data_sets_stand_side_by_side_though_one_is_damaged(furnished: object, tmp_path: object, lost: str) -> None:
    bars = other_people(tmp_path)
    (bars.folder / lost).write_text("{")
    (bars.folder / "shapes.npz").unlink()
    app = beside_alone()
    assert "bars" in shown(app).partition("Left out: ")[2]
    assert "| Median | starter |" in shown(app)


@pytest.mark.parametrize("page", ["", "compare"])
@pytest.mark.parametrize(("name", "content"), [("job.json", "{"), ("status.json", "[]"), ("result.json", "{")])
def test_a_page_with_a_damaged_run_shows_the_others(furnished: object, page: str, name: str, content: str) -> None:
    damaged, sound = all_runs()
    (damaged.folder / name).write_text(content)
    app = opened(page, tab="Other people's digits")
    assert [error.value for error in app.error] == []
    assert f"Left out: Run {damaged.id}" in shown(app)
    assert f"{100 * sound.result()['test_accuracy']:.2f} %" in [metric.value for metric in app.metric]
    for run in (damaged, sound):
        (run.folder / name).write_text(content)
    assert not opened(page).exception


def test_a_run_that_is_damaged_while_the_board_is_on_show_is_marked(furnished: object) -> None:
    run = all_runs()[0]
    (run.folder / "result.json").write_text("{")
    assert cell(run, Dataset.open("starter")) == {"accuracy": None, "note": "damaged", "own": True}
