"""Messages over a pipe: a JSON header and one array, each with its length before it. No pickle."""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import WorkerError
from digits.files import Json

LENGTHS = struct.Struct(">II")
MAX_BYTES = 64 * 2**20


def send(
    descriptor: int, header: Json, array: NDArray[Any] | None = None, *, wait: Callable[[], None] | None = None
) -> None:
    """Write one message whole. Raises `BrokenPipeError` when nobody reads any more.

    Where the pipe is full, `wait` is to return when it has room, or raise; without it the kernel waits for ever.
    """
    if wait:
        os.set_blocking(descriptor, False)
    body = memoryview(b"")
    if array is not None:
        header = {**header, "dtype": array.dtype.str, "shape": array.shape}
        body = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else body
    text = json.dumps(header).encode()
    for part in (memoryview(LENGTHS.pack(len(text), len(body)) + text), body):  # megabytes are not copied
        data = part
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                if wait is None:
                    raise
                wait()


def receive(descriptor: int, *, wait_seconds: float) -> tuple[Json, NDArray[Any] | None] | None:
    """Read one message; None when the other side has closed. Raises `WorkerError` after `wait_seconds`."""
    end = time.monotonic() + wait_seconds
    start = _read(descriptor, LENGTHS.size, end)
    if start is None:
        return None
    sizes = LENGTHS.unpack(start)
    if max(sizes) > MAX_BYTES:
        raise WorkerError("A message is too long", expected=f"at most {MAX_BYTES} bytes", received=max(sizes))
    text, body = (_read(descriptor, size, end) for size in sizes)
    if text is None or body is None:
        return None
    try:
        header = json.loads(text)
        array = np.frombuffer(body, header["dtype"]).reshape(header["shape"]) if "dtype" in header else None
    except (ValueError, KeyError, TypeError) as error:
        raise WorkerError("A message cannot be read", expected="JSON and one array", received=error) from error
    return header, array


def _read(descriptor: int, size: int, end: float) -> bytearray | None:
    data = bytearray(size)
    left = memoryview(data)
    poll = select.poll()  # select() refuses descriptors above 1023
    poll.register(descriptor, select.POLLIN)
    while left:
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise WorkerError("No answer came in time", do="Try again; the worker starts afresh.")
        count = os.readv(descriptor, [left])
        if not count:
            return None
        left = left[count:]
    return data
