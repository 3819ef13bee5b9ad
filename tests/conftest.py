"""Every test has a lab of its own, and finds the real data or skips with the reason."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from digits import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("DIGITS_IDLE_SECONDS", "30")  # a test's lab is not asked again: its warm worker need not wait


@pytest.fixture(autouse=True)
def lab(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh lab folder, named by `DIGITS_HOME`."""
    folder = tmp_path_factory.mktemp("lab", numbered=True)
    monkeypatch.setenv("DIGITS_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with the starter set and a small finished run of each framework, made once for all tests that copy it."""
    from digits.engine import local
    from tests.starter import build_starter, small, wait_for_end

    folder = tmp_path_factory.mktemp("pattern")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITS_HOME", str(folder))
        build_starter()
        runs = [local.start_training(small(framework, epochs=3), owner="ann") for framework in settings.FRAMEWORKS]
        assert [wait_for_end(run.job) for run in runs] == ["finished", "finished"]
    return folder


@pytest.fixture
def furnished(lab: Path, pattern: Path) -> Path:
    """The test's lab, with the starter set and a small finished run of each framework."""
    shutil.copytree(pattern, lab, dirs_exist_ok=True)
    return lab


def real(name: str) -> Path:
    """Return a file of the real data, or skip the test with the reason."""
    path = settings.test_data() / name
    if not path.exists():
        pytest.skip(f"{name} is not at DIGITS_TEST_DATA ({settings.test_data()})")
    return path


@pytest.fixture
def kaggle_zip() -> Path:
    return real("kaggle-digits.zip")


@pytest.fixture
def pen_strokes() -> Path:
    return real("pen-strokes.json.gz")


@pytest.fixture
def mnist_images() -> Path:
    return real("mnist-t10k-images-idx3-ubyte.gz")
