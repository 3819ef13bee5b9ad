"""`python -m digits drawings`, and the data set that is built of them."""

from __future__ import annotations

from pathlib import Path

from digits import drawings
from digits.dataset.dataset import Dataset
from digits.images.strokes import read_drawings
from tests.drawings.made import drawn, one_of_each
from tests.test_command_line import digits


def test_drawings_are_listed_corrected_deleted_exported_and_imported(tmp_path: Path) -> None:
    assert digits("drawings") == {"drawings": [], "per_digit": [0] * 10, "damaged": []}
    each = one_of_each()
    assert digits("drawings", "correct", each[3].id, "8") == {"drawing": each[3].id, "digit": 8}
    listed = digits("drawings", "list")
    assert listed["per_digit"] == [1, 1, 1, 0, 1, 1, 1, 1, 2, 1]
    assert listed["drawings"][0] == {"drawing": each[9].id, "digit": 9, "writer": "me", "time": each[9].time,
                                     "answers": {}}  # fmt: skip
    file = tmp_path / "mine.json.gz"
    assert digits("drawings", "export", file) == {"file": str(file), "drawings": 10}
    assert "exists already" in digits("drawings", "export", file, status=1)["error"]
    assert digits("drawings", "export", file, "--overwrite")["drawings"] == len(read_drawings(file))
    gone = [kept.id for kept in each[:2]]
    assert digits("drawings", "delete", *gone) == {"deleted": gone}
    assert digits("drawings", "import", file) == {"added": 2, "there": 8}


def test_what_is_not_clear_is_refused_with_what_was_expected() -> None:
    kept = drawings.keep(1, drawn())
    for words, said in {
        ("correct", kept.id): f"expected correct ID DIGIT, received {kept.id} after",
        ("correct", kept.id, "12"): "This is no digit: expected 0 to 9, received '12'",
        ("delete",): "expected delete ID, or several, received nothing",
        ("export",): "expected export FILE, received nothing",
        ("list", "x"): "expected list, received x",
    }.items():
        assert said in digits("drawings", *words, status=2)["error"]
    assert "There is no drawing" in digits("drawings", "delete", "../x", status=1)["error"]
    assert drawings.all_drawings() == [kept]


def test_drawings_are_built_and_built_again_under_the_same_name() -> None:
    assert "No drawing is kept yet" in digits("build", "drawings", "--name", "my-drawings", status=1)["error"]
    one_of_each()
    assert digits("build", "drawings", "--name", "my-drawings")["images"] == 10
    assert "holds these drawings already" in digits("build", "drawings", "--name", "my-drawings", status=1)["error"]
    drawings.keep(3, drawn(33))
    assert digits("build", "drawings", "--name", "my-drawings")["images"] == 11
    assert Dataset.open("my-drawings").report["origin"] == "drawings of this lab"
