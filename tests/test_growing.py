from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digits import growing
from digits.errors import IntegrityError
from digits.files import Json, append_line, line_bytes, parse_lines, replace
from digits.growing import Growing


class Parser:
    """Parses as the lab does, and says how many bytes it was given."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def __call__(self, data: bytes, name: str, first: int) -> Iterator[Json]:
        self.given.append(len(data))
        return parse_lines(data, name, first)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "metrics.jsonl"
    for epoch in range(3):
        append_line(found, {"epoch": epoch})
    return found


def epochs(log: Growing, path: Path) -> list[int]:
    return [line["epoch"] for line in log.read(path, "run/metrics.jsonl")]


def test_only_what_was_appended_is_parsed(path: Path) -> None:
    log = Growing(parser := Parser())
    line = len(line_bytes({"epoch": 0}))
    for epoch in range(3, 1_000):
        assert epochs(log, path) == list(range(epoch))
        append_line(path, {"epoch": epoch})
    assert epochs(log, path) == epochs(log, path) == list(range(1_000))
    assert max(parser.given[1:]) <= line + 2


def test_half_a_line_is_read_when_it_is_whole(path: Path) -> None:
    log = Growing(parse_lines)
    line = line_bytes({"epoch": 3})
    with path.open("ab") as file:
        file.write(line[:7])
    assert epochs(log, path) == [0, 1, 2]
    with path.open("ab") as file:
        file.write(line[7:])
    assert epochs(log, path) == [0, 1, 2, 3]


def test_a_log_that_was_replaced_is_read_anew_even_in_place_and_longer(path: Path) -> None:
    log = Growing(parse_lines)
    assert epochs(log, path) == [0, 1, 2]
    replace(path, b"".join(line_bytes({"epoch": epoch}) for epoch in (0, 1)))
    assert epochs(log, path) == [0, 1]
    path.write_bytes(b"".join(line_bytes({"epoch": epoch}) for epoch in (7, 8, 9)))
    assert epochs(log, path) == [7, 8, 9]
    path.write_bytes(b"")
    assert epochs(log, path) == []


def test_a_damaged_line_is_named_by_its_number_in_the_log_each_time(path: Path) -> None:
    log = Growing(parse_lines)
    assert epochs(log, path) == [0, 1, 2]
    with path.open("ab") as file:
        file.write(line_bytes({"epoch": 3}).replace(b"3", b"4", 1))
    for _ in range(2):
        with pytest.raises(IntegrityError, match=r"Line 4 of run/metrics.jsonl is damaged"):
            log.read(path, "run/metrics.jsonl")


def test_a_caller_may_do_with_its_list_what_it_likes(path: Path) -> None:
    log = Growing(parse_lines)
    for _ in range(3):
        found = log.read(path, "a")
        assert len(found) == 3
        found.clear()


def test_what_is_kept_has_a_bound_and_the_oldest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "MOST_BYTES", 300)
    log = Growing(parse_lines)
    paths = [tmp_path / f"{number}.jsonl" for number in range(20)]
    for path in paths:
        for epoch in range(3):
            append_line(path, {"epoch": epoch})
        assert epochs(log, path) == [0, 1, 2]
    kept = list(log._there)
    assert 0 < len(kept) < 10
    assert kept == paths[-len(kept) :]


def test_a_log_that_is_larger_than_the_bound_is_read_on_and_not_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "MOST_BYTES", 20)
    log = Growing(parser := Parser())
    for epoch in (3, 4, 5):
        assert epochs(log, path) == epochs(log, path) == list(range(epoch))
        append_line(path, {"epoch": epoch})
    assert parser.given[1:] == [len(line_bytes({"epoch": 0}))] * 2
