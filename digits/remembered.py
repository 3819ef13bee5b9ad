"""What small files said, remembered for as long as each is the very same file on the disk.

A page looks at every run of the lab, most of which ended long ago. Asking the file system whether a file is still the
one that was read takes a twentieth of reading it anew. Nothing stale is ever returned: a file counts as the same only
if its inode, its size and both its times are, and one that was changed a moment ago is not remembered at all, because
it may change again within one tick of the clock by which the file system stamps times.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Stamp = tuple[int, int, int, int, int]
SETTLED_SECONDS = 2.0  # the coarsest clock of a file system in use
MOST_BYTES = 32_000_000  # letters of all that is remembered; beyond, everything is forgotten
LARGEST_BYTES = 250_000  # of one file


class Remembered:
    """The contents of files, parsed; one for the process, in any thread."""

    def __init__(self, parse: Callable[[Path, bytes], dict[str, Any]]) -> None:
        self._parse, self._guard = parse, threading.Lock()
        self._there: dict[str, tuple[Stamp, str]] = {}
        self._bytes = 0

    def read(self, path: Path) -> dict[str, Any]:
        """Return what `path` says, a copy of the caller's own. Raises what `parse` does, and `FileNotFoundError`."""
        known = self._there.get(os.fspath(path))
        if known is not None and known[0] == stamp(path.stat()):
            found: dict[str, Any] = json.loads(known[1])
            return found
        with path.open("rb") as file:
            seen, data = os.fstat(file.fileno()), file.read()
        found = self._parse(path, data)
        if len(data) <= LARGEST_BYTES and settled(seen):
            self._keep(os.fspath(path), stamp(seen), json.dumps(found))
        return found

    def _keep(self, path: str, seen: Stamp, packed: str) -> None:
        with self._guard:
            if self._bytes + len(packed) > MOST_BYTES:
                self._there.clear()
                self._bytes = 0
            before = self._there.pop(path, None)
            self._there[path] = (seen, packed)
            self._bytes += len(packed) - (len(before[1]) if before else 0)


def stamp(seen: os.stat_result) -> Stamp:
    """Return what tells a file from any other that stood or will stand under its name."""
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def settled(seen: os.stat_result) -> bool:
    """Tell whether a file was left alone for so long that another change would change its times."""
    return time.time() - max(seen.st_mtime, seen.st_ctime) > SETTLED_SECONDS
