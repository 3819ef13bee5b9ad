from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from digits import messages
from digits.errors import WorkerError
from digits.messages import LENGTHS, MAX_BYTES, receive, send


@dataclass
class Pipe:
    out: int
    into: int

    def close(self, end: int) -> None:
        with suppress(OSError):  # closed already
            os.close(end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe(*os.pipe())
    yield pipe
    pipe.close(pipe.out)
    pipe.close(pipe.into)


ARRAYS = {
    "ink": np.arange(784, dtype=np.uint8).reshape(1, 784),
    "logits": np.array([[-1.5, np.inf, np.nan]], np.float32),
    "wide": np.linspace(0, 1, 6).reshape(2, 3),
    "turned": np.arange(6).reshape(2, 3).T,
    "every other": np.arange(10, dtype=">i2")[::2],
    "one number": np.float64(0.1).reshape(()),
    "nothing": np.zeros((0, 10), np.float32),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_arrives_as_it_was_sent_bit_for_bit(pipe: Pipe, name: str) -> None:
    send(pipe.into, {"id": 1}, ARRAYS[name])
    received = receive(pipe.out, wait_seconds=1)
    assert received is not None
    assert received[1] is not None
    assert received[1].dtype == ARRAYS[name].dtype
    assert received[1].shape == ARRAYS[name].shape
    assert received[1].tobytes() == ARRAYS[name].tobytes()


def test_a_header_arrives_alone_too_with_every_letter(pipe: Pipe) -> None:
    header = {"id": 7, "run": "é 数 \n \"'", "nested": {"a": [1, 2.5, None, True]}}
    send(pipe.into, header)
    assert receive(pipe.out, wait_seconds=1) == (header, None)


def test_a_header_that_is_sent_stays_as_it_was(pipe: Pipe) -> None:
    header = {"id": 7}
    send(pipe.into, header, ARRAYS["ink"])
    assert header == {"id": 7}


def test_messages_do_not_run_into_each_other(pipe: Pipe) -> None:
    for number in range(3):
        send(pipe.into, {"id": number}, np.full(number + 1, number))
    for number in range(3):
        received = receive(pipe.out, wait_seconds=1)
        assert received is not None
        assert received[0]["id"] == number
        assert received[1] is not None
        assert received[1].tolist() == [number] * (number + 1)


def test_what_a_pipe_takes_in_pieces_arrives_whole(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[int] = []

    def write_seven(descriptor: int, data: memoryview) -> int:
        pieces.append(os.write(descriptor, data[:7]))
        return pieces[-1]

    def read_five(descriptor: int, buffers: list[memoryview]) -> int:
        return os.readv(descriptor, [buffers[0][:5]])

    monkeypatch.setattr(messages, "os", SimpleNamespace(write=write_seven, readv=read_five))
    send(pipe.into, {"id": 1}, ARRAYS["wide"])
    received = receive(pipe.out, wait_seconds=1)
    assert len(pieces) > 10
    assert received is not None
    assert np.array_equal(received[1], ARRAYS["wide"])


def test_a_message_that_is_larger_than_the_pipe_arrives_whole(pipe: Pipe) -> None:
    large = np.random.default_rng(0).integers(0, 256, 3_000_000).astype(np.uint8)
    sender = threading.Thread(target=send, args=(pipe.into, {"id": 1}, large))
    sender.start()
    received = receive(pipe.out, wait_seconds=10)
    sender.join()
    assert received is not None
    assert np.array_equal(received[1], large)


def test_a_pipe_that_was_closed_gives_none(pipe: Pipe) -> None:
    pipe.close(pipe.into)
    assert receive(pipe.out, wait_seconds=1) is None


@pytest.mark.parametrize("sent", [1, 7, 8, 12, 60])
def test_a_pipe_that_was_closed_in_the_middle_of_a_message_gives_none(pipe: Pipe, sent: int) -> None:
    aside, into = os.pipe()
    send(into, {"id": 1}, ARRAYS["wide"])
    whole = os.read(aside, 1 << 16)
    os.close(aside)
    os.close(into)
    assert len(whole) > 60
    os.write(pipe.into, whole[:sent])
    pipe.close(pipe.into)
    assert receive(pipe.out, wait_seconds=1) is None


def test_what_was_sent_before_the_pipe_was_closed_is_still_read(pipe: Pipe) -> None:
    send(pipe.into, {"id": 1})
    pipe.close(pipe.into)
    assert receive(pipe.out, wait_seconds=1) == ({"id": 1}, None)
    assert receive(pipe.out, wait_seconds=1) is None


def test_writing_to_nobody_is_a_broken_pipe(pipe: Pipe) -> None:
    pipe.close(pipe.out)
    with pytest.raises(BrokenPipeError):
        send(pipe.into, {"id": 1})


def test_no_answer_in_time_is_an_error_that_says_what_to_do(pipe: Pipe) -> None:
    with pytest.raises(WorkerError, match=r"No answer came in time\. Try again"):
        receive(pipe.out, wait_seconds=0.01)


def test_half_an_answer_in_time_is_no_answer(pipe: Pipe) -> None:
    os.write(pipe.into, LENGTHS.pack(100, 0) + b"{")
    with pytest.raises(WorkerError, match="No answer came in time"):
        receive(pipe.out, wait_seconds=0.01)


@pytest.mark.parametrize("sizes", [(MAX_BYTES + 1, 0), (2, MAX_BYTES + 1), (2**32 - 1, 2**32 - 1)])
def test_a_message_that_is_too_long_is_refused_before_it_is_read(pipe: Pipe, sizes: tuple[int, int]) -> None:
    os.write(pipe.into, LENGTHS.pack(*sizes) + b"{}")
    with pytest.raises(WorkerError, match=f"too long: expected at most {MAX_BYTES} bytes, received {max(sizes)}"):
        receive(pipe.out, wait_seconds=1)
    assert os.read(pipe.out, 10) == b"{}"


def test_an_array_of_objects_is_never_made_from_bytes(pipe: Pipe) -> None:
    text = b'{"dtype": "|O", "shape": [1]}'
    os.write(pipe.into, LENGTHS.pack(len(text), 8) + text + bytes(8))
    with pytest.raises(WorkerError, match="OBJECT array"):
        receive(pipe.out, wait_seconds=1)
