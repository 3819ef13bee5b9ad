from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from digits import drawings, files, settings
from digits.drawings import Kept, store
from digits.drawings import kept as kept_module
from digits.engine.local import environment
from digits.errors import NotFoundError, UsageError
from tests.drawings.made import drawn

KEEPS = """
import sys
from digits.drawings import keep
from tests.drawings.made import drawn

print("ready", flush=True)
for number in range(int(sys.argv[1])):
    keep(number % 10, drawn(number % 50))
"""


@pytest.fixture
def kept() -> Kept:
    return drawings.keep(4, drawn(pen=12.0), answers={"a" * 16: 9})


def folder() -> Path:
    return settings.part("drawings")


def keeping(count: int) -> subprocess.Popen[str]:
    """Another process that keeps so many drawings; it is to be used in a `with`, which closes its pipe."""
    return subprocess.Popen([sys.executable, "-c", KEEPS, str(count)], env=environment(), cwd=settings.PROJECT,
                            stdout=subprocess.PIPE, text=True)  # fmt: skip


def test_a_lab_keeps_so_many_and_no_more(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_DRAWINGS", 2)
    other = drawings.keep(1, drawn(1))
    with pytest.raises(UsageError, match="at most 2 in a lab, received 2 and 1 more"):
        drawings.keep(1, drawn(2))
    assert drawings.all_drawings() == [other, kept]


def test_the_newest_drawing_comes_first() -> None:
    each = [drawings.keep(digit, drawn(digit)) for digit in (3, 1, 2)]
    assert drawings.all_drawings() == each[::-1]


@pytest.mark.parametrize("digit", [-1, 10])
def test_what_is_no_digit_is_neither_kept_nor_a_correction(kept: Kept, digit: int) -> None:
    with pytest.raises(UsageError, match="This is no digit: expected 0 to 9"):
        drawings.keep(digit, drawn())
    with pytest.raises(UsageError, match="This is no digit"):
        drawings.correct(kept.id, digit)
    assert drawings.all_drawings() == [kept]


def test_a_drawing_is_read_again_only_when_its_file_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []

    def counted(id: str, *, has_picture: bool) -> Kept:
        reads.append(id)
        return kept_module.read(id, has_picture=has_picture)

    each = [drawings.keep(digit, drawn(digit)) for digit in range(3)]
    monkeypatch.setattr(store, "read", counted)
    drawings.all_drawings()
    assert len(reads) == 3
    drawings.all_drawings()
    assert len(reads) == 6, "files that were written a moment ago may change within a tick of the clock"
    monkeypatch.setattr(store, "settled", lambda seen: True)
    drawings.all_drawings()
    reads.clear()
    assert drawings.all_drawings() == each[::-1]
    assert reads == []
    drawings.correct(each[1].id, 9)
    (folder() / f"{each[2].id}.png").unlink()
    reads.clear()
    found = drawings.shelf()
    assert [kept.digit for kept in found.drawings] == [9, 0]
    assert list(found.damaged) == [each[2].id]
    assert sorted(reads) == sorted(one.id for one in each[1:])


def test_a_correction_changes_the_digit_and_nothing_else(kept: Kept) -> None:
    before = drawings.state()
    assert drawings.correct(kept.id, 9).digit == 9
    found = drawings.find(kept.id)
    assert {**found.as_json(), "digit": 4} == kept.as_json()
    assert drawings.state() != before


def test_deleted_drawings_can_be_brought_back(kept: Kept) -> None:
    other = drawings.keep(5, drawn(5))
    removed = drawings.delete([kept.id, other.id, kept.id])
    assert drawings.all_drawings() == []
    assert not list(folder().glob("*.png"))
    drawings.restore(removed)
    assert drawings.all_drawings() == [other, kept]
    np.testing.assert_array_equal(drawings.find(kept.id).ink(), drawn(pen=12.0).ink)


def test_of_many_that_are_deleted_some_may_be_gone_already(kept: Kept) -> None:
    assert [removed.id for removed in drawings.delete(["0" * 16, kept.id], missing_ok=True)] == [kept.id]
    assert drawings.delete([kept.id], missing_ok=True) == []


def test_bringing_back_does_not_undo_what_was_said_since(kept: Kept) -> None:
    removed = drawings.delete([kept.id])
    drawings.restore(removed)
    drawings.correct(kept.id, 7)
    drawings.restore(removed)
    assert drawings.find(kept.id).digit == 7


@pytest.mark.parametrize("id", ["0" * 16, "../runs/x", "", "drawings", "é" * 300])
def test_an_id_is_looked_up_and_never_followed(kept: Kept, id: str) -> None:
    for act in (drawings.find, lambda id: drawings.correct(id, 1), lambda id: drawings.delete([kept.id, id])):
        with pytest.raises(NotFoundError, match="There is no drawing"):
            act(id)
    assert drawings.all_drawings() == [kept], "none is deleted if one is not there"


def test_a_drawing_that_was_not_written_to_its_end_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, value: dict) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_json", full)
        with pytest.raises(OSError, match="No space"):
            drawings.keep(1, drawn())
    assert drawings.shelf() == ([], {})


def test_what_killed_processes_left_is_swept_and_what_is_new_is_not(kept: Kept) -> None:
    for name in ("0123456789abcdef.png", f".{kept.id}.json.1.2"):
        (folder() / name).write_bytes(b"half")
    drawings.sweep()
    assert len(list(folder().iterdir())) == 4
    old = time.time() - 2 * store.NEW_SECONDS
    for path in folder().iterdir():
        os.utime(path, (old, old))
    drawings.sweep()
    assert {path.suffix for path in folder().iterdir()} == {".json", ".png"}
    assert drawings.all_drawings() == [kept]
    np.testing.assert_array_equal(kept.ink(), drawn(pen=12.0).ink)


def test_two_processes_keep_drawings_at_once() -> None:
    with keeping(20) as one, keeping(20) as other:
        assert [process.wait(timeout=60) for process in (one, other)] == [0, 0]
    found = drawings.shelf()
    assert (len(found.drawings), found.damaged) == (40, {})


def test_a_process_that_is_killed_leaves_whole_drawings_only() -> None:
    with keeping(10_000) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        end = time.monotonic() + 30
        while len(drawings.state()) < 5:
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    found = drawings.shelf()
    assert found.damaged == {}
    assert len(found.drawings) >= 5
    assert all(kept.ink().any() for kept in found.drawings)
