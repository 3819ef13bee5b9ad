"""What the lab makes of input that means harm: names, paths, settings, checkpoints.

    python -m benchmarks.hostile [--only names paths settings room flips]

Each part works in a lab of its own, in a temporary folder, and prints what it saw.
"""

from __future__ import annotations

from benchmarks.hostile_flips import flips
from benchmarks.hostile_names import names
from benchmarks.hostile_paths import paths
from benchmarks.hostile_room import estimates
from benchmarks.hostile_settings import bad_settings
from benchmarks.parts import Part, try_parts

PARTS: dict[str, Part] = {
    "names": names, "paths": paths, "settings": bad_settings, "room": estimates, "flips": flips,
}  # fmt: skip


if __name__ == "__main__":
    try_parts(PARTS, __doc__)
