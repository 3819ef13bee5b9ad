"""What the tests of several pages begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from digits.engine import local
from digits.files import Lock
from digits.job import Job
from tests.starter import build_starter


@pytest.fixture
def starter(lab: Path) -> None:
    build_starter()


@pytest.fixture
def unstarted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Job, Lock]]:
    """Keeps workers from being started; holds what would have been, each with its lock, as if it were at work."""
    begun: list[tuple[str, Job, Lock]] = []
    monkeypatch.setattr(local, "launch", lambda worker, job, lock: begun.append((worker, job, lock)))
    return begun
