"""The parts of `benchmarks.faults` that are quick, with few faults each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks import faults_disk, faults_saves
from benchmarks.faults_jobs import drawing
from benchmarks.faults_kills import Lost
from benchmarks.faults_writes import keeping
from digits import drawings

traced = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


@traced
def test_a_checkpoint_is_whole_wherever_its_save_is_killed(lab: Path) -> None:
    told = faults_saves.saves(most=4)
    assert "an old one" in told
    assert told.endswith("an old one") or told.endswith("the new one"), told


@traced
@pytest.mark.parametrize("call", ["openat", "rename"])
def test_a_drawing_that_cannot_be_written_is_refused_by_its_folder(lab: Path, call: str) -> None:
    drawings.keep(3, drawing(0))
    there = [point for point in faults_disk.points(keeping()) if point[0] == call]
    what, fault = faults_disk.refused(keeping(), *there[-1], "ENOSPC")
    assert what.startswith("drawings/")
    assert fault is None
    assert len(drawings.all_drawings()) == 2, "the one before, and the one that was not refused"


def test_a_loss_is_allowed_up_to_five_seconds_or_an_epoch_whichever_is_more() -> None:
    allowed = [Lost(4.9, 30.0, 0.1), Lost(20.0, 1.0, 20.0), Lost(6.0, 0.3, 20.0)]
    assert [cost.allowed for cost in allowed] == [True] * 3
    assert not Lost(5.5, 3.0, 1.8).allowed
