from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.families.store import about, families_of
from digits.dataset.sources import open_source
from digits.errors import SourceError
from digits.images.frame import frame
from digits.images.ink import to_ink
from digits.images.strokes import MOST_BYTES, fit, paint, read_drawings
from tests.dataset.sources.made import idx_pair, pictures, strokes


def test_strokes_look_as_the_canvas_would_show_them_to_a_model(tmp_path: Path) -> None:
    path = strokes(tmp_path / "pen.json.gz")
    labels, found = pictures(open_source(path))
    drawings = sorted(read_drawings(path), key=lambda drawing: drawing.digit)
    assert labels == [drawing.digit for drawing in drawings]
    seen = [frame(to_ink(paint(fit(drawing.strokes))), "as-drawn") for drawing in drawings]
    np.testing.assert_array_equal(to_ink(found), seen)


def test_each_writer_is_a_family_that_is_kept_with_the_data_set(tmp_path: Path, lab: Path) -> None:
    build(open_source(strokes(tmp_path / "pen.json.gz")), "pen", staging=lab / "s")
    dataset = Dataset.open("pen")
    families = families_of(dataset)
    assert families is not None
    assert families.tolist() == [0, 1] * 10
    assert about(dataset)["by"] == "source"
    assert about(dataset)["names"] == ["w0", "w1"]


def test_pictures_without_families_leave_them_unknown(tmp_path: Path, lab: Path) -> None:
    build(open_source(idx_pair(tmp_path)), "mnist", staging=lab / "s")
    assert families_of(Dataset.open("mnist")) is None


def test_a_file_that_inflates_too_far_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (MOST_BYTES + 1)))
    with pytest.raises(SourceError, match=r"bomb\.json\.gz is too large"):
        open_source(path)


@pytest.mark.parametrize("digit", [10, -1, "x", None])
def test_a_drawing_of_no_digit_is_refused_by_its_number(tmp_path: Path, digit: object) -> None:
    entries = [{"digit": 3, "writer": "w", "strokes": [[[0, 0], [1, 1]]]}] * 2
    path = strokes(tmp_path / "pen.json.gz", [*entries, {**entries[0], "digit": digit}])
    with pytest.raises(SourceError, match=r"Drawing 2 of pen\.json\.gz cannot be read"):
        open_source(path)


# A gzip holds its time of making: without names two processes would call this test differently.
@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"[" * 100_000), gzip.compress(b"{}")],
                         ids=["no gzip", "too deep", "no digits"])  # fmt: skip
def test_a_file_without_strokes_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pen.json.gz").write_bytes(content)
    with pytest.raises(SourceError, match=r"pen\.json\.gz holds no strokes"):
        open_source(tmp_path / "pen.json.gz")


def test_a_drawing_without_bounds_is_refused(tmp_path: Path) -> None:
    text = json.dumps({"digits": [{"digit": 1, "writer": "w", "strokes": [[[0, 0], [1e300, 1]]]}]})
    (tmp_path / "pen.json.gz").write_bytes(gzip.compress(text.encode()))
    with pytest.raises(SourceError, match="Drawing 0"):
        open_source(tmp_path / "pen.json.gz")


def test_the_four_writers_of_the_real_strokes_are_told_apart(pen_strokes: Path, lab: Path) -> None:
    build(open_source(pen_strokes), "pen", staging=lab / "s")
    dataset = Dataset.open("pen")
    families = families_of(dataset)
    assert families is not None
    assert np.unique(families).tolist() == [0, 1, 2, 3]
    drawings = sorted(read_drawings(pen_strokes), key=lambda drawing: drawing.digit)
    names = about(dataset)["names"]
    assert [names[family] for family in families] == [drawing.writer for drawing in drawings]
    assert all(len(np.unique(dataset.labels[families == family])) == 10 for family in range(4))
