"""Whole numbers: are digits drawn side by side separated in order, and is the whole number then right? Two tables.

    python -m benchmarks.numbers [RUN ...] [--count 200] [--seed 0] [--sheet FILE.png]

The numbers are composed of digits that people drew with a pen, as `benchmarks.composed` says; each is taken apart
from the strokes, as on the page, and from the picture alone. Separated it is where each part holds its own digit's
ink. A run then reads the parts, and the same digits each drawn alone, large in the middle of its canvas: were the
digits of a number right independently of each other, a whole number would be with the cube of that share. Without
RUN: the newest of `hand` in the lab, one of each framework; without any, only the first table.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.composed import Number, compose
from benchmarks.prediction import machine
from digits import settings
from digits.evaluation.evaluate import logits, seen_of, trained
from digits.images.frame import frame
from digits.images.numbers import Part, separate
from digits.images.strokes import read_drawings
from digits.training import presets
from digits.training.run import Run, all_runs, find_run

STROKES, PICTURE = "from strokes", "from the picture alone"
OWN_INK = 0.85  # of a digit's ink and of its part's is the same: what touches cannot be told to the pixel
COLOURS = ((213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (230, 159, 0))
COLUMNS, CELL = 5, (300, 140)
Found = dict[str, list[list[Part]]]


def main() -> None:
    """Print the machine and both tables; draw what was not separated."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="where a picture of what was not separated goes, as .png")
    options = parser.parse_args()
    print(machine(), flush=True)
    drawings = read_drawings(settings.test_data() / "pen-strokes.json.gz")
    numbers = compose(drawings, count=options.count, seed=options.seed)
    found = separate_all(numbers)
    for run in [find_run(id) for id in options.runs] or newest("hand"):
        print_reading(run, numbers, found)
    if options.sheet:
        sheet(numbers, found).save(options.sheet)


def separate_all(numbers: list[Number]) -> Found:
    """Take each number apart both ways; print the share that is right, and what went wrong."""
    touching = np.array([number.touching for number in numbers])
    print(
        f"\n{len(numbers)} numbers of {len(numbers[0].digits)} digits; {touching.sum()} with digits pushed together"
    )
    print(f"{'separated, in order':<24}{'all':>8}{'together':>10}{'apart':>8}{'CPU ms':>9}  what went wrong")
    inks, found = [number.ink() for number in numbers], {}
    for way in (STROKES, PICTURE):
        start = time.process_time()
        found[way] = [separate(ink, number.strokes if way == STROKES else None)
                      for ink, number in zip(inks, numbers, strict=True)]  # fmt: skip
        each = (time.process_time() - start) / len(numbers) * 1000
        faults = [separated(number, parts) for number, parts in zip(numbers, found[way], strict=True)]
        right = np.array([fault is None for fault in faults])
        shares = f"{right.mean():>8.1%}{right[touching].mean():>10.1%}{right[~touching].mean():>8.1%}"
        print(f"{way:<24}{shares}{each:>9.1f}  {_counted(filter(None, faults))}", flush=True)
    return found


def separated(number: Number, parts: list[Part]) -> str | None:
    """Return what is wrong with the parts of a number; None where each holds its own digit's ink, in order."""
    if len(parts) != len(number.digits):
        return f"{len(parts)} parts"
    for place, part in enumerate(parts):
        alone = number.ink(place).astype(np.int64)
        mine = np.zeros_like(alone)
        (left, top, right, bottom), (x, y) = part.box, part.corner
        mine[top:bottom, left:right] = part.ink[top - y : bottom - y, left - x : right - x]
        if np.minimum(alone, mine).sum() < OWN_INK * max(alone.sum(), mine.sum()):
            return "another's ink"
    return None


def newest(preset: str) -> list[Run]:
    """Return the newest finished run of each framework that is of a preset, unchanged."""
    of_preset = [run for run in all_runs() if run.job.state == "finished" and presets.title(run.recipe) == preset]
    last = {run.recipe.framework: run for run in reversed(of_preset)}
    return [last[framework] for framework in settings.FRAMEWORKS if framework in last]


def print_reading(run: Run, numbers: list[Number], found: Found) -> None:
    """Print how many whole numbers a run reads right, beside the cube of the share of digits that it reads alone."""
    classifier = trained(run)

    def read(seen: NDArray[np.uint8]) -> list[int]:
        return logits(classifier, seen, run.recipe).argmax(axis=1).tolist() if len(seen) else []

    alone = [drawing for number in numbers for drawing in number.drawings]
    digits = read(seen_of(alone, run.recipe.frame))
    share = float(np.mean([digit == drawing.digit for digit, drawing in zip(digits, alone, strict=True)]))
    expected = share ** len(numbers[0].digits)
    print(f"\n{run.title} ({run.id[:6]}): {share:.2%} of the {len(alone)} digits alone, cubed {expected:.1%}")
    for way, taken in found.items():
        said = [
            tuple(read(np.array([frame(part.ink, run.recipe.frame).ravel() for part in parts]))) for parts in taken
        ]
        right = np.mean([mine == number.digits for mine, number in zip(said, numbers, strict=True)])
        wrong = [
            _mistake(mine, number.digits) for mine, number in zip(said, numbers, strict=True) if mine != number.digits
        ]
        print(f"  whole numbers {way:<24}{right:>7.1%}{100 * (right - expected):>+7.1f} points  {_counted(wrong)}",
              flush=True)  # fmt: skip


def _mistake(said: tuple[int, ...], digits: tuple[int, ...]) -> str:
    if len(said) != len(digits):
        return f"{len(said)} digits"
    return ", ".join(f"{a}→{b}" for a, b in zip(digits, said, strict=True) if a != b)


def _counted(things: Iterable[str | None]) -> str:
    return ", ".join(f"{count} × {thing}" for thing, count in Counter(things).most_common())


def sheet(numbers: list[Number], found: Found) -> Image.Image:
    """Return a picture of each number that was not separated, each part in a colour of its own."""
    failed = [(way, number, parts) for way, taken in found.items()
              for number, parts in zip(numbers, taken, strict=True) if separated(number, parts)]  # fmt: skip
    picture = Image.new("RGB", (COLUMNS * CELL[0], max(1, -(-len(failed) // COLUMNS)) * CELL[1]), "white")
    for index, (way, number, parts) in enumerate(failed):
        cell = Image.new("RGB", number.ink().shape[::-1], "white")
        for part, colour in zip(parts, COLOURS * len(parts), strict=False):
            cell.paste(colour, part.corner, Image.fromarray(part.ink))
        ImageDraw.Draw(cell).text((8, 8), f"{way}: {''.join(map(str, number.digits))}", fill="black", font_size=24)
        picture.paste(cell.resize(CELL), (index % COLUMNS * CELL[0], index // COLUMNS * CELL[1]))
    return picture


if __name__ == "__main__":
    main()
