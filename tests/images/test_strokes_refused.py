"""A file of strokes whose values are not what they should be is refused; nothing becomes a point that is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from digits.errors import SourceError
from digits.images import strokes
from digits.images.strokes import read_drawings

SOUND = {"digit": 3, "writer": "1", "strokes": [[[0, 0], [1, 1.5]]]}
CHANGED = {
    "a digit of text": {"digit": "3"},
    "a digit with a fraction": {"digit": 3.5},
    "a digit that is true": {"digit": True},
    "a digit beyond 9": {"digit": 10},
    "a digit as large as a number can be": {"digit": 10**400},
    "a writer that is a list": {"writer": []},
    "a writer of 81 letters": {"writer": "é" * 81},
    "a writer of half a character": {"writer": "\ud800"},
    "no stroke": {"strokes": []},
    "a stroke without points": {"strokes": [[]]},
    "a point of one number": {"strokes": [[[0], [1]]]},
    "a point of text": {"strokes": [[["0", "1"]]]},
    "a point of truth": {"strokes": [[[True, False]]]},
    "a point that is no number": {"strokes": [[[float("nan"), 0]]]},
    "a point far away": {"strokes": [[[1e308, 0]]]},
    "a point too large for a float": {"strokes": [[[10**400, 0]]]},
    "strokes that are text": {"strokes": "abc"},
}


def written(folder: Path, content: Any) -> Path:
    """Write a file of strokes."""
    path = folder / "pen.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_a_drawing_is_refused_by_its_number(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert len(read_drawings(written(tmp_path, {"digits": [SOUND]}))) == 1
    with pytest.raises(SourceError, match="Drawing 1 of pen"):
        read_drawings(written(tmp_path, {"digits": [SOUND, SOUND | changed]}))


def test_digits_that_are_no_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no strokes"):
        read_drawings(written(tmp_path, {"digits": {"0": SOUND}}))


def test_more_lists_than_memory_has_room_for_are_refused_before_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strokes, "MOST_LISTS", 50)
    with pytest.raises(SourceError, match="at most 50 lists"):
        read_drawings(written(tmp_path, {"digits": [SOUND] * 20}))
