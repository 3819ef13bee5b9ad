"""What a model gains from a person's drawings, and what it loses: pen strokes of four people as the user.

    python -m benchmarks.tuning [--part writers folds] [--recipe hand hand-cnn]

writers     20 drawings of one writer, two a digit by a seed: that writer's other digits, and the old test part
folds       all drawings of three writers, tested on the fourth

Both frameworks are tuned at once, as the page Draw does it: the seconds are from the click until both are done, with
imports. The runs that are tuned are trained on the starter set in the lab (DIGITS_HOME) where they are missing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.prediction import machine
from digits import settings
from digits.commands.runs import begin
from digits.commands.terminal import watch
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.engine.tuning import start_tuning
from digits.evaluation.evaluate import logits, seen_of, trained
from digits.files import Json
from digits.images.strokes import Drawing, read_drawings
from digits.job import LIVE
from digits.training import presets
from digits.training.run import Run
from digits.training.taught import of_strokes

A_DIGIT, SEED = 2, 0
PARTS = ("writers", "folds")
HEAD = (f"{'recipe':9} {'framework':10} {'taught':>7} {'read':>5} {'before':>7} {'after':>7}   "
        f"{'old test part':>15} {'kept':>5} {'both, s':>8}")  # fmt: skip


def main() -> None:
    """Print the machine, and a line a framework and a writer."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--recipe", nargs="+", default=["hand", "hand-cnn"])
    parser.add_argument("--threads", type=int, default=settings.cores(), help="of the trainings before")
    options = parser.parse_args()
    drawings = read_drawings(settings.test_data() / "pen-strokes.json.gz")
    print(machine())
    for recipe in options.recipe:
        runs = [ready(recipe, framework, options.threads) for framework in settings.FRAMEWORKS]
        for part in options.part:
            table(recipe, part, runs, drawings)
    print(machine())


def ready(recipe: str, framework: str, threads: int) -> Run:
    """Return the finished run of a preset on the starter set, trained where it is missing."""
    if "starter" not in dataset_names():
        watch(local.start_build("starter", "starter", owner=settings.owner()), lambda status: status["phase"])
    run = begin(presets.preset(recipe, framework=framework, dataset="starter", threads=threads))
    watch(run.job, lambda status: f"{run.id} {status['phase']}")
    return run


def table(recipe: str, part: str, runs: list[Run], drawings: list[Drawing]) -> None:
    """Print a line a framework and a writer, and what they come to."""
    print(f"\n{part}\n{HEAD}")
    found: dict[str, list[tuple[float, float]]] = {}
    for writer, learnt, others in (by_writer if part == "writers" else by_fold)(drawings):
        tuned, seconds = tune(runs, learnt)
        for run, after in zip(runs, tuned, strict=True):
            pair = accuracy(run, others), accuracy(after, others)
            found.setdefault(run.recipe.framework, []).append(pair)
            print(f"{line(recipe, writer, after.result(), pair)} {seconds:8.1f}", flush=True)
    for framework, pairs in found.items():
        before, after = np.array(pairs).T
        print(f"{recipe:9} {framework:10} mean {100 * before.mean():.2f} → {100 * after.mean():.2f} %, "
              f"worst {100 * before.min():.2f} → {100 * after.min():.2f} %")  # fmt: skip


def line(recipe: str, writer: str, result: Json, pair: tuple[float, float]) -> str:
    """Return a writer's line: `pair` is the accuracy on the others before and after."""
    before, after = (f"{100 * result[when]['test_accuracy']:.2f}" for when in ("before", "after"))
    return (f"{recipe:9} {result['framework']:10} {result['drawings']:7,} {writer:>5} {100 * pair[0]:6.2f}% "
            f"{100 * pair[1]:6.2f}%   {f'{before} → {after}':>15} {result['kept_share']:5.2f}")  # fmt: skip


def by_writer(drawings: list[Drawing]) -> Iterator[tuple[str, list[Drawing], list[Drawing]]]:
    """Yield each writer, two drawings of each digit by that writer, and that writer's others."""
    for writer in sorted({one.writer for one in drawings}):
        generator, mine = np.random.default_rng(SEED), [one for one in drawings if one.writer == writer]
        places = [np.flatnonzero([one.digit == digit for one in mine]) for digit in range(10)]
        chosen = set(np.concatenate([generator.permutation(those)[:A_DIGIT] for those in places]).tolist())
        yield (writer, [one for place, one in enumerate(mine) if place in chosen],
               [one for place, one in enumerate(mine) if place not in chosen])  # fmt: skip


def by_fold(drawings: list[Drawing]) -> Iterator[tuple[str, list[Drawing], list[Drawing]]]:
    """Yield each writer, the drawings of the three others, and that writer's."""
    for writer in sorted({one.writer for one in drawings}):
        yield (writer, [one for one in drawings if one.writer != writer],
               [one for one in drawings if one.writer == writer])  # fmt: skip


def tune(runs: list[Run], drawings: list[Drawing]) -> tuple[list[Run], float]:
    """Tune `runs` on drawings, both at once; return what they became, and the seconds until both are done."""
    start = time.time()
    tuned = [start_tuning(run, lambda how: of_strokes(drawings, how), owner=settings.owner()) for run in runs]
    while any(run.job.state in LIVE for run in tuned):
        time.sleep(0.05)
    ends = [watch(run.job, lambda status: status["phase"])["finished"] for run in tuned]
    begun = min(start, *(run.job.status()["created"] for run in tuned))  # they may have been there already
    return tuned, max(ends) - begun


def accuracy(run: Run, drawings: list[Drawing]) -> float:
    """Return which share of pen strokes a run reads right, as `python -m digits draw` reads them."""
    answers = logits(trained(run, threads=1), seen_of(drawings, run.recipe.frame), run.recipe)
    return float(np.mean(answers.argmax(axis=1) == [one.digit for one in drawings]))


if __name__ == "__main__":
    main()
