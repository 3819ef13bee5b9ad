"""Which devices this machine seems to have, told without importing a framework; whether one works, a worker says."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def devices() -> list[str]:
    """Return *cpu*, and *cuda* where NVIDIA's driver is installed or *mps* on Apple's own processors."""
    found = ["cpu"]
    if NVIDIA_DRIVER.exists() or shutil.which("nvidia-smi"):
        found.append("cuda")
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found.append("mps")
    return found
