"""Whose digit stands on the canvas."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from digits import drawings
from digits.images.strokes import drawn_ink
from tests import canvases  # noqa: F401, before what it stands in for
from ui.drawing import stranger
from ui.drawing.drawn import Drawn
from ui.drawing.stranger import same, strangers

STROKES = (np.array([[10.0, 10.0], [60.0, 40.0], [20.0, 90.0]]), np.array([[30.0, 30.0], [80.0, 80.0]]))


@pytest.fixture(autouse=True)
def no_test_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No pen strokes are at hand, unless the test puts some there."""
    monkeypatch.setenv("DIGITS_TEST_DATA", str(tmp_path))
    stranger._read.clear()
    return tmp_path


def test_a_drawing_is_the_strangers_as_long_as_its_strokes_begin_and_end_there() -> None:
    rounded = tuple(np.floor(stroke + 0.9) for stroke in STROKES)
    assert same(rounded, STROKES)
    assert not same(rounded[:1], STROKES)
    assert not same((*rounded, rounded[0]), STROKES)
    assert not same((rounded[0] + 3, rounded[1]), STROKES)
    assert not same((), STROKES)


def test_with_no_strokes_at_hand_and_no_drawing_kept_there_is_nobody() -> None:
    assert not strangers().digits


def test_strangers_come_from_the_file_of_pen_strokes(no_test_data: Path) -> None:
    digit = {"digit": 7, "writer": "12", "strokes": [[[0, 0], [10, 0], [5, -10]]]}
    (no_test_data / "pen-strokes.json.gz").write_bytes(gzip.compress(json.dumps({"digits": [digit]}).encode()))
    assert len(strangers().digits) == 1
    only = strangers().stranger(0)
    assert (only.digit, only.writer, only.whose) == (7, "12", "Writer 12")
    assert np.ptp(np.concatenate(only.strokes), axis=0).max() == pytest.approx(200), "as large as a drawing"


def test_where_there_is_no_such_file_they_come_from_the_drawings_that_were_kept() -> None:
    drawings.keep(3, Drawn(drawn_ink(STROKES), STROKES, 16.0), writer="ann")
    assert len(strangers().digits) == 1
    only = strangers().stranger(0)
    assert (only.digit, only.writer, only.whose) == (3, "ann", "ann, in this lab,")


def test_of_many_drawings_only_the_one_that_is_drawn_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def tired(strokes: object) -> None:
        raise AssertionError("each stroke would wait for this")

    for number in range(3):
        drawings.keep(number, Drawn(drawn_ink(STROKES), STROKES, 16.0))
    with monkeypatch.context() as patch:
        patch.setattr(stranger, "fit", tired)
        those = strangers()
        assert len(those.digits) == 3
        with pytest.raises(AssertionError, match="would wait"):
            those.stranger(1)
    assert those.stranger(1).digit == 1


def test_a_file_that_cannot_be_read_is_nobody(no_test_data: Path) -> None:
    (no_test_data / "pen-strokes.json.gz").write_bytes(b"not gzip")
    assert not strangers().digits
