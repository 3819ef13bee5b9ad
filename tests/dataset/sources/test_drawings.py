from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits import drawings, settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.sources import open_source
from digits.errors import SourceError
from digits.images.frame import frame
from digits.images.ink import to_ink
from tests.dataset.sources.made import pictures
from tests.drawings.made import drawn, one_of_each


def test_each_drawing_is_an_image_that_fills_the_frame(lab: Path) -> None:
    each = one_of_each(more=3)
    labels, found = pictures(open_source("drawings"))
    order = sorted(range(13), key=lambda number: (number % 10, number))
    assert labels == [number % 10 for number in order]
    inks = to_ink(found)
    np.testing.assert_array_equal(inks, [frame(each[number].ink(), "centred") for number in order])
    tall = np.ptp(np.nonzero((inks > 64).any(axis=(0, 2)))[0]) + 1
    assert 19 <= tall <= 22, "though it was drawn 140 pixels high on 280"


def test_each_drawing_is_a_family_of_its_own(lab: Path) -> None:
    one_of_each(more=5)
    drawings.keep(1, drawn(11))
    report = build(open_source("drawings"), "mine", staging=lab / "s")
    families = families_of(Dataset.open("mine"))
    assert families is not None
    assert len(np.unique(families)) == report["images"] == 16
    assert (report["kind"], report["writers"]) == ("drawings", ["me"])


def test_digits_that_were_never_drawn_are_named() -> None:
    with pytest.raises(SourceError, match=r"No drawing is kept yet\. Draw a digit"):
        open_source("drawings")
    for digit in (0, 1, 2, 4, 5, 6, 8, 9):
        drawings.keep(digit, drawn(digit))
    with pytest.raises(SourceError, match=r"There is no drawing of 3, 7 yet: expected at least one of each digit"):
        open_source("drawings")


def test_a_damaged_drawing_is_refused_by_name_and_the_others_are_built(lab: Path) -> None:
    each = one_of_each(more=2)
    folder = settings.part("drawings")
    (folder / f"{each[10].id}.json").write_bytes(b"{")
    (folder / f"{each[11].id}.png").write_bytes(b"other")
    source = open_source("drawings")
    report = build(source, "mine", staging=lab / "s")
    assert (report["images"], report["rejected"]) == (10, 2)
    reasons = dict(Dataset.open("mine").rejected())
    assert "is damaged" in reasons[f"{each[10].id}.json"]
    assert "picture of drawing" in reasons[f"1/1/{each[11].id}.png"]


def test_drawings_that_are_the_same_make_the_same_data_set_and_a_correction_another(lab: Path) -> None:
    each = one_of_each(more=1)
    first, again = (build(open_source("drawings"), name, staging=lab / name) for name in ("a", "b"))
    assert (first["fingerprint"], first["drawings"]) == (again["fingerprint"], again["drawings"])
    drawings.correct(each[10].id, 5)
    other = build(open_source("drawings"), "c", staging=lab / "s")
    assert other["fingerprint"] != first["fingerprint"]
    assert other["drawings"] != first["drawings"]
