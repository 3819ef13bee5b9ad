from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from digits.child import Child
from digits.dataset import decoding
from digits.dataset.decoding import Decoded, Second, decoded
from digits.dataset.paths import Picture
from digits.errors import ImageError, StoppedError
from digits.images import png
from tests import factory

FILES = [factory.png(number) for number in range(8)]
WORDS = "The pictures are decoded by one process"


def chunks(each: int = 3) -> list[list[Picture]]:
    """Sound files, damaged ones and some that were refused before, in chunks of `each`."""
    found = [Picture(0, f"0/{number}.png", data) for number, data in enumerate(FILES)]
    found[2] = found[2]._replace(data=FILES[2][:-1])
    found[4] = found[4]._replace(data=ImageError("It cannot be read"))
    return [found[start : start + each] for start in range(0, len(found), each)]


def check(parts: list[Decoded]) -> None:
    assert [one.name for part in parts for one in part.sound] == [f"0/{number}.png" for number in (0, 1, 3, 5, 6, 7)]
    truth = [factory.pixels(number) for number in (0, 1, 3, 5, 6, 7)]
    np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), truth)
    rejected = [one for part in parts for one in part.rejected]
    assert rejected[1] == ("0/4.png", "It cannot be read.")
    assert rejected[0][0] == "0/2.png"
    assert "cut off" in rejected[0][1]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes however few files there are, the second of which has started before it is asked for any."""
    monkeypatch.setattr(decoding, "FILES_FOR_TWO", 1)
    monkeypatch.setattr("digits.settings.cores", lambda: 2)
    monkeypatch.setattr(Second, "_has_started", started)


def started(self: Second, child: Child) -> bool:
    if self._starting:
        child.answer(lambda: None)
        self._starting = False
    return True


@pytest.mark.parametrize("each", [1, 3, 8])
def test_one_process_decodes_in_the_order_of_the_source(each: int):
    check(list(decoded(iter(chunks(each)), 8)))


@pytest.mark.usefixtures("two")
def test_two_processes_decode_what_one_does(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture):
    monkeypatch.setattr(png, "decode", None)  # not here
    check(list(decoded(iter(chunks()), 8)))
    assert WORDS not in capfd.readouterr().err


def test_until_the_second_process_has_started_this_one_decodes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decoding, "FILES_FOR_TWO", 1)
    monkeypatch.setattr("digits.settings.cores", lambda: 2)
    monkeypatch.setattr("digits.child.Child.has_answered", lambda self: False)
    check(list(decoded(iter(chunks()), 8)))


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("after", [0, 1, 2])
def test_when_the_second_process_is_killed_this_one_goes_on_to_the_same_pixels(
    after: int, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    seconds: list[Second] = []
    monkeypatch.setattr(decoding, "Second", lambda pause: seconds.append(Second(pause)) or seconds[0])

    def killing():
        for number, chunk in enumerate(chunks()):
            if number == after:
                kill(seconds)
            yield chunk

    check(list(decoded(killing(), 8)))
    assert after == 0 or capfd.readouterr().err.startswith(f"{WORDS}: The process that decodes pictures died")


def kill(seconds: list[Second]) -> None:
    for second in seconds:
        assert second._child is not None
        os.kill(second._child.pid, signal.SIGKILL)


@pytest.mark.usefixtures("two")
def test_when_the_second_process_is_stopped_this_one_goes_on_though_its_pipe_is_full(
    capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digits.child.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("digits.child.SILENT_SECONDS", 0.2)

    def stopped(self: Second, child: Child) -> bool:
        found = started(self, child)
        os.kill(child.pid, signal.SIGSTOP)
        return found

    monkeypatch.setattr(Second, "_has_started", stopped)
    larger = [[one._replace(data=large(one.data)) for one in chunk] for chunk in chunks()]
    check(list(decoded(iter(larger), 8)))
    assert capfd.readouterr().err.startswith(f"{WORDS}: The process that decodes pictures was stopped")


@pytest.mark.usefixtures("two")
def test_somebody_who_waits_for_a_stopped_process_can_stop_waiting(monkeypatch: pytest.MonkeyPatch):
    def stopped(self: Second, child: Child) -> bool:
        found = started(self, child)
        os.kill(child.pid, signal.SIGSTOP)
        return found

    def stop() -> None:
        raise StoppedError("The build was stopped")

    monkeypatch.setattr("digits.child.LOOK_SECONDS", 0.05)
    monkeypatch.setattr(Second, "_has_started", stopped)
    with pytest.raises(StoppedError):
        list(decoded(iter(chunks()), 8, stop))


def large(data: bytes | ImageError) -> bytes | ImageError:
    """The picture `data` with a comment, three of which are more than a pipe holds."""
    return data if isinstance(data, ImageError) else data[:33] + factory.chunk(b"prVt", bytes(700_000)) + data[33:]


@pytest.mark.usefixtures("two")
def test_a_process_that_cannot_be_started_is_done_without(monkeypatch, capfd: pytest.CaptureFixture):
    def refuse(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(decoding, "Child", refuse)
    check(list(decoded(iter(chunks()), 8)))
    assert f"{WORDS}: [Errno 11]" in capfd.readouterr().err


@pytest.mark.usefixtures("two")
def test_no_second_process_outlives_a_build_that_ends_early(monkeypatch: pytest.MonkeyPatch):
    seconds: list[Second] = []
    monkeypatch.setattr(decoding, "Second", lambda pause: seconds.append(Second(pause)) or seconds[0])
    parts = decoded(iter(chunks()), 8)
    next(parts)
    child = seconds[0]._child
    assert child is not None
    parts.close()
    assert not Path(f"/proc/{child.pid}").exists()


def test_nothing_comes_of_nothing():
    assert [len(part.sound) for part in decoded(iter([]), 0)] == [0]
