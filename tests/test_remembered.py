from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from digits import remembered
from digits.errors import IntegrityError
from digits.files import read_json, write_json
from digits.remembered import Remembered

LONG_AGO = time.time() - 3_600


def parsed(path: Path, data: bytes) -> dict[str, object]:
    parsed.calls += 1
    return json.loads(data)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed.calls = 0
    monkeypatch.setattr(remembered, "SETTLED_SECONDS", -1.0)  # a file that was just written counts as left alone


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "status.json"
    found.write_text('{"state": "running", "list": [1]}')
    return found


def test_a_file_that_stayed_the_same_is_read_once(path: Path) -> None:
    memory = Remembered(parsed)
    assert [memory.read(path) for _ in range(5)] == [{"state": "running", "list": [1]}] * 5
    assert parsed.calls == 1


def test_what_a_caller_does_with_its_copy_nobody_else_sees(path: Path) -> None:
    memory = Remembered(parsed)
    for _ in range(3):
        found = memory.read(path)
        assert found == {"state": "running", "list": [1]}
        found["state"], found["list"][0] = "changed", 2


def test_a_changed_file_is_read_anew(path: Path) -> None:
    memory = Remembered(parsed)
    for number in range(20):  # replaced, of one length
        write_json(path, {"number": number + 10})
        assert memory.read(path)["number"] == number + 10
    path.write_text('{"number": 99}')
    assert memory.read(path) == {"number": 99}


def test_a_file_of_the_same_length_and_time_is_another_all_the_same(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))
    memory = Remembered(parsed)
    assert memory.read(path)["state"] == "running"
    path.write_text(path.read_text().replace("running", "stopped"))
    os.utime(path, (LONG_AGO, LONG_AGO))
    assert memory.read(path)["state"] == "stopped"


def test_a_file_that_was_changed_a_moment_ago_is_not_remembered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "SETTLED_SECONDS", 2.0)
    memory = Remembered(parsed)
    memory.read(path)
    memory.read(path)
    assert parsed.calls == 2


def test_a_file_that_is_gone_is_missed_and_a_damaged_one_is_said_to_be_each_time(path: Path) -> None:
    assert read_json(path)["state"] == "running"
    path.write_text("{")
    for _ in range(2):
        with pytest.raises(IntegrityError, match="is damaged"):
            read_json(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read_json(path)


def test_what_is_remembered_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES", 5_000)
    monkeypatch.setattr(remembered, "LARGEST_BYTES", 1_000)
    memory = Remembered(parsed)
    for number in range(100):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"text": "x" * 400}))
        memory.read(path)
    assert memory._bytes == sum(len(packed) for _, packed in memory._there.values()) <= 5_000
    large = tmp_path / "large.json"
    large.write_text(json.dumps({"text": "x" * 2_000}))
    memory.read(large)
    assert str(large) not in memory._there
