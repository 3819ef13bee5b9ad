from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.export import Form, export
from digits.dataset.sources import open_source, table
from digits.errors import ImageError, SourceError
from digits.images.ink import to_rgba
from tests import factory
from tests.dataset.sources.made import INK, LABELS, ORDER, RGBA, pictures


def notebook(rows: np.ndarray = ORDER) -> pd.DataFrame:
    """The notebook's frame: 3,136 pixels and the digit, and as index where each row comes from."""
    return pd.DataFrame(RGBA.reshape(30, 3136)[rows], index=rows).assign(digit=LABELS[rows])


@pytest.mark.parametrize("index", [True, False])
def test_the_notebooks_file_is_read_with_its_index_and_without(tmp_path: Path, index: bool) -> None:
    notebook().to_csv(tmp_path / "Digits.csv", index=index)
    labels, found = pictures(open_source(tmp_path / "Digits.csv"))
    assert labels == LABELS[ORDER].tolist()
    np.testing.assert_array_equal(found, RGBA[ORDER])


def test_a_shuffled_file_comes_in_the_order_of_its_index(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(4).permutation(30)
    notebook(shuffled).to_csv(tmp_path / "Digits.csv")
    source = open_source(tmp_path / "Digits.csv")
    np.testing.assert_array_equal(pictures(source)[1], RGBA[ORDER])
    assert [picture.name for picture in source][:2] == ["0/0/0.png", "0/0/10.png"]


def test_an_index_that_repeats_still_gives_each_picture_a_name_of_its_own(tmp_path: Path) -> None:
    notebook().set_axis([7] * 30).to_csv(tmp_path / "Digits.csv")
    np.testing.assert_array_equal(pictures(open_source(tmp_path / "Digits.csv"))[1], RGBA[ORDER])


def test_a_file_of_labels_and_784_pixels_is_ink(tmp_path: Path) -> None:
    frame = pd.DataFrame(INK.reshape(30, 784), columns=[f"pixel{column}" for column in range(784)])
    frame.insert(0, "label", LABELS)
    frame.to_csv(tmp_path / "train.csv", index=False, lineterminator="\r\n", encoding="utf-8-sig")
    labels, found = pictures(open_source(tmp_path / "train.csv"))
    assert labels == LABELS[ORDER].tolist()
    np.testing.assert_array_equal(found, to_rgba(INK[ORDER]))


def lines(tmp_path: Path) -> tuple[Path, list[str]]:
    path = tmp_path / "Digits.csv"
    notebook().to_csv(path)
    return path, path.read_text().splitlines()


@pytest.mark.parametrize("value", ["256", "-1", "1.5", "", "x", '"7"', "0x7", "1e2", "nan", "７"])
def test_a_row_with_a_pixel_that_is_no_byte_is_listed_and_the_others_are_read(tmp_path: Path, value: str) -> None:
    path, text = lines(tmp_path)
    cells = text[5].split(",")
    cells[100] = value
    path.write_text("\n".join([*text[:5], ",".join(cells), *text[6:], ""]))
    found = list(open_source(path))
    bad = [picture for picture in found if isinstance(picture.data, ImageError)]
    assert [picture.name for picture in bad] == [found[4].name]
    assert "expected bytes from 0 to 255" in str(bad[0].data)
    np.testing.assert_array_equal(found[5].data, RGBA[ORDER][5])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (lambda line: line[:-9], r"Line 6 of Digits\.csv is cut off or too long: expected 3,138 columns"),
        (lambda line: f"{line},0", r"Line 6 of Digits\.csv is cut off or too long"),
        (lambda line: "", "received 1"),
        (lambda line: line + "0" * 40_000, "is no digit|cut off or too long"),
        (lambda line: line[:-1] + "10", r"The label in line 6 of Digits\.csv is no digit: .* received '10'"),
        (lambda line: line[:-1] + "²", "is no digit"),
        (lambda line: line[:-1], "received ''"),
        (lambda line: "x" + line, r"The index in line 6 of Digits\.csv is no whole number"),
    ],
)
def test_a_line_that_is_none_ends_the_build_by_its_number(tmp_path: Path, line, said: str) -> None:
    path, text = lines(tmp_path)
    path.write_text("\n".join([*text[:5], line(text[5]), *text[6:], ""]))
    with pytest.raises(SourceError, match=said):
        open_source(path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path, _ = lines(tmp_path)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(SourceError, match=r"Line 31 of Digits\.csv is cut off"):
        open_source(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "has other columns"), ("a,b\n1,2\n", r"has other columns: expected .* received 2, 'a' … 'b'"),
     ("\0" * 100_000, "has other columns"), (",".join([*map(str, range(3136)), "digit"]) + "\n", "holds no images")],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(SourceError, match=said):
        open_source(tmp_path / "x.csv")


def test_what_is_exported_comes_back_as_the_same_data_set(tmp_path: Path, lab: Path) -> None:
    build(open_source(factory.folder(tmp_path / "f", factory.digit_files(4))), "first", staging=lab / "s")
    first = Dataset.open("first")
    for number, (index, seed) in enumerate([(True, None), (False, None), (True, 42)]):
        path = tmp_path / f"{number}.csv"
        export(first, path, form=Form(kind="csv", index=index, shuffle_seed=seed))
        report = build(open_source(path), f"again {number}", staging=lab / "s")
        assert report["fingerprint"] == first.fingerprint, (index, seed)


def test_only_a_few_lines_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LINES", 16)
    path = tmp_path / "Digits.csv"
    pd.concat([notebook()] * 20).to_csv(path)
    source = open_source(path)
    tracemalloc.start()
    assert sum(1 for _ in source) == 600
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < path.stat().st_size / 4
