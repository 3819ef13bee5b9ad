from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.dataset.split import at_random
from digits.errors import IntegrityError, NotFoundError
from digits.images.frame import frame
from digits.images.ink import to_rgba
from digits.models import weights
from digits.training import framed, inputs
from digits.training.framed import framed_ink
from digits.training.inputs import columns, fill, full_inputs, load, room, scaled
from digits.training.recipe import Recipe
from tests import factory

each_pixels = pytest.mark.parametrize("pixels", ["rgba", "ink"])
IMAGES = 40
ONLY_IN_TEST = 27 * 28 + 27  # the last pixel, which a test image alone has ink on


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="mine", network="6-5", dtype="float64").changed(**values)


def inks() -> np.ndarray:
    """(40, 28, 28) uint8: ink on some pixels of the middle, four images of each digit in turn."""
    rng = np.random.default_rng(3)
    ink = np.zeros((IMAGES, 28, 28), np.uint8)
    ink[:, 6:20, 7:22] = rng.integers(1, 256, (IMAGES, 14, 15)) * (rng.random((IMAGES, 14, 15)) < 0.7)
    ink.reshape(IMAGES, 784)[at_random(IMAGES, recipe()).test[0], ONLY_IN_TEST] = 9
    return ink


@pytest.fixture
def mine(tmp_path: Path, lab: Path) -> Dataset:
    """The data set of `inks`."""
    files = {
        f"{number // 4}/{number % 4}.png": factory.saved(Image.fromarray(picture))
        for number, picture in enumerate(to_rgba(inks()))
    }
    build(open_source(factory.folder(tmp_path / "source", files)), "mine", staging=lab / "staging")
    return Dataset.open("mine")


def test_rgba_has_the_ink_in_every_fourth_column_and_ink_has_nothing_else() -> None:
    ink = inks().reshape(-1, 784)
    rgba, narrow = full_inputs(ink, recipe(scale=255.0)), full_inputs(ink, recipe(scale=255.0, pixels="ink"))
    assert rgba.shape == (IMAGES, 3136)
    assert np.array_equal(rgba.reshape(IMAGES, 784, 4)[..., 3], ink)
    assert not rgba.reshape(IMAGES, 784, 4)[..., :3].any()
    assert narrow.shape == (IMAGES, 784)
    assert np.array_equal(narrow, ink)


def test_rgba_is_the_picture_that_the_notebook_flattens() -> None:
    pictures = to_rgba(inks())
    assert np.array_equal(full_inputs(framed_ink(pictures, recipe()), recipe()), pictures.reshape(IMAGES, 3136))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1.0, 255.0, 2.0])
def test_full_ink_is_the_scale_and_paper_is_zero(scale: float, dtype: str) -> None:
    numbers = scaled(np.array([[0, 51, 255]], np.uint8), recipe(scale=scale, dtype=dtype))
    assert numbers.dtype == dtype
    assert numbers == pytest.approx(np.array([[0, scale / 5, scale]]), rel=1e-6)


def test_ink_is_framed_as_the_recipe_says() -> None:
    pictures = to_rgba(inks()[:3])
    centred = framed_ink(pictures, recipe(frame="centred"))
    assert np.array_equal(centred[2], frame(inks()[2], "centred").ravel())
    assert not np.array_equal(centred, framed_ink(pictures, recipe()))


def test_pictures_are_framed_alike_in_chunks_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = to_rgba(inks())
    whole = framed_ink(pictures, recipe())
    monkeypatch.setattr(framed, "CHUNK", 7)
    assert np.array_equal(framed_ink(pictures, recipe()), whole)
    assert framed_ink(pictures[:0], recipe()).shape == (0, 784)


@pytest.mark.usefixtures("mine")
def test_the_parts_are_the_rows_of_the_split_with_their_labels(mine: Dataset) -> None:
    data, rows = load(recipe(), mine.fingerprint), at_random(IMAGES, recipe())
    for part, expected in ((data.train, rows.train), (data.test, rows.test)):
        assert np.array_equal(part.rows, expected)
        assert np.array_equal(part.labels, expected // 4)
        assert np.array_equal(part.inputs, full_inputs(inks().reshape(-1, 784)[expected], recipe())[:, data.live])


@each_pixels
def test_what_is_left_out_is_zero_in_every_image_and_what_is_kept_is_not(mine: Dataset, pixels: str) -> None:
    chosen = recipe(pixels=pixels)
    data, full = load(chosen, mine.fingerprint), full_inputs(inks().reshape(-1, 784), chosen)
    dead = np.setdiff1d(np.arange(chosen.widths[0]), data.live)
    assert not full[:, dead].any()
    assert full[:, data.live].any(axis=0).all()
    assert 0 < len(data.live) < 784


@each_pixels
def test_augmentation_may_bring_ink_anywhere_and_decay_takes_from_every_weight(mine: Dataset, pixels: str) -> None:
    augmented, decaying = recipe(pixels=pixels, rotation=5.0), recipe(pixels=pixels, weight_decay=0.01, zoom=0.1)
    few, all_ink, everything = (load(one, mine.fingerprint) for one in (recipe(pixels=pixels), augmented, decaying))
    assert np.array_equal(all_ink.live, columns(augmented))
    assert np.array_equal(everything.live, np.arange(decaying.widths[0]))
    for data in (all_ink, everything):
        assert np.array_equal(data.test.inputs[:, np.isin(data.live, few.live)], few.test.inputs)
        assert not data.test.inputs[:, ~np.isin(data.live, few.live)].any()


@each_pixels
def test_the_narrow_network_says_what_the_full_one_says(mine: Dataset, pixels: str) -> None:
    chosen = recipe(pixels=pixels)
    data, state = load(chosen, mine.fingerprint), weights.initial(chosen)
    full = full_inputs(inks().reshape(-1, 784)[data.test.rows], chosen)
    narrow = weights.narrow(state, data.live)
    assert narrow["layer.0.kernel"].shape == (len(data.live), 6)
    ours = weights.forward(narrow, data.test.inputs, "relu")
    for layer, expected in zip(ours, weights.forward(state, full, "relu"), strict=True):
        assert layer == pytest.approx(expected, rel=1e-12, abs=1e-12)


@each_pixels
def test_an_input_that_only_a_test_image_has_ink_on_is_alive(mine: Dataset, pixels: str) -> None:
    chosen = recipe(pixels=pixels)
    data = load(chosen, mine.fingerprint)
    column = np.flatnonzero(data.live == columns(chosen)[ONLY_IN_TEST])
    assert len(column) == 1
    assert not data.train.inputs[:, column].any()
    assert data.test.inputs[0, column] == 9


def test_a_data_set_that_was_built_anew_is_another_one(mine: Dataset) -> None:
    with pytest.raises(IntegrityError, match=r"mine is another one now: expected 0{16}, received \w{16}\."):
        load(recipe(), "0" * 64)


def test_pictures_are_checked_before_anything_is_learnt_from_them(mine: Dataset) -> None:
    path = mine.folder / "images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"block 0\) are not those that were written"):
        load(recipe(), mine.fingerprint)


def test_a_data_set_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="There is no data set called 'mine'"):
        load(recipe(), "0" * 64)


@each_pixels
@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_room_is_filled_with_the_inputs_of_one_epoch_after_another(pixels: str, decay: float, dtype: str) -> None:
    chosen = recipe(pixels=pixels, weight_decay=decay, dtype=dtype, rotation=5.0, scale=0.7)
    live = inputs.alive(inks().reshape(-1, 784), chosen)
    found = room(IMAGES, chosen, live)
    assert found.ctypes.data % inputs.ALIGNED_BYTES == 0
    for ink in (inks().reshape(-1, 784), 255 - inks().reshape(-1, 784)):
        fill(found, ink, chosen)
        expected = full_inputs(ink, chosen)[:, live]
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
