"""The group Augmentation of the page Train: a slider a strength, and what they do to eight digits."""

from __future__ import annotations

import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.dataset.dataset import Dataset
from digits.dataset.split import split_of
from digits.training.framed import framed_ink
from digits.training.presets import preset
from digits.training.recipe import STRENGTHS, Recipe
from digits.training.variants import draw
from ui.training import augmentation
from ui.training.augmentation import DIGITS, SLIDERS, VARIANTS, eight, picture

pytestmark = pytest.mark.usefixtures("furnished")


def opened(recipe: str, group: bool = True) -> AppTest:
    """The page with a recipe chosen and the group open, or closed as a visitor finds it."""
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    app.session_state["group-Augmentation"] = group
    app.switch_page(str(settings.PROJECT / "pages" / "train.py")).run()
    app.selectbox(key="recipe").select(recipe).run()
    assert not app.exception, app.exception
    return app


def sliders(app: AppTest) -> dict[str, object]:
    return {str(one.key).rpartition("-")[2]: one for one in app.slider}


def pictures(app: AppTest) -> list[str]:
    """The addresses of the pictures on the page: other bytes have another."""
    return [one.proto.imgs[0].url for one in app.get("image")]


def said(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def hand() -> Recipe:
    return preset("hand", framework="pytorch", dataset="starter")


def test_every_strength_has_a_slider_that_reaches_from_nothing_beyond_the_preset() -> None:
    assert set(SLIDERS) == set(STRENGTHS)
    found = sliders(opened("hand"))
    assert set(found) == set(STRENGTHS)
    for name, slider in found.items():
        assert (slider.min, slider.value) == (0, getattr(hand(), name))
        assert slider.max > slider.value
        assert slider.help.endswith(".")


def test_a_slider_reaches_as_far_as_the_recipe_that_it_begins_with() -> None:
    wide = hand().changed(rotation=80.0)
    app = AppTest.from_function(_only_sliders, kwargs={"rotation": wide.rotation}).run()
    assert (app.slider[0].max, app.slider[0].value) == (80, 80)
    assert app.session_state["found"] == {name: getattr(wide, name) for name in STRENGTHS}


def _only_sliders(rotation: float) -> None:
    import streamlit as st

    from digits.training.presets import preset
    from ui.training.augmentation import augmentation_sliders

    recipe = preset("hand", framework="pytorch", dataset="starter", rotation=rotation)
    st.session_state["found"] = augmentation_sliders(recipe, "mine")


def test_an_open_group_shows_eight_digits_and_what_becomes_of_them() -> None:
    app = opened("hand")
    assert len(pictures(app)) == 1
    assert f"Eight training digits, and below each {VARIANTS} ways" in said(app)


def test_a_closed_group_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "draw", lambda *_: pytest.fail("it is closed"))
    assert pictures(opened("hand", group=False)) == []


def test_moving_a_slider_changes_the_variants_within_a_second_and_nothing_else_moves() -> None:
    app = opened("hand")
    before, captions = pictures(app), len(app.caption)
    start = time.process_time()
    sliders(app)["slant"].set_value(0.9).run()
    assert time.process_time() - start < 1
    assert not app.exception
    assert pictures(app) != before
    assert len(app.caption) == captions + 1, "what differs from the preset is said"
    sliders(app)["slant"].set_value(hand().slant).run()
    assert pictures(app) == before, "the same strengths show the same variants"


def test_without_strengths_it_says_that_images_stay_as_they_are() -> None:
    app = opened("notebook-adam")
    assert "With all strengths at 0 every epoch shows them as they are." in said(app)
    assert len(pictures(app)) == 1, "the page does not jump when the first slider is moved"


def test_what_sliders_say_is_what_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Recipe] = []
    monkeypatch.setattr("ui.training.begin.start", lambda recipe, *, again: begun.append(recipe) or _stop())
    app = opened("hand")
    sliders(app)["elastic"].set_value(2.1)
    next(button for button in app.button if button.label == "Start").click().run()
    assert begun == [hand().changed(elastic=2.1, threads=settings.cores())]


def _stop() -> None:
    from digits.errors import ConflictError

    raise ConflictError("no further")


def test_the_digits_are_of_the_training_part_one_of_each_and_framed_as_the_recipe_says() -> None:
    dataset = Dataset.open("starter")
    train = split_of(dataset, hand()).train
    for frame in ("as-drawn", "even"):
        recipe = hand().changed(frame=frame)
        known = framed_ink(np.asarray(dataset.images[train]), recipe)
        found = eight(recipe)
        assert found.shape == (8, 784)
        for ink, digit in zip(found, DIGITS, strict=True):
            same = np.flatnonzero((known == ink).all(axis=1))
            assert digit in dataset.labels[train[same]]


def test_the_picture_has_a_column_a_digit_the_stored_one_above() -> None:
    ink = eight(hand())
    shown = picture(ink, draw(ink, hand().changed(variants=VARIANTS), 1))
    tile = 30 * augmentation.SCALE
    assert shown.shape == ((1 + VARIANTS) * tile + augmentation.GAP, 8 * tile)
    first = shown[:tile:2, :tile:2][1:29, 1:29]
    assert np.array_equal(255 - first, ink[0].reshape(28, 28))


def test_a_recipe_that_cannot_be_split_shows_why_and_no_picture() -> None:
    recipe = hand().changed(split="family")
    app = AppTest.from_function(_only_preview, kwargs={"split": recipe.split}).run()
    assert not app.exception
    assert "families" in said(app)
    assert pictures(app) == []


def _only_preview(split: str) -> None:
    from digits.training.presets import preset
    from ui.training.augmentation import show_variants

    show_variants(preset("hand", framework="pytorch", dataset="starter", split=split))
