"""Hostile ZIPs, each read in a process of its own: by which words it is refused, in which time and memory.

    python -m benchmarks.hostile_zip

The seconds are those from opening the archive to its refusal, or to the data set without the bad members; the memory
is the most private memory that the process had, interpreter and libraries included (Linux). It takes a minute and
1 GB of the disk.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.build import peak_private
from benchmarks.prediction import machine

MOST_SECONDS, MOST_MB = 1.0, 100


def main() -> None:
    """Print a line for each archive, and how many were refused as they must be."""
    if len(sys.argv) == 2:
        print(json.dumps(_read(Path(sys.argv[1]))))
    else:
        print(machine())
        print(zips(print))


def zips(tell: Callable[[str], None] = lambda line: None) -> str:
    """Try all; return a sentence. `tell` gets a line for each."""
    from tests.hostile_zip_cases import LARGE, SMALL

    refused, bad, seconds, memory = 0, [], 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hostile.zip"
        for name, case in {**SMALL, **LARGE}.items():
            case.make(path)
            found = _in_a_process(path, folder)
            named = all(re.search(case.words, said) for said in found["said"]) and bool(found["said"])
            good = named and found["seconds"] <= MOST_SECONDS and found["mb"] <= MOST_MB
            refused, bad = refused + named, bad if good else [*bad, name]
            seconds, memory = max(seconds, found["seconds"]), max(memory, found["mb"])
            size = path.stat().st_size / 1e6
            tell(f"{name:<44}{size:>7.1f} MB {found['seconds']:>6.2f} s ({found['cpu']:.2f} of the processor)"
                 f"{found['mb']:>5.0f} MB  {found['said'][0][:150]}")  # fmt: skip
    tail = f"; beyond the limits: {', '.join(bad)}" if bad else ""
    return (
        f"{refused} of {len(SMALL) + len(LARGE)} refused by name, at most {seconds:.2f} s and {memory:.0f} MB{tail}"
    )


def _in_a_process(path: Path, folder: str) -> dict:
    with tempfile.TemporaryDirectory(dir=folder) as home:
        command = [sys.executable, "-m", "benchmarks.hostile_zip", str(path)]
        environment = {**os.environ, "DIGITS_HOME": home}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return (
        json.loads(done.stdout)
        if done.stdout
        else {"said": [done.stderr[-300:]], "seconds": 999, "cpu": 999, "mb": 0}
    )


def _read(path: Path) -> dict:
    """Build a data set of `path`; return what was said of it, or of its members, the seconds and the memory."""
    from digits import settings
    from digits.dataset.build import build
    from digits.dataset.dataset import Dataset
    from digits.dataset.sources import open_source
    from digits.errors import SourceError

    with peak_private(every_seconds=0.02) as peak:
        began, cpu = time.perf_counter(), time.process_time()
        try:
            source = open_source(path)
            cpu, began = cpu - time.process_time(), began - time.perf_counter()
            import pyarrow.parquet  # noqa: F401 the build's: no work of the archive's

            cpu, began = cpu + time.process_time(), began + time.perf_counter()
            build(source, "hostile", staging=settings.home() / "staging")
            said = []
        except SourceError as error:
            said = [str(error)]
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        time.sleep(0.02)  # for a last look at the memory
    said = said or [reason for _, reason in Dataset.open("hostile").rejected()]
    return {"said": said, "seconds": seconds, "cpu": cpu, "mb": peak[0]}


if __name__ == "__main__":
    main()
