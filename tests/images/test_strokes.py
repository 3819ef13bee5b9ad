from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from digits.errors import SourceError
from digits.images.ink import to_ink
from digits.images.strokes import drawn_ink, fit, paint, read_drawings, smooth

LINE = np.array([[40.0, 40.0], [40.0, 240.0]])


def test_a_line_is_painted_as_wide_as_the_pen_with_round_ends() -> None:
    ink = to_ink(paint((LINE,), pen=16))
    assert ink.shape == (280, 280)
    assert (ink[140] > 127).sum() == pytest.approx(16, abs=1)
    assert ink[36, 40] == 255
    assert ink[240 + 10, 40] == 0


def test_a_single_point_is_a_dot() -> None:
    ink = to_ink(paint((np.array([[100.0, 100.0]]),), pen=16)) / 255
    assert ink.sum() == pytest.approx(np.pi * 64, rel=0.1)


def test_strokes_are_fitted_to_the_middle_of_the_canvas() -> None:
    (points,) = fit((np.array([[0.0, 0.0], [10.0, 500.0]]),))
    assert np.ptp(points, axis=0) == pytest.approx([4, 200])
    assert (points.min(axis=0) + points.max(axis=0)) / 2 == pytest.approx([140, 140])


def test_a_curve_begins_and_ends_where_the_pen_did() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    curve = smooth(points)
    assert np.array_equal(curve[0], points[0])
    assert np.array_equal(curve[-1], points[-1])
    assert np.linalg.norm(np.diff(curve, axis=0), axis=1).max() < 6


def test_the_real_drawings_are_read_upright(pen_strokes: Path) -> None:
    drawings = read_drawings(pen_strokes)
    assert len(drawings) == 999
    assert sorted({drawing.writer for drawing in drawings}) == ["1", "2", "3", "4"]
    seven = next(drawing for drawing in drawings if drawing.digit == 7)
    ink = to_ink(paint(fit(seven.strokes)))
    assert (ink[:140] > 0).sum() > (ink[140:] > 0).sum()  # a seven has its bar on top


@pytest.mark.parametrize(
    "content",
    [b"[]", b'{"digits": [{"digit": 3}]}', b'{"digits": [{"digit": 12, "writer": 1, "strokes": [[[0, 0]]]}]}',
     b'{"digits": [{"digit": 1, "writer": 1, "strokes": [[[0, NaN]]]}]}', b"no json"],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "strokes.json.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(SourceError, match=r"strokes\.json\.gz"):
        read_drawings(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "strokes.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"digits": []}).encode())[:-4])
    with pytest.raises(SourceError, match=r"strokes\.json\.gz holds no strokes"):
        read_drawings(path)


def test_ink_on_a_wide_canvas_is_that_of_a_square_one() -> None:
    wide = drawn_ink((LINE,), canvas=(280, 600))
    assert wide.shape == (280, 600)
    assert np.array_equal(wide[:, :280], drawn_ink((LINE,)))
    assert np.array_equal(to_ink(paint((LINE,))), drawn_ink((LINE,)))
