from __future__ import annotations

import csv
import io

import pytest

from ui.spreadsheet import csv_of


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline="")))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_name_is_no_formula_in_a_table_that_is_saved(name: str) -> None:
    assert read(csv_of(["file", "label"], [(name, -1)])) == [["file", "label"], [f"'{name}", "-1"]]


@pytest.mark.parametrize("name", ["a,b", 'a "b"', "a\nb", "a\rb", "ä", ""])
def test_a_cell_is_read_again_as_it_was(name: str) -> None:
    assert read(csv_of(["file"], [(name,), ("next",)])) == [["file"], [name] if name else [""], ["next"]]
