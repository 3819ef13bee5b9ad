"""How well models read hands that they were never taught: real pen strokes, through the path of the canvas.

    python -m benchmarks.hand [--part starter together robust choices] [--recipe hand hand-cnn] [--plot robust.html]

starter     trained on the starter set alone, read on the pen strokes (each writer, and the worst) and on MNIST
together    trained on starter, Kaggle and MNIST: as a plain mixture, and with shares of an epoch
choices     what each choice of the preset `hand` is worth: PyTorch, one setting changed at a time
robust      one factor at a time, from a digit 200 px high drawn with a 16 px pen in the middle of 280 px

Data sets and runs are made in the lab (DIGITS_HOME) where they are missing; both frameworks train every recipe.
What teaching adds (`python -m digits tune`) is measured in `benchmarks/tuning.py`.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.build import processor
from digits import settings
from digits.commands.runs import begin
from digits.commands.terminal import watch
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine import local
from digits.evaluation.evaluate import logits, seen_of, trained
from digits.images.frame import frame
from digits.images.strokes import CANVAS_SIDE, DRAWN_SIDE, PEN_WIDTH, Drawing, Points, drawn_ink, fit, read_drawings
from digits.job import Job
from digits.models import Classifier
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.framed import framed_ink
from digits.training.run import Run

Ink = NDArray[np.uint8]
SOURCES = {"starter": "starter", "mnist": "mnist-t10k-images-idx3-ubyte.gz", "kaggle": "kaggle-digits.zip"}
TOGETHER, SHARES = "starter-mnist-kaggle", "starter=85 mnist=12 kaggle=3"
EPOCHS_TOGETHER = 7  # about as many updates as the preset makes on the starter set
PARTS = ("starter", "together", "robust", "choices")
CHANGES: list[dict[str, object]] = [
    {}, {"frame": "centred"}, {"frame": "as-drawn"}, {"thickness": 0.0}, {"elastic": 0.0}, {"jitter": 0.3},
    {"rotation": 8.0, "slant": 0.2, "zoom": 0.1}, {"weight_decay": 0.0}, {"schedule": "constant", "rate": 0.001},
    {"variants": 1, "epochs": 400, **dict.fromkeys(recipes.STRENGTHS, 0.0)}, {"seed": 1},
]  # fmt: skip
Curves = dict[str, list[tuple[float, float]]]
Change = Callable[[tuple[Points, ...]], Ink]


def main() -> None:
    """Print the machine, and a line a model or a factor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS[:3]))
    parser.add_argument("--recipe", nargs="+", default=["hand", "hand-cnn"])
    parser.add_argument("--threads", type=int, default=settings.cores())
    parser.add_argument("--plot", type=Path, help="Where the ranges of robust are drawn, as .html")
    options = parser.parse_args()
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}", flush=True)
    drawings = read_drawings(settings.test_data() / "pen-strokes.json.gz")
    rows: Curves = {}
    for preset in options.recipe:
        for framework in settings.FRAMEWORKS:
            for part in options.part:
                rows |= measure(part, preset, framework, drawings, options.threads) or {}
    if "choices" in options.part:
        choices(drawings, options.threads)
    if options.plot and rows:
        plot(rows, options.plot)


def measure(part: str, preset: str, framework: str, drawings: list[Drawing], threads: int) -> Curves | None:
    """Print a part's lines for one model; return the curves of `robust`."""
    if part == "starter":
        report(model("starter", preset, framework, threads=threads), drawings)
    for shares in ("", SHARES) if part == "together" else ():
        report(model(TOGETHER, preset, framework, threads=threads, variants=1, epochs=EPOCHS_TOGETHER,
                     shares=shares), drawings)  # fmt: skip
    if part != "robust":
        return None
    run = model("starter", preset, framework, threads=threads)
    return {f"{run.title}: {name}": found for name, found in robust(run, drawings)}


def choices(drawings: list[Drawing], threads: int) -> None:
    """Print what becomes of the preset `hand` when one setting is another."""
    for changes in CHANGES:
        report(model("starter", "hand", "pytorch", threads=threads, **changes), drawings)


def model(name: str, preset: str, framework: str, **changes: object) -> Run:
    """Return the finished run of `preset` on the data set `name`: the one that exists, or a new one."""
    for part in SOURCES if name == TOGETHER else [name]:
        built(part)
    if name not in dataset_names():
        finished(local.start_combining(list(SOURCES), name, owner="benchmark"))
    run = begin(presets.preset(preset, framework=framework, dataset=name, **changes))
    finished(run.job)
    return run


def built(name: str) -> None:
    """Build a data set of `SOURCES` where it is missing."""
    if name not in dataset_names():
        source = SOURCES[name] if name == "starter" else settings.test_data() / SOURCES[name]
        finished(local.start_build(source, name, owner="benchmark"))


def finished(job: Job) -> None:
    """Wait for the end of `job`; raises what it failed with."""
    watch(job, lambda status: "")


def report(run: Run, drawings: list[Drawing]) -> None:
    """Print how a run reads the drawings, writer by writer, and MNIST."""
    classifier = trained(run)
    right = correct(classifier, seen_of(drawings, run.recipe.frame), drawings, run)
    writers = np.array([drawing.writer for drawing in drawings])
    each = {writer: right[writers == writer].mean() for writer in sorted(set(writers.tolist()))}
    built("mnist")
    mnist = Dataset.open("mnist")
    digits = logits(classifier, framed_ink(mnist.images, run.recipe), run.recipe).argmax(axis=1)
    listed = ", ".join(f"{writer} {share:.1%}" for writer, share in each.items())
    print(f"{run.title} on {run.dataset_name}: pen {right.mean():.1%}, worst writer {min(each.values()):.1%} "
          f"({listed}); MNIST {(digits == mnist.labels).mean():.1%}; "
          f"trained in {run.result()['train_seconds']:.0f} s", flush=True)  # fmt: skip


def correct(classifier: Classifier, ink: Ink, drawings: list[Drawing], run: Run) -> NDArray[np.bool_]:
    """Return which of the drawings whose framed ink is (n, 784) are read rightly."""
    truth = np.array([drawing.digit for drawing in drawings])
    return np.asarray(logits(classifier, ink, run.recipe).argmax(axis=1) == truth)


def factors() -> Iterator[tuple[str, float, float, Change]]:
    """Yield each factor's name, value and usual value, and what it makes of strokes."""
    for side in range(40, 281, 20):
        yield "size, % of 200 px", side / 2, 100, lambda strokes, side=side: drawn_ink(fit(strokes, side=side))
    for pen in range(4, 41, 4):
        yield "pen, px", pen, PEN_WIDTH, lambda strokes, pen=pen: drawn_ink(fit(strokes), pen=pen)
    for angle in range(-45, 46, 5):
        yield "turned, degrees", angle, 0, lambda strokes, angle=angle: drawn_ink(fit(turned(strokes, angle)))
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            yield (f"at the {PLACES[down][0]} {PLACES[across][1]}", 0, 0,
                   lambda strokes, at=(across, down): drawn_ink(moved(strokes, at)))  # fmt: skip


PLACES = {-1: ("top", "left"), 0: ("middle", "middle"), 1: ("bottom", "right")}
WITHIN = {"size, % of 200 px": (40, 100), "pen, px": (8, 28), "turned, degrees": (-15, 15)}


def turned(strokes: tuple[Points, ...], degrees: float) -> tuple[Points, ...]:
    """Return strokes turned clockwise, as the canvas shows them."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return tuple(stroke @ matrix for stroke in strokes)


def moved(strokes: tuple[Points, ...], at: tuple[int, int]) -> tuple[Points, ...]:
    """Return strokes in the middle of the canvas or pushed to its edges, all ink on it."""
    small = fit(strokes, side=DRAWN_SIDE)
    points = np.concatenate(small)
    low, high = points.min(axis=0) - PEN_WIDTH / 2, points.max(axis=0) + PEN_WIDTH / 2
    offset = np.where(np.array(at) < 0, -low, np.where(np.array(at) > 0, CANVAS_SIDE - high, 0))
    return tuple(stroke + offset for stroke in small)


def robust(run: Run, drawings: list[Drawing]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Print the most that each factor costs within the range that must hold; yield its whole curve."""
    classifier = trained(run)
    usual = correct(classifier, seen_of(drawings, run.recipe.frame), drawings, run).mean()
    curves: Curves = {}
    for name, value, _, change in factors():
        ink = np.stack([frame(change(drawing.strokes), run.recipe.frame).reshape(784) for drawing in drawings])
        curves.setdefault(name, []).append((value, float(correct(classifier, ink, drawings, run).mean())))
    for name, curve in curves.items():
        low, high = WITHIN.get(name, (0, 0))
        worst = min(share for value, share in curve if low <= value <= high)
        shown = " ".join(f"{value:g}:{share:.1%}" for value, share in curve)
        print(
            f"{run.title}, {name} ({low:g} to {high:g}): {(usual - worst) * 100:+.1f} points lost at most | {shown}",
            flush=True,
        )
        yield name, curve


def plot(rows: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Draw the accuracy over the whole range of each factor."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"yaxis": {"title": "accuracy on pen strokes", "tickformat": ".0%"}})
    for name, curve in rows.items():
        if len(curve) > 1:
            figure.add_scatter(x=[value for value, _ in curve], y=[share for _, share in curve], name=name)
    figure.write_html(path)


if __name__ == "__main__":
    main()
