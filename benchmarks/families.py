"""How well and how fast the copies of one drawing are found.

    python -m benchmarks.families [--part kaggle prototypes synthetic mnist] [--seeds 2 3]

kaggle      the notebook's set: its author drew four of each digit and made 2,916 copies of three, 2,025 of the fourth
synthetic   200 MNIST digits, each copied 1 to 500 times by random affine maps, drawn at high resolution and shrunk:
            every copy's drawing is known, so completeness and homogeneity can be told
prototypes  what a prototype leaves of its own copies and of the next drawing's, as a mean and sharpened
mnist       10,000 digits without copies: whoever is merged with another is merged wrongly
"""

from __future__ import annotations

import argparse
import gzip
import platform
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, zoom  # type: ignore[import-untyped]
from sklearn.metrics import homogeneity_completeness_v_measure

from benchmarks.build import processor
from digits import settings
from digits.dataset.families import frame
from digits.dataset.families.groups import ALIGNED
from digits.dataset.families.prototype import BACK, Pages, make
from digits.dataset.families.search import SHARP_BLUR, search
from digits.dataset.sources import open_source
from digits.images import png

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
FINER = 4  # times 28×28 is what copies are drawn at
AUTHOR = [2916, 2916, 2916, 2025]
DRAWINGS = 200


def main() -> None:
    """Print the machine and one line a data set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[2, 3])
    options = parser.parse_args()
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}", flush=True)
    search(*drawings(seed=0, count=3))  # compiles
    for part in options.part:
        PARTS[part](options.seeds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {peak:,.0f} MB resident, images included")


def timed(images: Images, labels: Labels) -> tuple[Labels, str]:
    """Return the families of `images` (n, 28, 28) and what finding them took."""
    began, cpu = time.monotonic(), time.process_time()
    families = search(images, labels).families
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    return families, f"{len(images):,} images in {seconds:.1f} s ({cpu:.0f} s of processor)"


def kaggle(seeds: list[int]) -> None:
    """Compare the sizes of the families with what the author says."""
    images, labels = read_zip(settings.test_data() / "kaggle-digits.zip")
    families, took = timed(images, labels)
    print(f"kaggle     {took}: {families.max() + 1} families")
    for digit in range(10):
        sizes = sorted(
            np.bincount(families[labels == digit] - families[labels == digit].min()).tolist(), reverse=True
        )
        print(f"  {digit}: {sizes[:6]}{'' if sizes == AUTHOR else '   the author says ' + str(AUTHOR)}")


def prototypes(seeds: list[int]) -> None:
    """Print what prototypes of the notebook's 7s and 0s leave, without and with back-projection."""
    images, labels = read_zip(settings.test_data() / "kaggle-digits.zip")
    for digit in (7, 0):
        mine = images[labels == digit]
        families = search(mine, labels[labels == digit]).families
        pages = pages_of(mine)
        for back, name in ((0, "a mean"), (BACK, "sharpened")):
            own, others = leftovers(pages, families, back)
            print(
                f"prototype  {digit}, {name}: leaves {own:.3f} of its own copies, {others:.3f} of the next drawing's"
            )


def pages_of(images: Images) -> Pages:
    """Return `images` (n, 28, 28) of one digit as prototypes see them."""
    blurred = frame.padded(frame.soften(images, frame.PAIR_BLUR))
    frames, looks = frame.frames(images, blurred)
    places = frame.principal(looks, np.random.default_rng(0))
    return Pages(frame.soften(images, SHARP_BLUR), frames.astype(np.float64), places)


def leftovers(pages: Pages, families: Labels, back: int) -> tuple[float, float]:
    """Return the medians, of images that made no prototype, of what their own leaves, and the best of the others."""
    generator = np.random.default_rng(0)
    made, asked = [], []
    for family in range(families.max() + 1):
        rows = generator.permutation(np.flatnonzero(families == family))
        made.append(make(pages, rows[:ALIGNED], back))
        asked.append(rows[ALIGNED : ALIGNED + 300])
    rows = np.concatenate(asked)
    left = np.stack([prototype.left(pages, rows) for prototype in made], axis=1)
    mine = np.repeat(np.arange(len(made)), [len(some) for some in asked])
    own = left[np.arange(len(rows)), mine].copy()
    left[np.arange(len(rows)), mine] = np.inf
    return float(np.median(own)), float(np.median(left.min(axis=1)))


def synthetic(seeds: list[int]) -> None:
    """Compare families with the drawings that were copied."""
    for seed in seeds:
        images, labels, truth = copies(seed)
        families, took = timed(images, labels)
        scores = homogeneity_completeness_v_measure(truth, families)
        print(f"synthetic  seed {seed}: {took}: {families.max() + 1} families of {DRAWINGS}, "
              f"homogeneity {scores[0]:.4f}, completeness {scores[1]:.4f}", flush=True)  # fmt: skip


def mnist(seeds: list[int]) -> None:
    """Count the images that are merged with another."""
    images, labels = read_mnist()
    families, took = timed(images, labels)
    merged = np.bincount(families)[families] > 1
    print(f"mnist      {took}: merged {merged[labels != 1].mean():.2%} outside the digit 1, "
          f"{merged[labels == 1].mean():.1%} of the 1s")  # fmt: skip


PARTS: dict[str, Any] = {"kaggle": kaggle, "prototypes": prototypes, "synthetic": synthetic, "mnist": mnist}


def read_zip(path: Path) -> tuple[Images, Labels]:
    """Return ink (n, 28, 28) and labels (n,) of a ZIP of digit folders."""
    pictures = list(open_source(path))
    decoded, refused = png.decode([picture.data for picture in pictures if isinstance(picture.data, bytes)])
    if refused:
        raise SystemExit(f"{len(refused)} images of {path.name} cannot be read")
    return np.ascontiguousarray(decoded[..., 3]), np.array([picture.label for picture in pictures])


def read_mnist() -> tuple[Images, Labels]:
    """Return ink (10000, 28, 28) and labels of the MNIST test set."""
    with gzip.open(settings.test_data() / "mnist-t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(settings.test_data() / "mnist-t10k-labels-idx1-ubyte.gz") as file:
        return images, np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int64)


def drawings(seed: int, count: int = DRAWINGS) -> tuple[Images, Labels]:
    """Return `count` MNIST digits (count, 28, 28), drawn by `seed`, and their labels."""
    images, labels = read_mnist()
    rows = np.random.default_rng(seed).choice(len(images), count, replace=False)
    return images[rows], labels[rows]


def copies(seed: int) -> tuple[Images, Labels, Labels]:
    """Return shuffled copies (n, 28, 28), their labels, and which drawing each is a copy of."""
    generator = np.random.default_rng((seed, 1))
    images, labels = drawings(seed)
    made = [copy_all(image, int(generator.integers(1, 501)), generator) for image in images]
    truth = np.repeat(np.arange(len(made)), [len(some) for some in made])
    order = generator.permutation(len(truth))
    return np.concatenate(made)[order], labels[truth][order], truth[order]


def copy_all(image: Images, count: int, generator: np.random.Generator) -> Images:
    """Return `count` copies (count, 28, 28) of `image`, turned ±15°, sheared ±0.2, scaled 0.9–1.1, moved ±2 px."""
    large = zoom(np.pad(image.astype(np.float32), 4), FINER, order=3, grid_mode=True, mode="grid-constant")
    middle = (len(large) - 1) / 2
    made = np.empty((count, 28, 28), np.uint8)
    for number in range(count):
        turn, shear = np.deg2rad(generator.uniform(-15, 15)), generator.uniform(-0.2, 0.2)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        linear = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(generator.uniform(0.9, 1.1, 2))
        offset = middle - linear @ (middle + generator.uniform(-2, 2, 2) * FINER)
        moved = affine_transform(large.clip(0, 255), linear, offset, order=1)
        made[number] = moved.reshape(36, FINER, 36, FINER).mean((1, 3))[4:-4, 4:-4].round().clip(0, 255)
    return made


if __name__ == "__main__":
    main()
