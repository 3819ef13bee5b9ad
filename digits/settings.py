"""Where the lab keeps its files, and what the machine gives: read from the environment, once a call."""

from __future__ import annotations

import errno
import getpass
import os
import socket
from functools import lru_cache
from pathlib import Path

from digits.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent
FRAMEWORKS = ("pytorch", "tensorflow")
FRAMEWORK_NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def home() -> Path:
    """Return the lab folder: `DIGITS_HOME`, by default `lab/` in the project. It is made where it is missing."""
    folder = _home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("The lab folder cannot be made", expected="a folder that can be written",
                         received=error, do="DIGITS_HOME names another one.") from error  # fmt: skip
    return folder


def _home() -> Path:
    given = os.environ.get("DIGITS_HOME") or str(PROJECT / "lab")
    return _resolved(given, None if given.startswith(os.sep) else Path.cwd())


@lru_cache(maxsize=100)
def _resolved(name: str, beside: Path | None) -> Path:
    try:
        return ((beside or Path()) / Path(name).expanduser()).resolve()
    except RuntimeError as error:  # nobody is called so
        raise UsageError("The lab folder cannot be found", expected="a folder that can be written",
                         received=repr(name[:80]), do="DIGITS_HOME names another one.") from error  # fmt: skip


def part(name: str) -> Path:
    """Return a folder of the lab (`datasets`, `runs`, …), made where it is missing."""
    folder = _home() / name
    if not folder.is_dir():  # asked for with each file of each run
        home()
        folder.mkdir(exist_ok=True)
    return folder


def entries(name: str) -> list[os.DirEntry[str]]:
    """Return what lies in a folder of the lab; nothing where it is missing in a lab that is read-only."""
    try:
        folder = part(name)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        return []
    with os.scandir(folder) as there:
        return list(there)


def source_roots() -> list[Path]:
    """Return the folders under which the app may read sources.

    `DIGITS_SOURCES` (separated as in PATH); by default the folder that the app was started in, and the test data.
    """
    given = os.environ.get("DIGITS_SOURCES")
    if given:
        return [Path(root).resolve() for root in given.split(os.pathsep) if root]
    return [root for root in (Path.cwd().resolve(), test_data()) if root.is_dir()]


def test_data() -> Path:
    """Return where the real data for tests and benchmarks lies: `DIGITS_TEST_DATA`, or beside the project."""
    return Path(os.environ.get("DIGITS_TEST_DATA") or PROJECT.parent / "shared" / "data").resolve()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def owner() -> str:
    """Return who is at this keyboard, as `name@machine`: the default owner of a job."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
