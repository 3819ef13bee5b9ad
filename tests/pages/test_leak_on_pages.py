"""What a split leaks is said before a training starts, and wherever its accuracy stands."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.training.run import all_runs
from tests import canvases  # noqa: F401, before what it stands in for
from tests.starter import four_drawings
from ui.leak import cell, mark, sentence, share, short_mark

MARK = "100 % of its test images have a copy in training"


@pytest.fixture
def starter(furnished: object) -> Dataset:
    return Dataset.open("starter")


def opened(page: str = "", **parameters: str) -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60)
    if not page:
        app.run()
    else:
        app.run()
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page(str(settings.PROJECT / "pages" / f"{page}.py")).run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def choose(app: AppTest, name: str, value: object) -> None:
    widget = next(one for one in (*app.selectbox, *app.number_input) if str(one.key) == f"notebook-adam-{name}")
    widget.set_value(value).run()
    assert not app.exception, app.exception


def can_start(app: AppTest) -> bool:
    return not next(button for button in app.button if button.label == "Start").disabled


@pytest.mark.usefixtures("starter")
def test_while_families_are_unknown_so_is_the_leak_and_it_is_said_what_to_do() -> None:
    app = opened("train")
    assert "**unknown until families are found**" in shown(app)
    assert "python -m digits families starter" in shown(app)
    assert can_start(app)
    choose(app, "split", "family")
    assert "it is found first, then training starts" in shown(app)
    assert "Find families and start" in [button.label for button in app.button]


def test_the_leak_of_the_chosen_split_is_said_before_it_starts(starter: Dataset) -> None:
    four_drawings(starter)
    app = opened("train")
    assert "**100 % of the test images have a copy in training.**" in shown(app)
    choose(app, "split", "family")
    assert "**No test image has a copy in training.**" in shown(app)
    assert "Changed from the preset: split family." in shown(app)
    choose(app, "folds", 5)
    assert "expected at most 4 folds, received 5 folds, 4 families" in shown(app)
    assert not can_start(app)


def test_a_fold_can_be_chosen_up_to_the_last_one_and_another_number_of_folds_begins_anew(starter: Dataset) -> None:
    four_drawings(starter)
    app = opened("train")
    choose(app, "split", "family")
    choose(app, "fold-of-4", 3)
    assert "fold 3" in shown(app)
    choose(app, "folds", 2)
    assert can_start(app)
    fold = next(one for one in app.number_input if str(one.key) == "notebook-adam-fold-of-2")
    assert (fold.value, fold.max) == (0, 1)


def test_the_split_is_a_picture_with_the_share_that_is_really_tested(starter: Dataset) -> None:
    four_drawings(starter)
    app = opened("train")
    app.session_state["split"] = True
    app.run()
    assert "1,437 train, 360 test: **20.0 %** of starter is tested" in shown(app)
    assert "torn apart: they lie on both sides" in shown(app)
    choose(app, "split", "family")
    assert "Families lie on one side whole" in shown(app)


def test_a_run_on_a_leaking_split_carries_the_mark_on_every_page(starter: Dataset) -> None:
    pages = {page: opened(page) for page in ("", "train", "compare", "draw")}
    assert not any("⚠" in shown(app) or "of its test images" in shown(app) for app in pages.values())
    four_drawings(starter)
    overview, train = shown(opened()), shown(opened("train"))
    assert overview.count(MARK) == 2 + 2, "both best, both latest"
    assert "100 % of these test images have a copy in training." in overview, "the verdict"
    assert train.count(MARK) == 2 + 2 + 0, "the rows and the heads of the log"
    compare = opened("compare")
    assert shown(compare).count(MARK) == 2
    assert set(compare.dataframe[0].value["leak"]) == {"⚠ 100 %"}
    titles = [option for box in opened("draw").selectbox for option in box.options]
    assert len(titles) == 2
    assert all(title.endswith("⚠ leak 100 %") for title in titles)


def test_relatives_that_a_source_names_are_not_called_copies(starter: Dataset) -> None:
    families = four_drawings(starter)
    store.keep(starter, families % 4, {"by": "source"})  # four writers
    run = all_runs()[0]
    assert mark(run).endswith("100 % of its test images have a relative in training")
    assert sentence(run).endswith("100 % of these test images have a relative in training.")
    app = opened("train")
    assert "**100 % of the test images have a relative in training.**" in shown(app)
    choose(app, "split", "family")
    assert "**No test image has a relative in training.** It will be tested on new families." in shown(app)


def test_a_run_that_does_not_leak_or_of_which_nothing_is_known_has_no_mark(starter: Dataset) -> None:
    run = all_runs()[0]
    assert (mark(run), short_mark(run)) == ("", "")
    store.keep(starter, np.arange(1_797), {"by": "search"})
    assert (mark(run), short_mark(run)) == ("", "")


@pytest.mark.parametrize(
    ("leak", "words"),
    [(1.0, "100 %"), (0.99996, "more than 99.9 %"), (0.9994, "99.9 %"), (0.3123, "31.2 %"), (1e-5, "less than 0.1 %"),
     (0.0, "0 %")],
)  # fmt: skip
def test_a_leak_is_never_rounded_to_all_or_nothing(leak: float, words: str) -> None:
    assert share(leak) == words


def test_a_table_tells_none_from_unknown() -> None:
    assert (cell(None), cell(0.0), cell(0.5)) == ("unknown", "none", "⚠ 50.0 %")
