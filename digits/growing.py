"""Logs that grow by whole lines, read as far as they were not read before.

A page that watches a training of 1,000 epochs looks at its records more than once a second. Parsing all of them each
time would take longer and longer; what was parsed is kept, and only what came after it is read.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digits.remembered import Stamp, stamp

Line = dict[str, Any]
Parse = Callable[[bytes, str, int], Iterable[Line]]  # bytes, the log's name, the number of their first line
MOST_BYTES = 4_000_000  # of all logs that are kept, as text: as objects they are about five times as large
CHECKED_BYTES = 200  # before the place where reading goes on: another log has others there


@dataclass(frozen=True)
class Log:
    """What was read of a log: its lines, how many bytes those are, and the last of these."""

    stamp: Stamp
    lines: list[Line]
    length: int
    tail: bytes


class Growing:
    """The logs that were read last; one for the process, in any thread."""

    def __init__(self, parse: Parse) -> None:
        self._parse, self._guard = parse, threading.Lock()
        self._there: OrderedDict[Path, Log] = OrderedDict()

    def read(self, path: Path, name: str) -> list[Line]:
        """Return the objects of the log's whole lines, which nobody may change. Raises what `parse` does."""
        known = self._there.get(path)
        with path.open("rb") as file:
            seen = stamp(os.fstat(file.fileno()))
            if known is not None and known.stamp == seen:
                return list(known.lines)
            if known is None or not _goes_on(known, file, seen):
                known = Log(seen, [], 0, b"")
            file.seek(known.length)
            data = file.read()
        lines = [*known.lines, *self._parse(data, name, len(known.lines) + 1)]
        whole = data[: data.rfind(b"\n") + 1]
        self._keep(path, Log(seen, lines, known.length + len(whole), (known.tail + whole)[-CHECKED_BYTES:]))
        return list(lines)

    def _keep(self, path: Path, log: Log) -> None:
        """Keep what was read last, however long it is, and of the others as many as fit beside it."""
        with self._guard:
            self._there[path] = log
            self._there.move_to_end(path)
            while len(self._there) > 1 and sum(one.length for one in self._there.values()) > MOST_BYTES:
                self._there.popitem(last=False)


def _goes_on(known: Log, file: Any, seen: Stamp) -> bool:
    """Tell whether `file` begins with what is known of it: the same file, grown, and the same where that ended."""
    (*same, size, _, _), (*before, _, _, _) = seen, known.stamp
    if same != before or size <= known.length:
        return False
    file.seek(known.length - len(known.tail))
    return bool(file.read(len(known.tail)) == known.tail)
