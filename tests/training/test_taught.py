"""The drawings that a run is tuned on, as they are taken, kept and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits import drawings, settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import DRAWINGS, open_source
from digits.drawings.stroke_file import Painted
from digits.errors import IntegrityError
from digits.evaluation.evaluate import seen_of
from digits.files import sha256
from digits.images.frame import frame
from digits.images.ink import to_rgba
from digits.images.strokes import Drawing, drawn_ink, fit, read_drawings
from digits.training import taught
from digits.training.taught import Taught, of_kept, of_strokes
from tests.dataset.sources.made import strokes
from tests.drawings.made import mixed, one_of_each


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return strokes(tmp_path / "pen.json.gz")


def built(source: str, name: str) -> Dataset:
    build(open_source(source), name, staging=settings.part("builds") / name)
    return Dataset.open(name)


def learnt(found: Taught) -> Taught:
    """The same, with nothing held out."""
    return Taught(found.entries, found.ink, np.zeros(len(found.entries), bool), frozenset())


@pytest.mark.parametrize("how", ["as-drawn", "centred", "even"])
def test_strokes_of_a_file_are_seen_as_the_command_draw_sees_them(file: Path, how: str) -> None:
    there = read_drawings(file)
    found = of_strokes(there, how)
    assert np.array_equal(found.ink, seen_of(there, how))
    assert found.digits.tolist() == [one.digit for one in there]
    assert found.writers == [one.writer for one in there]


def test_drawings_of_the_lab_are_seen_as_they_were_on_the_canvas_and_keep_their_ids() -> None:
    kept = one_of_each()
    found = of_kept(kept, "centred")
    assert [entry["id"] for entry in found.entries] == [one.id for one in kept]
    assert found.ink.shape == (10, 784)
    assert found.ink.any(axis=1).all()


def test_a_drawing_whose_picture_is_damaged_is_left_out() -> None:
    kept = one_of_each()
    (settings.part("drawings") / f"{kept[3].id}.png").write_bytes(b"no picture")
    assert of_kept(kept, "centred").digits.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_the_same_strokes_count_once_whatever_they_are_called(file: Path) -> None:
    there = read_drawings(file)
    again = [Drawing((one.digit + 1) % 10, "somebody", one.strokes) for one in there]
    found = of_strokes([*there, *again], "centred")
    assert found.digits.tolist() == [one.digit for one in there]


def test_what_tells_drawings_apart_does_not_depend_on_their_order(file: Path) -> None:
    there = read_drawings(file)
    found, back = of_strokes(there, "centred"), of_strokes(there[::-1], "centred")
    assert found.identity == back.identity
    assert found.identity == of_strokes(there, "even").identity, "how they are framed is the recipe's"
    assert found.identity != of_strokes(there[1:], "centred").identity
    other = Drawing(9, there[0].writer, there[0].strokes)
    assert found.identity != of_strokes([other, *there[1:]], "centred").identity, "its digit was corrected"


def test_they_are_kept_whole_and_their_strokes_are_a_file_like_any_other(file: Path, tmp_path: Path) -> None:
    found = of_strokes(read_drawings(file), "centred").after(frozenset({"0123456789abcdef"}))
    found.save(tmp_path)
    again = taught.read(tmp_path)
    assert again.entries == found.entries
    assert np.array_equal(again.ink, found.ink)
    assert np.array_equal(again.held, found.held)
    assert again.held.sum() == 4
    assert again.learnt == found.learnt
    assert len(again.learnt) == 16 + 1
    others = read_drawings(tmp_path / taught.STROKES)
    for one, other in zip(read_drawings(file), others, strict=True):
        assert (one.digit, one.writer) == (other.digit, other.writer)
        for stroke, same in zip(fit(one.strokes), other.strokes, strict=True):
            np.testing.assert_allclose(stroke, same)


@pytest.mark.parametrize("name", [taught.STROKES, taught.DRAWINGS])
def test_copies_that_are_damaged_or_missing_are_named(file: Path, tmp_path: Path, name: str) -> None:
    of_strokes(read_drawings(file), "centred").save(tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / name).write_bytes(data)
    with pytest.raises(IntegrityError, match=f"{name} of|{name} is damaged"):
        taught.read(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(IntegrityError, match=name):
        taught.read(tmp_path)


def test_what_an_ancestor_has_learnt_is_never_held_out(file: Path) -> None:
    first = of_strokes(read_drawings(file), "centred").after(frozenset())
    second = of_strokes(read_drawings(file), "centred").after(first.learnt)
    assert first.held.sum() == 4
    assert not (second.held & ~first.held).any()
    assert second.learnt >= first.learnt


def test_images_of_drawings_that_were_learnt_are_found_in_a_data_set_of_strokes(file: Path) -> None:
    dataset, there = built(str(file), "pen"), read_drawings(file)
    found = taught.rows_of(dataset, learnt(of_strokes(there[:3], "even")))
    assert sorted(dataset.files[row] for row in np.flatnonzero(found)) == ["0/0/0.png", "1/1/1.png", "2/2/2.png"]


def test_images_of_drawings_that_were_learnt_are_found_in_a_data_set_of_the_labs_drawings() -> None:
    kept = [drawings.keep(number % 10, slanted(number)) for number in range(15)]
    dataset = built(DRAWINGS, "mine")
    found = taught.rows_of(dataset, learnt(of_kept(kept[:2], "even")))
    assert sorted(dataset.files[row] for row in np.flatnonzero(found)) == [
        f"{one.digit}/{one.digit}/{one.id}.png" for one in kept[:2]
    ]
    other = drawings.keep(7, slanted(20))
    assert not taught.rows_of(dataset, learnt(of_kept([other], "even"))).any()


def slanted(number: int) -> Painted:
    """A drawing that no other number has, wherever it is."""
    strokes = (np.array([[60.0, 40.0], [70.0 + 9 * number, 200.0]]), np.array([[60.0, 40.0], [200.0, 60.0]]))
    return Painted(drawn_ink(strokes), strokes, 16.0)


def test_drawings_that_are_held_out_were_not_learnt(file: Path) -> None:
    dataset, found = built(str(file), "pen"), of_strokes(read_drawings(file), "even")
    held = Taught(found.entries, found.ink, np.ones(20, bool), frozenset())
    assert not taught.rows_of(dataset, held).any()


def test_a_drawing_with_two_pens_is_known_by_its_picture() -> None:
    found = of_kept([drawings.keep(3, mixed())], "centred")
    assert sha256(to_rgba(frame(mixed().ink, "centred")).data.cast("B")).encode() in taught._names(found.entries[0])
