"""How long a map takes: the lab's warm worker against the notebook's plain call, cold and warm, as ratios.

    python -m benchmarks.embedding [--zip PATH] [--home FOLDER] [--points 500 10000 21546]

Cold is from the request to a map that can be shown, with the start of the process, the imports and what is compiled.
Warm is the next map of another seed in the same process. The notebook's way is `umap.UMAP(n_neighbors=5,
min_dist=0.3, metric="correlation")` on the same images' 3,136 values, in a process of its own. Both ways take turns.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.build import processor
from benchmarks.notebook import digits
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.embedding.images import images_of
from digits.embedding.maps import drawn, result, start_map
from digits.embedding.recipe import MapRecipe
from digits.files import Lock, canonical, read_json
from digits.job import LIVE, Job

PLAIN = """
import json, sys, time, warnings
start = time.perf_counter()
import numpy as np, umap
warnings.simplefilter("ignore")
pixels = np.load(sys.argv[1])
for turn in range(2):
    umap.UMAP(n_neighbors=5, min_dist=0.3, metric="correlation").fit_transform(pixels)
    print(time.perf_counter() - start, flush=True)
    start = time.perf_counter()
"""
TARGET_SECONDS = {500: 3.0, 10_000: 8.0}


def main() -> None:
    """Print the machine and a row a number of points."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--zip", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--home", type=Path, help="a lab to work in, kept afterwards")
    parser.add_argument("--points", type=int, nargs="+", default=[500, 10_000, 21_546])
    options = parser.parse_args()
    load = ", ".join(f"{share:.1f}" for share in os.getloadavg())
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, load {load}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = str(options.home or folder)
        if "kaggle" not in dataset_names():
            digits("build", str(options.zip), "--name", "kaggle")
        print(f"{'points':>8}{'cold, s':>10}{'warm, s':>10}{'target':>8}{'trust':>8}"
              f"{'plain cold':>12}{'plain warm':>12}{'× cold':>8}{'× warm':>8}")  # fmt: skip
        try:
            for points in options.points:
                row(points, Path(folder))
        finally:
            end_worker()


def row(points: int, folder: Path) -> None:
    """Measure one number of points both ways and print it."""
    end_worker()
    seed = int.from_bytes(os.urandom(3))  # a lab that is kept has the map of a seed that was drawn before
    cold, _ = draw(points, seed)
    warm, job = draw(points, seed + 1)
    told = result(job) or {}
    end_worker()
    plain_cold, plain_warm = plainly(points, folder / "pixels.npy")
    target = f"{TARGET_SECONDS[points]:.0f}" if points in TARGET_SECONDS else "–"
    print(f"{told['points']:>8,}{cold:>10.1f}{warm:>10.2f}{target:>8}{told['trustworthiness']:>8.3f}{plain_cold:>12.1f}"
          f"{plain_warm:>12.2f}{plain_cold / cold:>8.1f}{plain_warm / warm:>8.1f}", flush=True)  # fmt: skip


def draw(points: int, seed: int) -> tuple[float, Job]:
    """Draw a map; return the seconds until it could be shown (warm: as the worker counts them), and its job."""
    start = time.perf_counter()
    warm = Lock.is_held(settings.part("slots") / "embed" / "job.lock")
    job = start_map(MapRecipe(dataset="kaggle", points=points, seed=seed), owner="benchmark")
    while drawn(job) is None:
        if job.state not in LIVE:
            sys.exit(canonical(job.status()).decode())
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    while job.state in LIVE:
        time.sleep(0.05)
    return (result(job) or {})["seconds"] if warm else seconds, job


def plainly(points: int, path: Path) -> tuple[float, float]:
    """Return the seconds of the notebook's call on the same images: in a fresh process, and again in it."""
    images = images_of(MapRecipe(dataset="kaggle", points=points))
    np.save(path, np.asarray(images.dataset.images[images.rows], np.float64).reshape(len(images.rows), -1))
    done = subprocess.run([sys.executable, "-c", PLAIN, str(path)], capture_output=True, text=True, check=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})  # fmt: skip
    cold, warm = (float(line) for line in done.stdout.splitlines()[-2:])
    return cold, warm


def end_worker() -> None:
    """End the lab's warm worker, if there is one."""
    seat = settings.part("slots") / "embed" / "job.lock"
    while Lock.is_held(seat):
        with suppress(FileNotFoundError, ProcessLookupError):  # it is ending
            os.kill(read_json(settings.part("slots") / "embed.json")["pid"], signal.SIGTERM)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
