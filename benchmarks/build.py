"""How long a ZIP of PNG files takes to become a data set, against the other ways: one table of ratios.

    python -m benchmarks.build [--images 20000]

Every way reads the same images in the same run, so that the ratios hold on a busy machine too. The notebook's loop is
run on a few thousand images; its growth (a·n + b·n² for each digit) is fitted and carried on to all of them.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from digits import settings
from digits.dataset import build
from digits.dataset.sources import open_source
from digits.machine import processor

NOTEBOOK_ROWS = (800, 1600, 3200)


def main() -> None:
    """Print the machine, the table and the memory that ours took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--images", type=int, help="take only so many, evenly from all digits")
    parser.add_argument("--notebook-rows", type=int, nargs=3, default=NOTEBOOK_ROWS, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        path = thinned(options.zip, options.images, Path(folder)) if options.images else options.zip
        with peak_private() as peak:
            ours = clock(lambda: ours_once(path))
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".png")]
            ways = {
                "members with zipfile, not decoded": clock(lambda: [archive.read(name) for name in names]),
                "ours: checked, hashed, on the disk": ours,
                "Pillow, one process, into an array": clock(lambda: pillow(archive, names)),
            }
            counts = [count for count in options.notebook_rows if count <= len(names)] or [len(names)]
            notebook(archive, names, [2])  # imports
            seconds = notebook(archive, names, counts)
    loop = extrapolated(counts, seconds, len(names))
    ways[f"the notebook's loop (from {counts[-1]} rows)"] = loop
    print_table(ways, len(names), ours)
    print("notebook's loop: " + ", ".join(f"{n} rows {s:.1f} s" for n, s in zip(counts, seconds, strict=True)))
    print(f"ours: peak private memory {peak[0]:.0f} MB (interpreter and libraries included)")


def ours_once(path: Path) -> None:
    """Build the data set once."""
    build.build(open_source(path), "benchmark", staging=settings.home() / "staging")


def pillow(archive: zipfile.ZipFile, names: list[str]) -> None:
    """Decode each member as most programs do."""
    from PIL import Image

    images = np.empty((len(names), 28, 28, 4), np.uint8)
    for index, name in enumerate(names):
        images[index] = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGBA"))


def notebook(archive: zipfile.ZipFile, names: list[str], counts: Sequence[int]) -> list[float]:
    """Append one row of 3,136 pixels at a time; return the seconds after so many rows.

    It is the fastest such loop: `frame.loc[len(frame)] = …` takes 70 ms a row here.
    """
    import pandas as pd
    from PIL import Image

    frame, seconds = pd.DataFrame(), []
    start = time.perf_counter()
    for number, name in enumerate(names[: counts[-1]], 1):
        pixels = np.asarray(Image.open(io.BytesIO(archive.read(name)))).reshape(1, -1)
        row = pd.DataFrame(pixels)
        row["digit"] = int(name[0])
        frame = pd.concat([frame, row], ignore_index=True)
        if number in counts:
            seconds.append(time.perf_counter() - start)
    return seconds


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
    """Give a list whose one number becomes the most private memory in MB that this process had (Linux)."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(every_seconds):
            lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
            private = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
            peak[0] = max(peak[0], private / 1024)

    watcher = threading.Thread(target=watch, daemon=True)
    if Path("/proc/self/smaps_rollup").exists():
        watcher.start()
    try:
        yield peak
    finally:
        over.set()


def print_table(ways: dict[str, float], images: int, ours: float) -> None:
    """Print seconds, images a second and the ratio to ours."""
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, {images:,} images")
    print(f"{'way':<40}{'seconds':>10}{'images/s':>11}{'× ours':>9}")
    for way, seconds in ways.items():
        print(f"{way:<40}{seconds:>10.2f}{images / seconds:>11,.0f}{seconds / ours:>9.2f}")


if __name__ == "__main__":
    main()
