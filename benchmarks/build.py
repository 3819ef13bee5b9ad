"""How long a ZIP of PNG files takes to become a data set, against the other ways: one table of ratios.

    python -m benchmarks.build [--images 20000] [--million]

Every way reads the same images in the same run, so that the ratios hold on a busy machine too. The notebook's loop is
run for a minute; its growth (a·n + b·n² for each digit) is fitted and carried on to all images. `--million` builds
one data set of 1,000,000 images instead, the ZIP repeated under other names. The memory is private (Linux): of this
process and of the one that decodes beside it.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from benchmarks.build_million import MILLION
from digits import settings
from digits.dataset import build
from digits.dataset.sources import open_source
from digits.engine.local import OURS
from digits.machine import processor

NOTEBOOK_SECONDS, NOTEBOOK_STEP = 60.0, 100  # how long its loop is run, and after how many rows a time is taken


def main() -> None:
    """Print the machine, the table and the memory that ours took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--images", type=int, help="take only so many, evenly from all digits")
    parser.add_argument("--notebook-seconds", type=float, default=NOTEBOOK_SECONDS, metavar="S")
    parser.add_argument("--million", action="store_true", help="build a million images, and compare nothing")
    options = parser.parse_args()
    as_a_worker()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        if options.million:
            million(options.zip, Path(folder))
        else:
            path = thinned(options.zip, options.images, Path(folder)) if options.images else options.zip
            compare(path, options.notebook_seconds)


def as_a_worker() -> None:
    """Begin again with the environment that workers are given: how memory is kept shows in the seconds."""
    if any(name not in os.environ for name in OURS):
        command = [sys.executable, "-m", "benchmarks.build", *sys.argv[1:]]
        os.execve(sys.executable, command, {**OURS, **os.environ})


def million(path: Path, folder: Path) -> None:
    """Build a data set of a million images, and print what it took."""
    large = folder / "million.zip"
    maker = [sys.executable, "-m", "benchmarks.build_million", path, large]  # whose memory is its own
    subprocess.run(maker, check=True)
    began = sum(os.times()[:4])
    with peak_private() as peak:
        seconds = clock(lambda: ours_once(large))
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, {MILLION:,} images")
    print(f"built in {seconds:.1f} s ({sum(os.times()[:4]) - began:.1f} of the processors), "
          f"peak private memory {peak[0]:.0f} MB")  # fmt: skip


def compare(path: Path, notebook_seconds: float) -> None:
    """Print the table of all ways."""
    with peak_private() as peak:
        ours = clock(lambda: ours_once(path))
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        ways = {
            "members with zipfile, not decoded": clock(lambda: [archive.read(name) for name in names]),
            "ours: checked, hashed, on the disk": ours,
            "Pillow, one process, into an array": clock(lambda: pillow(archive, names)),
        }
        notebook(archive, names[:2], 1.0)  # imports
        counts, seconds = notebook(archive, names, notebook_seconds)
    ways[f"the notebook's loop (from {counts[-1]:,} rows)"] = extrapolated(counts, seconds, len(names))
    print_table(ways, len(names), ours)
    print(f"notebook's loop: {counts[-1]:,} rows in {seconds[-1]:.1f} s; "
          f"ours: peak private memory {peak[0]:.0f} MB (interpreter and libraries included)")  # fmt: skip


def ours_once(path: Path) -> None:
    """Build the data set once."""
    build.build(open_source(path), "benchmark", staging=settings.home() / "staging")


def pillow(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Decode each member as most programs do."""
    from PIL import Image

    images = np.empty((len(names), 28, 28, 4), np.uint8)
    for index, name in enumerate(names):
        images[index] = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGBA"))


def notebook(archive: zipfile.ZipFile, names: list[str], most_seconds: float) -> tuple[list[int], list[float]]:
    """Append one row of 3,136 pixels at a time; return numbers of rows, and the seconds that each took.

    It is the fastest such loop: `frame.loc[len(frame)] = …` takes 70 ms a row here.
    """
    import pandas as pd
    from PIL import Image

    frame, counts, seconds = pd.DataFrame(), [], []
    start = time.perf_counter()
    for number, name in enumerate(names, 1):
        pixels = np.asarray(Image.open(io.BytesIO(archive.read(name)))).reshape(1, -1)
        row = pd.DataFrame(pixels)
        row["digit"] = int(name[0])
        frame = pd.concat([frame, row], ignore_index=True)
        now = time.perf_counter() - start
        if number % NOTEBOOK_STEP == 0 or number == len(names) or now > most_seconds:
            counts.append(number)
            seconds.append(now)
        if now > most_seconds:
            break
    return counts, seconds


def extrapolated(counts: list[int], seconds: list[float], images: int) -> float:
    """Return the seconds for `images`, a tenth of them in each digit's DataFrame."""
    rows = np.array(counts, float)
    growth, *_ = np.linalg.lstsq(np.stack([rows, rows**2], axis=1), np.array(seconds), rcond=None)
    if growth.min() < 0:  # noise: the time of a row then only grows
        growth = np.array([0, seconds[-1] / rows[-1] ** 2])
    digit = images / 10
    return float(10 * (growth @ [digit, digit**2]))


def thinned(path: Path, images: int, folder: Path) -> Path:
    """Return a ZIP of every k-th image of that at `path`."""
    target = folder / "thinned.zip"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as smaller:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        for name in names[:: max(1, len(names) // images)]:
            smaller.writestr(name, archive.read(name))
    return target


def clock(act: Callable[[], object]) -> float:
    """Return the seconds that `act` takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def peak_private(every_seconds: float = 0.1) -> Iterator[list[float]]:
    """Give a list whose one number becomes the most private memory in MB that this process and its children had."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(every_seconds):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            peak[0] = max(peak[0], sum(private(pid) for pid in ["self", *children]))

    watcher = threading.Thread(target=watch, daemon=True)
    if Path("/proc/self/smaps_rollup").exists():
        watcher.start()
    try:
        yield peak
    finally:
        over.set()


def private(pid: str) -> float:
    """Return the private memory of a process in MB; 0 if it has ended (Linux)."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
    return 0.0


def print_table(ways: dict[str, float], images: int, ours: float) -> None:
    """Print seconds, images a second and the ratio to ours."""
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, {images:,} images")
    print(f"{'way':<40}{'seconds':>10}{'images/s':>11}{'× ours':>9}")
    for way, seconds in ways.items():
        print(f"{way:<40}{seconds:>10.2f}{images / seconds:>11,.0f}{seconds / ours:>9.2f}")


if __name__ == "__main__":
    main()
