"""How much memory there is: of the machine, or of the container where that has less."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MEMINFO, CGROUP, CGROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def total_bytes() -> int:
    """Return how much there is."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *(limit for limit, _ in _limits())])


def free_bytes() -> int:
    """Return how much of it could be had now; all of it where the system does not tell, as macOS."""
    free = [total_bytes(), *(limit - used for limit, used in _limits())]
    if MEMINFO.exists():
        lines = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
        free.append(int(lines["MemAvailable"].split()[0]) * 1024)
    return max(0, min(free))


def _limits() -> Iterator[tuple[int, int]]:
    """Yield the limit of each control group around this process, and how much of it is used (cgroups(7))."""
    for folder in dict.fromkeys(_groups()):
        for limit, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            with suppress(OSError, ValueError):  # there is none, or it is `max`
                yield int((folder / limit).read_text()), int((folder / used).read_text())


def _groups() -> Iterator[Path]:
    yield CGROUPS
    yield CGROUPS / "memory"
    with suppress(OSError):
        for line in CGROUP.read_text().splitlines():
            path = line.split(":", 2)[2].lstrip("/")
            yield from (CGROUPS / part for part in (path, *map(str, Path(path).parents)))
