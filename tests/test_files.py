from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digits.errors import IntegrityError
from digits.files import Lock, append_line, parse_lines, read_arrays, read_json, replace, unwritable, write_json


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert read_json(path) == {"a": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["value.json"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "value"
    replace(path, b"old")
    with pytest.raises(TypeError):
        replace(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["value"]


def test_what_the_disk_refuses_names_the_folder_of_the_file_or_the_lab(lab: Path) -> None:
    denied = PermissionError(errno.EACCES, "Permission denied", str(lab / "runs" / "1" / "status.json"))
    assert str(unwritable(denied)).startswith(f"{lab}/runs/1 cannot be read or written: received Permission")
    full = OSError(errno.ENOSPC, "No space left on device")
    assert str(unwritable(full)).startswith(f"{lab} cannot be read or written: received No space")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
def test_what_is_denied_of_no_file_is_not_said_of_the_lab(number: int) -> None:
    assert unwritable(OSError(number, os.strerror(number))) is None


def test_an_unfinished_last_line_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, {"epoch": 1})
    append_line(path, {"epoch": 2})
    data = path.read_bytes()
    for cut in range(1, len(data)):
        lines = list(parse_lines(data[:-cut], "lines"))
        assert lines in ([{"epoch": 1}], [])


def test_every_flipped_bit_of_a_line_is_found(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, {"epoch": 1, "loss": 0.25})
    data = path.read_bytes()
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError, match="of lines is damaged"):
            list(parse_lines(bytes(flipped), "lines"))


def test_every_flipped_bit_of_a_json_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    for value in ({}, {"epoch": 12, "loss": 0.25, "of": {"a": [1, 2]}}):
        write_json(path, value)
        data = path.read_bytes()
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            with pytest.raises(IntegrityError, match=r"status\.json is damaged"):
                read_json(path)


def test_json_of_an_older_lab_and_of_a_person_is_read_without_a_checksum(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    for text in ('{"a": 1}', '{\n "a": 1\n}', '{\n "a": 1,\n "crc": "00000000"\n}', "{}"):
        path.write_text(text)
        assert read_json(path) == json.loads(text)


def test_what_is_no_json_object_is_named(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    for text in ("{", "[]", "\xff"):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(IntegrityError, match=r"status\.json is damaged: expected a JSON object"):
            read_json(path)


def test_a_lock_is_held_by_one_and_seen_by_all(tmp_path: Path) -> None:
    path = tmp_path / "job.lock"
    assert not Lock.is_held(path)
    first, second = Lock(path), Lock(path)
    assert first.acquire(wait_seconds=0)
    assert Lock.is_held(path)
    assert not second.acquire(wait_seconds=0.05)
    first.close()
    assert second.acquire(wait_seconds=0)
    second.close()
    assert not Lock.is_held(path)


def test_a_lock_handed_to_a_child_is_held_until_the_child_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "job.lock"
    lock = Lock(path)
    assert lock.acquire()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.descriptor,))
    lock.close()
    assert Lock.is_held(path)
    child.kill()
    child.wait()
    if child.stdin:
        child.stdin.close()
    assert not Lock.is_held(path)


def test_whatever_bit_of_an_npz_is_flipped_the_arrays_are_those_written_or_an_integrity_error(tmp_path: Path) -> None:
    path, written = tmp_path / "some.npz", np.arange(40, dtype=np.uint8)
    np.savez_compressed(path, numbers=written)
    sound = path.read_bytes()
    refused = 0
    for position in range(len(sound)):
        damaged = bytearray(sound)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            (read,) = read_arrays(path, "numbers")
        except IntegrityError:
            refused += 1
        else:
            assert np.array_equal(read, written)
    assert refused > len(sound) / 2


def test_a_missing_npz_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"gone\.npz is missing"):
        read_arrays(tmp_path / "gone.npz", "numbers")
