from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest

from digits import settings
from digits.engine import local
from digits.errors import UsageError
from digits.models import create, devices
from digits.training.recipe import Recipe
from tests.starter import build_starter, small, wait_for_end


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux machine without a graphics card, whatever this one is."""
    monkeypatch.setattr(devices, "NVIDIA_DRIVER", Path("/nowhere"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    return monkeypatch


def test_a_machine_without_a_card_has_its_processor_only(bare: pytest.MonkeyPatch) -> None:
    assert devices.devices() == ["cpu"]


def test_a_driver_or_its_tool_means_cuda(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert devices.devices() == ["cpu", "cuda"]
    bare.setattr(shutil, "which", lambda name: None)
    bare.setattr(devices, "NVIDIA_DRIVER", tmp_path)
    assert devices.devices() == ["cpu", "cuda"]


def test_apples_own_processors_mean_mps(bare: pytest.MonkeyPatch) -> None:
    bare.setattr(platform, "system", lambda: "Darwin")
    bare.setattr(platform, "machine", lambda: "arm64")
    assert devices.devices() == ["cpu", "mps"]
    bare.setattr(platform, "machine", lambda: "x86_64")
    assert devices.devices() == ["cpu"]


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_by_name(framework: str, device: str) -> None:
    if device in devices.devices():
        pytest.skip(f"this machine has {device}")
    name = settings.FRAMEWORK_NAMES[framework]
    with pytest.raises(UsageError, match=f"{name} has no such device here: expected cpu, received {device}"):
        create(Recipe(framework=framework, dataset="none", network="8", threads=1, device=device))


def test_a_run_on_a_device_that_is_not_there_fails_and_says_so() -> None:
    if "cuda" in devices.devices():
        pytest.skip("this machine has cuda")
    build_starter()
    run = local.start_training(small("pytorch", device="cuda"), owner="ann")
    assert wait_for_end(run.job) == "failed"
    assert "PyTorch has no such device here: expected cpu, received cuda" in run.job.status()["error"]


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_the_framework_lists_the_notebooks_network(framework: str) -> None:
    found = create(Recipe(framework=framework, dataset="none", threads=1)).describe()
    assert found["parameters"] == 2_568_794
    assert f"{found['parameter_bytes'] / 2**20:.2f} MB" == "9.80 MB"
    with_weights = [layer for layer in found["layers"] if layer["parameters"]]
    assert [layer["shape"] for layer in with_weights] == [[None, 784], [None, 128], [None, 64], [None, 10]]
    assert [layer["parameters"] for layer in with_weights] == [2_459_408, 100_480, 8_256, 650]
    assert ("Linear(in_features=3136" if framework == "pytorch" else "2,568,794 (9.80 MB)") in found["printed"]
    assert settings.FRAMEWORK_NAMES[framework] in found["library"]
