"""How much memory there is: of the machine, or of the container where that has less."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MEMINFO, CGROUP, CGROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
# What tells a group's limit and use, and how its `memory.stat` begins the names of sums; of versions 2 and 1.
FILES = (("memory.max", "memory.current", ""), ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"))


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
        for limit, used, stat in FILES:
            with suppress(OSError, ValueError):  # there is none, or it is `max`
                most, taken = int((folder / limit).read_text()), int((folder / used).read_text())
                yield most, taken - _cache_bytes(folder, stat)


def _cache_bytes(group: Path, stat: str) -> int:
    """Return how much of what a group uses is copies of files, which the kernel gives up where memory is wanted."""
    with suppress(OSError, ValueError):
        told = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return sum(int(told.get(f"{stat}{kind}_file", 0)) for kind in ("active", "inactive"))
    return 0


def _groups() -> Iterator[Path]:
    """Yield the folders of the groups: version 2 has one tree, version 1 one for each controller."""
    trees = {"": CGROUPS, "memory": CGROUPS / "memory"}
    yield from trees.values()
    with suppress(OSError):
        for line in CGROUP.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            inner = path.lstrip("/")
            for name in trees.keys() & set(controllers.split(",")):
                yield from (trees[name] / part for part in (inner, *map(str, Path(inner).parents)))
