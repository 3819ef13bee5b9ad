"""What the notebook's three recipes reach on its own data set, in both frameworks, beside what it printed.

    python -m benchmarks.notebook [--zip PATH] [--home FOLDER]

Each run goes the way of a user: `python -m digits build`, then `train`. The split is the notebook's, random, 80/20;
its accuracies are those of a leaking split: most test images have copies in training.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.build import processor
from digits import settings
from digits.training.notebook import PRINTED

FLOORS = {"notebook-full-batch-sgd": 0.970, "notebook-adam": 0.990, "notebook-sgd": 0.980}


def main() -> None:
    """Print the machine and one row a recipe and framework; end with status 1 if one stays below its floor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--zip", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--home", type=Path, help="a lab to work in, kept afterwards")
    options = parser.parse_args()
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = str(options.home or folder)
        sys.exit(0 if measure(options.zip) else 1)


def measure(path: Path) -> bool:
    """Print the table; return whether every accuracy is at or above its floor."""
    names = [row["dataset"] for row in digits("list", "datasets")["datasets"]]
    if "kaggle" not in names:
        report = digits("build", str(path), "--name", "kaggle")
        print(f"kaggle: {report['images']:,} images in {report['seconds']:.1f} s")
    print(f"{'recipe':<26}{'framework':<12}{'test':>8}{'floor':>8}{'seconds':>9}{'epoch, s':>10}   notebook")
    held = [row(recipe, framework) for recipe in FLOORS for framework in settings.FRAMEWORKS]
    return all(held)


def row(recipe: str, framework: str) -> bool:
    """Train one, print its row, and return whether it holds."""
    result = digits("train", "--dataset", "kaggle", "--recipe", recipe, "--framework", framework)
    printed = PRINTED[recipe]
    accuracy, epochs = result["test_accuracy"], result["epoch_seconds"]
    print(
        f"{recipe:<26}{framework:<12}{accuracy:>8.2%}{FLOORS[recipe]:>8.1%}{result['train_seconds']:>9.1f}"
        f"{sorted(epochs)[len(epochs) // 2]:>10.2f}   "
        f"{printed.test_accuracy:.2%} in {printed.seconds} s, {settings.FRAMEWORK_NAMES[printed.framework]}",
        flush=True,
    )
    return bool(accuracy >= FLOORS[recipe])


def digits(*arguments: str) -> Any:
    """Run a command of the lab and return what it printed."""
    command = [sys.executable, "-m", "digits", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=settings.PROJECT, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
