"""The pictures of a source on their way to pixels, which a second process decodes while this one reads and writes.

It pays with many files and two cores (`benchmarks/build.py`). Where the second process cannot be started or
dies, this one goes on alone, to the same pixels, and says so on standard error: it only costs time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.child import Child
from digits.dataset.paths import Picture
from digits.errors import DigitsError, ImageError, StoppedError
from digits.images import png

Bytes = NDArray[np.uint8]
Pixels = tuple[Bytes, list[tuple[int, str]]]  # as `png.decode` returns them
FILES_FOR_TWO = 10_000  # with fewer, the second process has hardly started when the first is done


class Decoded(NamedTuple):
    """Some pictures of a source: the `sound` ones with their images (n, 28, 28, 4) uint8.

    The others are `rejected`: file and reason. All are in the order of the source.
    """

    sound: list[Picture]
    images: Bytes
    rejected: list[tuple[str, str]]


def decoded(
    chunks: Iterator[list[Picture]], files: int, pause: Callable[[], None] = lambda: None
) -> Generator[Decoded]:
    """Yield the pictures of `chunks`, of so many `files` in all, decoded.

    `pause` is called twice a second while the second process keeps this one waiting, and may raise `StoppedError`.
    """
    first = next(chunks, [])
    every = chain([first], chunks)
    if files < FILES_FOR_TWO or settings.cores() < 2 or not any(isinstance(one.data, bytes) for one in first):
        yield from (_sorted(chunk, _pixels(chunk)) for chunk in every)
        return
    second, before = Second(pause), first
    try:
        second.ask(_files(before))
        for chunk in chunks:
            found = second.answer()
            second.ask(_files(chunk))
            yield _sorted(before, found)
            before = chunk
        yield _sorted(before, second.answer())
    finally:
        second.close()


class Second:
    """A process that decodes while this one does other things; until it has started, and without it, this does."""

    def __init__(self, pause: Callable[[], None]) -> None:
        self._pause = pause
        self._files: list[bytes] = []
        self._starting, self._asked = True, False
        self._child: Child | None = None
        try:
            command = [sys.executable, "-m", "digits.workers.decode"]
            self._child = Child("that decodes pictures", command, dict(os.environ))
            self._child.send({"sizes": []})
        except (OSError, DigitsError) as error:
            self._alone(error)

    def ask(self, files: list[bytes]) -> None:
        """Have `files` decoded; what was asked before must have been answered."""
        self._files, self._asked = files, False
        try:
            if self._child and files and self._has_started(self._child):
                joined = np.frombuffer(b"".join(files), np.uint8)
                self._child.send({"sizes": [len(data) for data in files]}, joined, pause=self._pause)
                self._asked = True
        except StoppedError:
            raise
        except DigitsError as error:
            self._alone(error)

    def answer(self) -> Pixels:
        """Return the pixels of the files that were asked for."""
        try:
            if self._child and self._asked:
                told, images = self._child.answer(self._pause)
                assert images is not None
                return images, [(place, reason) for place, reason in told["refused"]]
        except StoppedError:
            raise
        except DigitsError as error:
            self._alone(error)
        return png.decode(self._files)

    def close(self) -> None:
        """End the process."""
        if self._child:
            self._child.close()
        self._child = None

    def _has_started(self, child: Child) -> bool:
        if self._starting and child.has_answered():
            child.answer(lambda: None)
            self._starting = False
        return not self._starting

    def _alone(self, error: Exception) -> None:
        sys.stderr.write(f"The pictures are decoded by one process: {error}\n")
        self.close()


def _files(chunk: list[Picture]) -> list[bytes]:
    return [one.data for one in chunk if isinstance(one.data, bytes)]


def _pixels(chunk: list[Picture]) -> Pixels:
    """Return the pixels of the files or the arrays in `chunk`."""
    arrays = [one.data for one in chunk if isinstance(one.data, np.ndarray)]
    if not arrays:
        return png.decode(_files(chunk))
    images = np.stack(arrays)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28, 4):
        raise ValueError(f"a source gave {images.dtype} {images.shape[1:]}")
    return images, []


def _sorted(chunk: list[Picture], found: Pixels) -> Decoded:
    """Return which of `chunk` are sound and which are not, when its files or arrays came to the pixels `found`."""
    images, refused = found
    reasons = {index: str(one.data) for index, one in enumerate(chunk) if isinstance(one.data, ImageError)}
    readable = [index for index in range(len(chunk)) if index not in reasons]
    reasons |= {readable[place]: reason for place, reason in refused}
    sound = [one for index, one in enumerate(chunk) if index not in reasons] if reasons else chunk
    return Decoded(sound, images, [(chunk[index].name, reasons[index]) for index in sorted(reasons)])
