from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from digits import settings
from digits.engine import warm
from digits.engine.leash import Collar


def test_a_copied_lab_leaves_the_originals_worker_alone(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = warm.Door("embed", "maps", Collar())
    address = warm._address(settings.part("slots") / "embed.json")
    shutil.copytree(lab, tmp_path / "copy")
    monkeypatch.setenv("DIGITS_HOME", str(tmp_path / "copy"))
    copied = warm.Door("embed", "maps", Collar())
    assert copied.close()
    monkeypatch.setenv("DIGITS_HOME", str(lab))
    assert Path(address).exists(), "the original's door is still there"
    assert door.close()
    assert not Path(address).exists()
