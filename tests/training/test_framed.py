"""The framed ink of large data sets is kept, and never believed where it may be another's."""

from __future__ import annotations

import os

import numpy as np
import pytest

from digits.dataset.dataset import Dataset
from digits.engine.sweep import orphans, sweep
from digits.settings import part
from digits.training import framed
from digits.training.framed import framed_images, framed_ink
from digits.training.recipe import Recipe
from tests.starter import build_starter


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A data set that counts as large."""
    build_starter()
    monkeypatch.setattr(framed, "FEW", 1_000)
    return Dataset.open("starter")


def recipe(frame: str) -> Recipe:
    return Recipe(framework="pytorch", dataset="starter", frame=frame)


def kept() -> list[str]:
    return sorted(path.name for path in part("framed").iterdir())


def test_what_took_long_is_read_the_second_time(starter: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    first = framed_images(starter, recipe("even"))
    assert np.array_equal(first, framed_ink(starter.images, recipe("even")))
    assert kept() == [f"{starter.fingerprint[:16]}-even.npy"]
    monkeypatch.setattr(framed, "framed_ink", lambda *_: pytest.fail("framed again"))
    assert np.array_equal(framed_images(starter, recipe("even")), first)


def test_small_data_sets_and_pictures_as_drawn_are_not_kept(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    framed_images(starter, recipe("as-drawn"))
    monkeypatch.setattr(framed, "FEW", 2_000)
    framed_images(starter, recipe("centred"))
    assert kept() == []


@pytest.mark.parametrize("change", ["a flipped bit", "other code"])
def test_a_file_that_is_damaged_or_by_other_code_is_framed_anew(
    starter: Dataset, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    right = framed_images(starter, recipe("centred"))
    path = part("framed") / kept()[0]
    if change == "other code":
        monkeypatch.setattr(framed, "_code", lambda: ["another"])
    data = bytearray(path.read_bytes())
    data[5_000] ^= change == "a flipped bit"
    path.write_bytes(data)
    assert np.array_equal(framed_images(starter, recipe("centred")), right)
    assert path.read_bytes() != bytes(data), "it was replaced"


def test_a_full_disk_costs_time_alone(starter: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(framed, "save", full)
    assert len(framed_images(starter, recipe("centred"))) == len(starter.labels)


def test_what_belongs_to_no_data_set_is_swept_away(starter: Dataset) -> None:
    framed_images(starter, recipe("centred"))
    gone, half = part("framed") / f"{'0' * 16}-even.npy", part("framed") / f".{kept()[0]}.1234"
    for path in (gone, half):
        path.write_bytes(b"of one that is gone, or of a process that is")
    os.utime(half, (0, 0))
    assert set(orphans()) == {gone, half}, "the doctor names them"
    sweep()
    assert kept() == [f"{starter.fingerprint[:16]}-centred.npy"]
