"""What is caught that is no digit, and what passes that is one; calibration; and whether reasons are complete.

    python -m benchmarks.certainty [RUN …] [--scribbles 500] [--seed 2024]

Of finished runs of the lab, or without any, of the presets `hand` and `hand-cnn`, trained on the starter set in both
frameworks in a lab of their own. Nothing that is shown here was used to set a threshold. A drawing is *caught* if it
is far or unsure. The second table has what each side of the distance would catch alone, at a limit of its own.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.prediction import digits, machine
from benchmarks.strange import FONTS, SAME_SHAPE, blanks, letters, scribbles
from digits import settings
from digits.attribution import attribute
from digits.evaluation import metrics
from digits.evaluation.calibration import reliability
from digits.evaluation.certainty import Certainty
from digits.evaluation.distance import scale_of
from digits.evaluation.evaluate import seen_of, trained
from digits.files import Json
from digits.images.frame import frame_all
from digits.images.strokes import read_drawings
from digits.models import Classifier
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.framed import framed_ink
from digits.training.inputs import full_inputs
from digits.training.run import Run, find_run

Ink = NDArray[np.uint8]
PRESETS = ("hand", "hand-cnn")
EXPLAINED = 100  # drawings of which it is asked why
ASKED = 200  # times that one drawing is asked about, for the milliseconds


def main() -> None:
    """Print the machine and the tables of each run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="*", help="ids of finished runs of the lab")
    parser.add_argument("--scribbles", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2024)
    options = parser.parse_args()
    print(machine(), flush=True)
    strange = drawings(options.scribbles, options.seed)
    if options.runs:
        print_all([find_run(id) for id in options.runs], strange)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        digits("build", "starter", "--name", "starter")
        print_all([trained_run(name, framework) for name in PRESETS for framework in FRAMEWORKS], strange)


def trained_run(preset: str, framework: str) -> Run:
    """Train a preset on the starter set."""
    return find_run(digits("train", "--dataset", "starter", "--recipe", preset, "--framework", framework)["run"])


def drawings(count: int, seed: int) -> dict[str, Ink]:
    """Return (n, 280, 280) ink of each kind of drawing that is no digit."""
    ink, said, fonts = letters()
    others = np.array([letter not in SAME_SHAPE for letter in said])
    by_font = {f"letters, {name}": ink[(np.array(fonts) == name) & others] for name in FONTS}
    return {"scribbles": scribbles(count, seed), "letters": ink[others], **by_font,
            f"letters like digits, {SAME_SHAPE}": ink[~others], "all letters": ink, "blank": blanks()}  # fmt: skip


def print_all(runs: list[Run], strange: Mapping[str, Ink]) -> None:
    """Print the tables of each of `runs`."""
    for run in runs:
        print(f"\n{run.id} {FRAMEWORK_NAMES[run.recipe.framework]}, {run.label['name']}")
        print_run(run, strange)


def print_run(run: Run, strange: Mapping[str, Ink]) -> None:
    """Print what `run` catches and passes, how calibrated it is, how complete its reasons are, and how fast."""
    classifier, certainty = trained(run, threads=1), Certainty.of(run)
    if certainty.missing or certainty.knowledge is None:
        print(certainty.missing)
        return
    seen = {name: frame_all(ink, run.recipe.frame).reshape(-1, 784) for name, ink in strange.items()}
    passing = real_digits(run)
    everything = {**passing, **seen}
    answers = {name: metrics.outputs(classifier, full_inputs(ink, run.recipe)) for name, ink in everything.items()}
    said = {name: certainty.say(hidden, everything[name], logits) for name, (hidden, logits) in answers.items()}
    print_caught({name: one.far | one.unsure for name, one in said.items()}, list(passing))
    print_sides(certainty, answers, everything)
    print_calibration(run, certainty)
    print_reasons(run, classifier, passing["strangers' digits"][:EXPLAINED])
    print_speed(run, classifier, certainty, passing["strangers' digits"])


def real_digits(run: Run) -> dict[str, Ink]:
    """Return framed ink (n, 784) of digits: of validation, of the test part, and of people's pen strokes."""
    parts, images = run.split(), run.dataset().images
    stored = {"validation digits": parts.validation, "test digits": parts.test}
    strokes = read_drawings(settings.test_data() / "pen-strokes.json.gz")
    return {**{name: framed_ink(images[rows], run.recipe) for name, rows in stored.items()},
            "strangers' digits": seen_of(strokes, run.recipe.frame)}  # fmt: skip


def print_caught(caught: Mapping[str, NDArray[np.bool_]], digits_names: list[str]) -> None:
    """Print the share that passes of digits, and that is caught of the others."""
    for name, found in caught.items():
        verb, share = ("pass", 1 - found.mean()) if name in digits_names else ("caught", found.mean())
        print(f"  {name:<34}{len(found):>6}  {verb:<6}{100 * share:>7.1f} %")


def print_sides(certainty: Certainty, answers: Mapping[str, tuple], ink: Mapping[str, Ink]) -> None:
    """Print what each side of the distance would catch alone at 99 % of validation digits."""
    around = certainty.around
    assert around is not None
    sides = {name: around.sides(hidden, ink[name], logits) for name, (hidden, logits) in answers.items()}
    names = ("test digits", "strangers' digits", "scribbles", "letters", "all letters")
    print(f"  {'one side alone, caught in %':<34}" + "".join(f"{name:>19}" for name in names))
    for column, side in enumerate(("last hidden layer", "ink", "logit")):
        limit = scale_of(sides["validation digits"][:, [column]])
        shares = [100 * (limit.distance(sides[name][:, [column]]) > 1).mean() for name in names]
        print(f"  {side:<34}" + "".join(f"{share:>19.1f}" for share in shares))


def print_calibration(run: Run, certainty: Certainty) -> None:
    """Print the temperature and the expected calibration errors before and after it."""
    known = certainty.knowledge
    assert known is not None
    heat = known.told["temperature"]
    parts = {"validation": (known.validation_logits, known.validation_labels),
             "test": (run.evaluation("logits"), run.evaluation("labels"))}  # fmt: skip
    for name, (logits, labels) in parts.items():
        before, after = (100 * reliability(one, labels)["error"] for one in (logits, logits / heat))
        print(f"  ECE on {len(labels):,} {name} digits: {before:.2f} points, {after:.2f} at temperature {heat:.2f}")
    print(f"  unsure below {100 * known.told['unsure']:.1f} %")


def print_reasons(run: Run, classifier: Classifier, inks: Ink) -> None:
    """Print by how much the attributions of some drawings miss what these changed in the answer's logit."""
    found: list[Json] = []
    for ink in inks:
        start = time.perf_counter()
        one = attribute(classifier, ink, run.recipe)
        found.append({"gap": one.gap, "steps": one.steps, "seconds": time.perf_counter() - start})
    gaps = np.array([one["gap"] for one in found])
    seconds = np.median([one["seconds"] for one in found])
    gap = f"gap {100 * np.median(gaps):.3f} % in the median, at most {100 * gaps.max():.3f} %"
    steps = max(one["steps"] for one in found)
    print(f"  completeness of {len(found)} reasons: {gap}, at most {steps} steps, {1000 * seconds:.0f} ms")


def print_speed(run: Run, classifier: Classifier, certainty: Certainty, inks: Ink) -> None:
    """Print the milliseconds of a forward pass and of what is said of it, of one drawing and of many."""
    for many in (1, 200):
        spent = []
        for turn in range(ASKED // many + 5):
            ink = inks[turn * many % 700 :][:many]
            start = time.perf_counter()
            hidden, logits = metrics.outputs(classifier, full_inputs(ink, run.recipe))
            middle = time.perf_counter()
            certainty.say(hidden, ink, logits)
            spent.append((middle - start, time.perf_counter() - middle))
        forward, rest = (1000 * np.median(column) for column in np.array(spent).T)
        print(f"  of {many} drawings at once: forward pass {forward:.2f} ms, certainty and neighbours {rest:.2f} ms")


if __name__ == "__main__":
    main()
