from __future__ import annotations

import errno
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from digits import drawings
from digits.drawings import store, stroke_file
from digits.errors import ConflictError, SourceError, UsageError
from digits.files import Json
from digits.images.ink import to_ink
from digits.images.strokes import drawn_ink, fit, paint, read_drawings
from digits.settings import part
from tests.dataset.sources.made import strokes
from tests.drawings.made import POINTS, drawn, mixed, one_of_each


def test_an_export_is_read_as_the_strokes_that_were_drawn(tmp_path: Path) -> None:
    each = one_of_each(more=3)
    assert drawings.export(tmp_path / "mine.json.gz") == 13
    content = json.loads(gzip.decompress((tmp_path / "mine.json.gz").read_bytes()))
    assert content["digits"][0]["strokes"][0] == [[40.0, -60.0], [41.5, -200.25]], "y grows upwards there"
    found = read_drawings(tmp_path / "mine.json.gz")
    assert [(one.digit, one.writer) for one in found] == [(kept.digit, "me") for kept in each]
    for one, kept in zip(found, each, strict=True):
        assert [stroke.tolist() for stroke in one.strokes] == [stroke.tolist() for stroke in kept.strokes]


def test_drawings_come_back_from_an_export_where_and_as_thick_as_they_were(tmp_path: Path) -> None:
    kept = drawings.keep(7, drawn(30, pen=9.0), writer="Ann")
    drawings.export(tmp_path / "mine.json.gz")
    drawings.delete([kept.id])
    assert drawings.add(tmp_path / "mine.json.gz") == (1, 0)
    (back,) = drawings.all_drawings()
    assert (back.digit, back.writer, back.pen, back.canvas) == (7, "Ann", 9.0, 280)
    np.testing.assert_array_equal(back.ink(), kept_ink := drawn(30, pen=9.0).ink)
    assert kept_ink.any()


def test_a_drawing_with_two_pens_comes_back_from_an_export_as_it_was(tmp_path: Path) -> None:
    kept = drawings.keep(7, mixed())
    drawings.export(tmp_path / "mine.json.gz")
    drawings.delete([kept.id])
    drawings.add(tmp_path / "mine.json.gz")
    (back,) = drawings.all_drawings()
    assert (back.pen, back.pens) == (28.0, (8.0, 28.0))
    np.testing.assert_array_equal(back.ink(), mixed().ink)


def test_a_drawing_whose_points_lie_beside_the_sheet_is_known_again(tmp_path: Path) -> None:
    strokes = (np.array([[-3.0, 40.0], [-3.0, 140.0], [-3.0, 240.0]]),)
    drawings.keep(1, stroke_file.Painted(drawn_ink(strokes), strokes, 16.0))
    drawings.export(tmp_path / "mine.json.gz")
    assert drawings.add(tmp_path / "mine.json.gz") == (0, 1)


def test_a_drawing_that_stands_twice_in_a_file_was_not_there(tmp_path: Path) -> None:
    twice = [{"digit": 1, "writer": "w", "strokes": [[[0, 0], [9, 30]]]}] * 2
    assert drawings.add(strokes(tmp_path / "x.json.gz", twice)) == (1, 0)


def test_what_is_there_already_is_not_added_again_whatever_digit_it_is_now(tmp_path: Path) -> None:
    each = one_of_each()
    drawings.export(tmp_path / "mine.json.gz")
    drawings.correct(each[3].id, 8)
    drawings.delete([each[0].id])
    assert drawings.add(tmp_path / "mine.json.gz") == (1, 9)
    assert [kept.digit for kept in drawings.all_drawings()].count(8) == 2
    assert drawings.add(tmp_path / "mine.json.gz") == (0, 10)


@pytest.mark.parametrize("writer", ["", "Ann ", "A" * 80 + " "])
def test_a_writer_whose_name_is_kept_without_spaces_is_added_once(tmp_path: Path, writer: str) -> None:
    path = strokes(tmp_path / "x.json.gz", [{"digit": 1, "writer": writer, "strokes": [[[0, 0], [9, 30]]]}])
    assert drawings.add(path).added == 1
    assert drawings.add(path).added == 0


def test_strokes_of_others_are_fitted_to_the_canvas(tmp_path: Path) -> None:
    path = strokes(tmp_path / "pen.json.gz")
    done: list[tuple[int, int]] = []
    assert drawings.add(path, progress=lambda *now: done.append(now)) == (20, 0)
    assert done[-1] == (20, 20)
    found = drawings.all_drawings()[::-1]
    assert [(kept.digit, kept.writer) for kept in found] == [(i % 10, f"w{i // 10}") for i in range(20)]
    for kept, one in zip(found, read_drawings(path), strict=True):
        np.testing.assert_array_equal(kept.ink(), to_ink(paint(fit(one.strokes))))


@pytest.mark.parametrize(
    "about",
    [
        {"pen": 16, "canvas": 20},  # nothing of it would be seen
        {"pen": 16, "canvas": -280}, {"pen": 16, "canvas": 10**9}, {"pen": 1e9, "canvas": 280},
        {"pen": "16", "canvas": 280}, {"pen": 16}, {"canvas": 280.0, "pen": 16},
        {"pen": 16, "canvas": 0}, {"pen": 16, "canvas": 1}, {"pen": True, "canvas": True},
        {"pen": 16, "canvas": 280, "pens": [8]}, {"pen": 16, "canvas": 280, "pens": [8, True]},
        {"pen": 16, "canvas": 280, "pens": [8, 1e9]}, {"pen": 16, "canvas": 280, "pens": 8},
    ],
)  # fmt: skip
def test_a_canvas_that_cannot_be_is_not_believed(tmp_path: Path, about: dict) -> None:
    upwards = [[[x, -y] for x, y in points] for points in POINTS]
    path = strokes(tmp_path / "x.json.gz", [{"digit": 1, "writer": "w", "strokes": upwards, **about}])
    drawings.add(path)
    (kept,) = drawings.all_drawings()
    assert (kept.canvas, kept.pen) == (280, 16.0)
    assert np.ptp(np.concatenate(kept.strokes), axis=0).max() == pytest.approx(200)


def test_a_file_with_one_drawing_that_cannot_be_read_adds_none(tmp_path: Path) -> None:
    entries = [{"digit": 1, "writer": "w", "strokes": [[[0, 0], [1, 1]]]}] * 2
    path = strokes(tmp_path / "x.json.gz", [*entries, {"digit": 1}])
    with pytest.raises(SourceError, match=r"Drawing 2 of x\.json\.gz cannot be read"):
        drawings.add(path)
    assert drawings.all_drawings() == []


def test_a_disk_that_fills_up_in_the_middle_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, times = store.files.write_json, iter(range(20))

    def full(path: Path, content: Json) -> None:
        if next(times) == 7:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(store.files, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        drawings.add(strokes(tmp_path / "pen.json.gz"))
    assert [path.name for path in part("drawings").iterdir()] == [store.LOCK]


def test_two_imports_at_once_keep_each_drawing_once(tmp_path: Path) -> None:
    path = strokes(tmp_path / "pen.json.gz")
    with ThreadPoolExecutor(2) as both:
        added = list(both.map(drawings.add, [path, path]))
    assert sorted(added) == [(0, 20), (20, 0)]
    assert len(drawings.all_drawings()) == 20


def test_a_lab_keeps_so_many_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_DRAWINGS", 15)
    with pytest.raises(UsageError, match="at most 15 in a lab, received 0 and 20 more"):
        drawings.add(strokes(tmp_path / "pen.json.gz"))
    assert drawings.all_drawings() == []


def test_an_export_replaces_no_file_unless_it_may(tmp_path: Path) -> None:
    path = tmp_path / "mine.json.gz"
    with pytest.raises(UsageError, match="No drawing is kept yet"):
        drawings.export(path)
    one_of_each()
    path.write_bytes(b"other")
    with pytest.raises(ConflictError, match=r"mine\.json\.gz exists already"):
        drawings.export(path)
    assert path.read_bytes() == b"other"
    drawings.export(path, overwrite=True)
    assert len(read_drawings(path)) == 10
    with pytest.raises(UsageError, match="cannot be written"):
        drawings.export(tmp_path / "nowhere" / "x.json.gz")


def test_the_strokes_of_four_real_people_are_added_and_exported(tmp_path: Path, pen_strokes: Path) -> None:
    real = read_drawings(pen_strokes)[:100]
    rows = [{"digit": one.digit, "writer": one.writer, "strokes": [(s * (1, -1)).tolist() for s in one.strokes]}
            for one in real]  # fmt: skip
    assert drawings.add(strokes(tmp_path / "real.json.gz", rows)) == (100, 0)
    drawings.export(tmp_path / "back.json.gz")
    for one, other in zip(read_drawings(tmp_path / "back.json.gz"), real, strict=True):
        assert (one.digit, one.writer) == (other.digit, other.writer)
        for stroke, fitted in zip(one.strokes, fit(other.strokes), strict=True):
            np.testing.assert_array_equal(stroke, fitted)
