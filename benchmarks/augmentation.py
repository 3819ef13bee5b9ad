"""What augmentation costs: an epoch with it and without, both frameworks, and an image by three ways.

    python -m benchmarks.augmentation [--epochs 20] [--rounds 3]

The notebook's network on ink, batch 128, the strengths of the preset *hand*. The starter set shows 20 variants of
each image an epoch, Kaggle's one. *Without* trains on as many images of the same width that never change. *Drawn
meanwhile* is a training whose processes have just been started; *found* one that comes after, whose epochs were left
by the first. Each framework has a process of its own, and the three take turns in it. A round's figure is the mean of
the second half of the epochs, when what was drawn before the first one is used up; shown are medians over the rounds.
The clock is the training's own: updates, and with augmentation whatever brings an epoch's images to them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from benchmarks.build import processor
from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.images import augment as ours
from digits.images.augment import Augmentation, augment
from digits.models import create, weights
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training import recipe as recipes
from digits.training import variants
from digits.training.inputs import Data, Part, load
from digits.training.loop import Loop
from digits.training.presets import HAND, preset
from digits.training.recipe import Recipe
from digits.workers.variants import Ahead

STRENGTHS = {name: HAND.get(name, 0.0) for name in recipes.STRENGTHS}  # those of the preset that reads hands
VARIANTS = {"starter": 20, "kaggle": 1}
SOURCES = {"starter": "starter", "kaggle": str(settings.test_data() / "kaggle-digits.zip")}
WITHOUT, MEANWHILE, FOUND = "without", "drawn meanwhile", "found"
GOAL, KEY = 0.2, "benchmark"
IMAGES = 10_000  # on which an image is timed


def main() -> None:
    """Print the machine and both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--datasets", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(epochs_of(*options.worker, options.epochs, options.rounds)))
        return
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f} before", flush=True)  # fmt: skip
    print_images()
    print(f"\n{'seconds an epoch':42}{WITHOUT:>10}{MEANWHILE:>18}{'more':>8}{FOUND:>10}{'more':>8}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        for name in options.datasets:
            build(open_source(SOURCES[name]), name, staging=Path(folder) / "staging")
            for framework in FRAMEWORKS:
                print_epochs(framework, name, options)


def print_epochs(framework: str, name: str, options: argparse.Namespace) -> None:
    """Time the ways of `framework` on the data set `name` in a process of their own, and print their line."""
    command = [sys.executable, "-m", "benchmarks.augmentation", "--worker", framework, name,
               "--epochs", str(options.epochs), "--rounds", str(options.rounds)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True,
                          env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})  # fmt: skip
    rounds = json.loads(done.stdout.splitlines()[-1])
    seconds = {way: median(one[way] for one in rounds) for way in (WITHOUT, MEANWHILE, FOUND)}
    more = {way: median(one[way] / one[WITHOUT] for one in rounds) - 1 for way in (MEANWHILE, FOUND)}
    title = f"{FRAMEWORK_NAMES[framework]}, {name}, {rounds[0]['images']:,} images"
    goal = "" if more[MEANWHILE] <= GOAL else f"  (goal: {GOAL:.0%})"
    print(f"{title:42}{seconds[WITHOUT]:>10.3f}{seconds[MEANWHILE]:>18.3f}{more[MEANWHILE]:>8.1%}"
          f"{seconds[FOUND]:>10.3f}{more[FOUND]:>8.1%}{goal}", flush=True)  # fmt: skip


def epochs_of(framework: str, name: str, epochs: int, rounds: int) -> list[dict[str, float]]:
    """Return for each round the seconds of an epoch by each way, and how many `images` it shows."""
    recipe = preset("notebook-adam", framework=framework, dataset=name, pixels="ink", scale=1.0, epochs=epochs,
                    threads=settings.cores(), variants=VARIANTS[name], **STRENGTHS)  # fmt: skip
    data = load(recipe, Dataset.open(name).fingerprint)
    still = recipe.changed(variants=1, **dict.fromkeys(STRENGTHS, 0.0))
    tiled = Part(*(np.concatenate([part] * recipe.variants) for part in vars(data.train).values()))
    many = Data(tiled, data.test, data.live)
    seconds_of(still.changed(epochs=1), many, None)  # imports and compiles
    return [{WITHOUT: seconds_of(still, many, None), MEANWHILE: beside(recipe, data, keep=True),
             FOUND: beside(recipe, data, keep=False), "images": len(tiled.rows)} for _ in range(rounds)]  # fmt: skip


def beside(recipe: Recipe, data: Data, *, keep: bool) -> float:
    """Return the seconds of an epoch whose variants a process draws or finds; `keep` leaves them to the next."""
    variants.awaited = lambda key: keep
    with Ahead(recipe, data.ink, KEY) as ahead:
        return seconds_of(recipe, data, ahead)


def seconds_of(recipe: Recipe, data: Data, ahead: Ahead | None) -> float:
    """Train, and return the mean seconds of an epoch of the second half."""
    classifier = create(recipe, inputs=len(data.live))
    classifier.load(weights.narrow(weights.initial(recipe), data.live))
    lines: list[dict[str, float]] = []
    Loop(recipe, data, classifier, ahead).run(lines.append, lambda ended: None)
    later = [line["epoch_seconds"] for line in lines if line["kind"] == "epoch" and line["epoch"] > recipe.epochs / 2]
    return mean(later)


def print_images() -> None:
    """Print the microseconds of one image by three ways, on one thread."""
    cv2.setNumThreads(1)
    images = np.zeros((IMAGES, 28, 28), np.uint8)
    images[:, 4:24, 6:22] = np.random.default_rng(0).integers(0, 256, (IMAGES, 20, 16))
    how, trembling = Augmentation(**STRENGTHS), Augmentation(**{**STRENGTHS, "jitter": 0.2})
    ways: dict[str, tuple[Callable[[np.ndarray], object], int]] = {
        "ours": (lambda some: augment(some, how, np.random.default_rng(1)), IMAGES),
        "ours, and jitter": (lambda some: augment(some, trembling, np.random.default_rng(1)), IMAGES),
        "Pillow, image by image": (lambda some: by_pillow(some, how), 500),
        "NumPy and SciPy, image by image": (lambda some: by_scipy(some, how), 500),
    }
    print("\nmicroseconds of processor time an image")
    for name, (way, count) in ways.items():
        print(f"{name:42}{min(cpu_seconds(way, images[:count]) for _ in range(3)) / count * 1e6:10.1f}", flush=True)


def cpu_seconds(way: Callable[[np.ndarray], object], images: np.ndarray) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    way(images)
    return time.process_time() - start


def places_of(count: int, how: Augmentation) -> tuple[np.ndarray, np.ndarray]:
    """Return where the pixels of `count` variants come from, (n, 2, 28, 28), x first, and n thresholds."""
    generator = np.random.default_rng(1)
    places = ours._places(ours._Room(count, how), how, generator) - 1  # of the image in its cell
    strip = places.reshape(2, 28, count, ours.CELL)[..., :28]
    return np.ascontiguousarray(strip.transpose(2, 0, 1, 3)), generator.uniform(
        0.5 - how.thickness, 0.5 + how.thickness, count
    )


def by_pillow(images: np.ndarray, how: Augmentation) -> list[Image.Image]:
    """Bend each image by a mesh of 7 × 7 quadrilaterals, blur it and cut it by a table; where to is drawn before."""
    places, thresholds = places_of(len(images), how)
    found = []
    for image, (x, y), threshold in zip(images, places, thresholds, strict=True):
        mesh = []
        for top in range(0, 28, 4):
            for left in range(0, 28, 4):
                corners = [(top, left), (top + 3, left), (top + 3, left + 3), (top, left + 3)]
                quad = [float(value) for corner in corners for value in (x[corner], y[corner])]
                mesh.append(((left, top, left + 4, top + 4), quad))
        bent = Image.fromarray(image).transform((28, 28), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
        soft = bent.filter(ImageFilter.GaussianBlur(ours.BLUR))
        found.append(soft.point([_cut(value, threshold) for value in range(256)]))
    return found


def _cut(value: int, threshold: float) -> int:
    return int(min(255, max(0, (value - 255 * threshold) * ours.GAIN + 127.5)))


def by_scipy(images: np.ndarray, how: Augmentation) -> list[np.ndarray]:
    """Bend each image by `map_coordinates`, blur it by `gaussian_filter`, cut it; where to is drawn before."""
    places, thresholds = places_of(len(images), how)
    found = []
    for image, where, threshold in zip(images, places, thresholds, strict=True):
        bent = ndimage.map_coordinates(image, where[::-1], order=1)
        soft = ndimage.gaussian_filter(bent.astype(np.float32), ours.BLUR)
        found.append(np.clip((soft - 255 * threshold) * ours.GAIN + 127.5, 0, 255).astype(np.uint8))
    return found


if __name__ == "__main__":
    main()
