"""Families on the Dataset page: found by a click, looked at, corrected, and marked as a person's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.dataset.families import words as said
from digits.engine.families import searches_of
from tests.pages.test_dataset_page import button, opened, words
from tests.starter import build_starter, four_drawings, wait_for_end


@pytest.fixture
def starter(lab: object) -> Dataset:
    build_starter()
    return Dataset.open("starter")


@pytest.fixture
def known(starter: Dataset) -> Dataset:
    families = four_drawings(starter)
    store.keep(starter, families, {"by": "search", "tolerance": 1.0, "seconds": 3.2}, np.arange(len(families)) / 100)
    return starter


def test_unknown_families_are_looked_for_by_a_click(starter: Dataset) -> None:
    app = opened(name="starter")
    button(app, "Find families").click().run()
    (job,) = searches_of(starter)
    assert any("Stop" in one.label for one in app.button) or wait_for_end(job) == "finished"
    assert wait_for_end(job) == "finished"
    assert "families** · the largest has" in words(opened(name="starter"))


def test_each_family_of_the_digit_is_shown_with_its_size(known: Dataset) -> None:
    app = opened(name="starter")
    assert "**40 families**" in words(app)
    shown = [line for line in words(app).splitlines() if line.startswith("Family ")]
    assert [line.split(" · ")[0] for line in shown] == ["Family 0", "Family 1", "Family 2", "Family 3"]
    assert all("a person said so" not in line for line in shown)


def test_merged_families_are_one_on_the_page_and_marked(known: Dataset) -> None:
    app = opened(name="starter")
    app.multiselect(key="families-merge").set_value([0, 2]).run()
    button(app, "Merge").click().run()
    families = store.families_of(known)
    assert families is not None
    assert len(np.unique(families)) == 39
    text = words(opened(name="starter"))
    assert "corrected 1 time by people" in text
    assert "a person said so" in text


def test_corrections_can_be_forgotten(known: Dataset) -> None:
    said.say(known, "split", [0])
    app = opened(name="starter")
    button(app, "Forget all corrections").click().run()
    assert said.words_of(known) == []
    assert not said.theirs(known)


def test_families_of_a_source_are_not_searched_again(starter: Dataset) -> None:
    store.keep(starter, four_drawings(starter), {"by": "source"})
    app = opened(name="starter")
    assert "as the source says" in words(app)
    assert not [one for one in app.button if one.label in ("Find families", "Find again")]


@pytest.mark.parametrize("by", ["search", "source"])
@pytest.mark.parametrize("damage", ["another index", "no JSON"])
def test_families_that_are_damaged_are_named_and_can_be_searched_again(
    known: Dataset, by: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = known.folder / store.ABOUT
    path.write_text("{" if damage == "no JSON" else json.dumps({"by": by, "index": "0" * 64}))
    started = []
    monkeypatch.setattr("digits.engine.local.start_anew", lambda kind, job, spec, owner: started.append(spec))
    app = opened(name="starter")
    said = "families.json is damaged" if damage == "no JSON" else "are others than those that were kept"
    assert said in words(app).replace("\\", "")
    button(app, "Search again").click().run()
    assert [spec["fingerprint"] for spec in started] == [known.fingerprint]


def test_corrections_that_are_damaged_are_named_and_can_be_forgotten(known: Dataset) -> None:
    before = store.families_of(known)
    said.say(known, "split", [0])
    (known.folder / store.WORDS).write_text("{")
    app = opened(name="starter")
    assert "words.json of starter is damaged" in words(app).replace("\\", "")
    button(app, "Forget all corrections").click().run()
    assert np.array_equal(store.families_of(known), before)  # type: ignore[arg-type]
    assert "**40 families**" in words(opened(name="starter"))


def test_corrections_that_are_damaged_can_be_forgotten_while_families_are_unknown(starter: Dataset) -> None:
    (starter.folder / store.WORDS).write_text("[]")
    app = opened(name="starter")
    assert "Forget all corrections, on the page Dataset." in words(app).replace("\\", "")
    button(app, "Forget all corrections").click().run()
    assert said.words_of(starter) == []
    assert "damaged" not in words(opened(name="starter"))


@pytest.fixture
def many(starter: Dataset) -> Dataset:
    """The starter set, each image a family: some 180 of each digit."""
    store.keep(starter, said.numbered(np.arange(1_797), starter.labels), {"by": "search", "tolerance": 1.0})
    return starter


def page_of_families(app: AppTest) -> list[int]:
    return [int(line.split()[1]) for line in words(app).splitlines() if line.startswith("Family ")]


def test_any_family_is_merged_by_its_number_though_the_page_shows_twelve(many: Dataset) -> None:
    app = opened(name="starter")
    assert page_of_families(app) == list(range(12))
    assert "Families 1 to 12 of the 178 of the digit 0" in words(app)
    app.multiselect(key="families-merge").set_value([3, "150"]).run()
    assert page_of_families(app) == [*range(12), 150], "what is not on the page is shown where it is chosen"
    button(app, "Merge").click().run()
    families = store.families_of(many)
    assert families is not None
    zeros = np.flatnonzero(many.labels == 0)
    assert families[zeros[3]] == families[zeros[150]]
    assert len(np.unique(families)) == 1_796


def test_a_number_that_no_family_of_the_digit_has_is_named_and_not_merged(many: Dataset) -> None:
    app = opened(name="starter")
    app.multiselect(key="families-merge").set_value([3, "178", "x", "-1", "9" * 30, "3"]).run()
    for text in ("178", "x", "-1"):
        assert f"No family of the digit 0 has the number {text}" in words(app).replace("\\", "")
    assert button(app, "Merge").disabled


def test_every_page_of_families_can_be_looked_at(many: Dataset) -> None:
    app = opened(name="starter")
    app.session_state["families-page-starter-0"] = 15
    app.run()
    assert page_of_families(app) == list(range(168, 178))


def test_the_family_of_an_image_is_shown_by_its_row(many: Dataset) -> None:
    app = opened(name="starter")
    app.number_input(key="families-row").set_value(1_000).run()
    families = store.families_of(many)
    assert families is not None
    assert page_of_families(app)[12:] == [families[1_000]]
    assert f"Image 1,000 is a {many.labels[1_000]}." in words(app)


def test_what_was_chosen_of_families_that_somebody_has_corrected_meanwhile_is_not_merged(known: Dataset) -> None:
    app = opened(name="starter")
    app.multiselect(key="families-merge").set_value([0, 2]).run()
    said.say(known, "split", [0])
    before = store.families_of(known)
    button(app, "Merge").click().run()
    assert not app.exception, app.exception
    assert np.array_equal(store.families_of(known), before)  # type: ignore[arg-type]
    assert app.multiselect(key="families-merge").value == []
    assert [toast.value for toast in app.toast] == ["The families have changed meanwhile: choose again."]


def test_of_a_writer_the_images_of_the_digit_are_shown_and_taken_out(starter: Dataset) -> None:
    store.keep(starter, np.arange(1_797) % 4, {"by": "source"})
    app = opened(name="starter")
    zeros = np.flatnonzero(starter.labels == 0)
    mine = int((zeros % 4 == 0).sum())
    assert f"Family 0 · **{mine}** images of this digit, 450 in all" in words(app)
    app.selectbox(key="families-split").set_value(0).run()
    assert not app.exception, app.exception
    assert "Click an image." in words(app)
