"""What a kept drawing is, and what is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from digits import drawings, settings
from digits.drawings import Kept
from digits.drawings.stroke_file import Painted
from digits.errors import IntegrityError, UsageError
from digits.images.strokes import drawn_ink
from tests.drawings.made import POINTS, drawn, mixed


@pytest.fixture
def kept() -> Kept:
    return drawings.keep(4, drawn(pen=12.0), answers={"a" * 16: 9})


def folder() -> Path:
    return settings.part("drawings")


def test_a_drawing_comes_back_as_it_was_drawn(kept: Kept) -> None:
    (found,) = drawings.all_drawings()
    assert found == kept
    assert [stroke.tolist() for stroke in found.strokes] == list(POINTS)
    assert (found.digit, found.writer, found.canvas, found.pen) == (4, "me", 280, 12.0)
    assert found.answers == {"a" * 16: 9}
    np.testing.assert_array_equal(found.ink(), drawn(pen=12.0).ink)


def test_a_drawing_is_two_files_that_any_tool_reads(kept: Kept) -> None:
    from PIL import Image

    assert {path.name for path in folder().iterdir()} == {f"{kept.id}.json", f"{kept.id}.png"}
    content = json.loads((folder() / f"{kept.id}.json").read_text())
    assert content["strokes"] == list(POINTS)
    with Image.open(folder() / f"{kept.id}.png") as picture:
        assert (picture.size, picture.getpixel((279, 279)), picture.getpixel((40, 100))) == ((280, 280), 255, 0)


def test_each_stroke_keeps_the_width_of_its_pen() -> None:
    drawings.keep(4, mixed())
    (found,) = drawings.all_drawings()
    assert (found.pen, found.pens) == (28.0, (8.0, 28.0))
    np.testing.assert_array_equal(drawn_ink(found.strokes, pen=found.pens), mixed().ink)


def test_what_was_drawn_with_one_pen_is_written_as_ever() -> None:
    alike = drawings.keep(4, drawn(pen=12.0)._replace(pens=(12.0, 12.0)))
    assert "pens" not in json.loads((folder() / f"{alike.id}.json").read_text())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Painted(np.zeros((280, 280), np.uint8), drawn().strokes, 16), "a blank one"),
        (Painted(np.ones((280, 270), np.uint8), drawn().strokes, 16), r"uint8 \(280, 270\)"),
        (Painted(drawn().ink, (), 16), "at least one stroke"),
        (Painted(drawn().ink, (np.array([[np.nan, 1.0]]),), 16), "of finite points"),
        (Painted(drawn().ink, (np.zeros((0, 2)),), 16), "of finite points"),
        (Painted(drawn().ink, drawn().strokes, 0), "No pen is so wide"),
        (Painted(drawn().ink, drawn().strokes, np.inf), "No pen is so wide"),
        (Painted(drawn().ink, drawn().strokes, 16, (16, np.nan)), "No pen is so wide"),
        (Painted(drawn().ink, drawn().strokes, 16, (8,)), "No pen is so wide"),
        (Painted(np.ones((20, 20), np.uint8), drawn().strokes, 16), r"uint8 \(20, 20\)"),
    ],
)
def test_what_is_no_drawing_is_not_kept(wrong: Painted, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawings.keep(1, wrong)
    assert list(folder().iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"[]", b"{", b"{}", b'{"digit": 4}',
        {"digit": 11}, {"digit": "x"}, {"strokes": []}, {"strokes": [[]]}, {"strokes": [[[1, 2, 3]]]},
        {"strokes": [[[1e300, 0]]]}, {"strokes": "x"}, {"answers": []}, {"canvas": 0}, {"canvas": 1e999},
        {"strokes": [[[1, 2, 3], [4, 5, 6]]]}, {"canvas": 1}, {"canvas": 280.0}, {"digit": 4.9}, {"digit": True},
        {"pen": -4}, {"pen": 1e9}, {"pen": float("nan")},
        {"pens": [8]}, {"pens": [8, -4]}, {"pens": 8}, {"pens": "8 "},
    ],
)  # fmt: skip
def test_a_damaged_drawing_is_named_left_out_and_can_be_deleted(kept: Kept, damage: bytes | dict) -> None:
    other = drawings.keep(1, drawn(1))
    path = folder() / f"{kept.id}.json"
    path.write_bytes(damage if isinstance(damage, bytes) else json.dumps({**kept.as_json(), **damage}).encode())
    found = drawings.shelf()
    assert found.drawings == [other]
    assert list(found.damaged) == [kept.id]
    assert f"drawings/{kept.id}.json is damaged" in found.damaged[kept.id]
    with pytest.raises(IntegrityError):
        drawings.correct(kept.id, 1)
    drawings.delete([kept.id])
    assert drawings.shelf() == ([other], {})


def test_a_picture_that_is_another_or_missing_is_named(kept: Kept) -> None:
    path = folder() / f"{kept.id}.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=f"picture of drawing {kept.id} is damaged: expected SHA-256"):
        kept.ink()
    path.unlink()
    with pytest.raises(IntegrityError, match="is missing"):
        kept.ink()
    assert drawings.shelf() == ([], {kept.id: f"The picture of drawing {kept.id} is missing."})


def test_a_writer_of_81_letters_is_refused_and_nothing_kept() -> None:
    with pytest.raises(UsageError, match="name is too long: expected at most 80 characters, received 81"):
        drawings.keep(4, drawn(pen=12.0), writer="A" * 81)
    assert not drawings.all_drawings()
