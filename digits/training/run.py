"""A run: one recipe, trained once on one data set; what it recorded, and what came out.

job.json      recipe and fingerprint of the data set    metrics.jsonl       one line a record
result.json   what came out                             weights.safetensors full width, (in, out) kernels
label.json    the name and note that a person gave      evaluation.npz      test rows, logits, last hidden layer
checkpoint.safetensors   where to go on; gone when finished
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import job as jobs
from digits.errors import ConflictError, IntegrityError
from digits.files import Json, parse_lines, read_json, write_json
from digits.job import Job
from digits.settings import FRAMEWORK_NAMES
from digits.training import recipe as recipes
from digits.training.recipe import Recipe


@dataclass(frozen=True)
class Run:
    """One training and what it left."""

    job: Job

    @property
    def id(self) -> str:
        """Its identity: a hash of recipe and data set, and a number where it was trained again."""
        return self.job.id

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.job.folder

    @cached_property
    def spec(self) -> Json:
        """What was asked for: the recipe, and the fingerprint of its data set."""
        return self.job.spec()

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe. Raises `UsageError` if what is stored is none."""
        return Recipe(**self.spec["recipe"])

    @property
    def label(self) -> Json:
        """The `name` and `note` that a person gave; by default the recipe's title."""
        path = self.folder / "label.json"
        given = read_json(path) if path.exists() else {}
        return {"name": given.get("name") or recipes.title(self.recipe), "note": given.get("note", "")}

    @property
    def title(self) -> str:
        """How lists and legends name it: `PyTorch · notebook-adam`."""
        return f"{FRAMEWORK_NAMES[self.recipe.framework]} · {self.label['name']}"

    def describe(self, *, name: str, note: str) -> None:
        """Keep the name and the note that a person gave (cut at 80 and 2,000 characters)."""
        write_json(self.folder / "label.json", {"name": name.strip()[:80], "note": note.strip()[:2000]})

    def metrics(self) -> list[Json]:
        """Return every record so far, oldest first. Raises `IntegrityError` naming a damaged line."""
        path = self.folder / "metrics.jsonl"
        return list(parse_lines(path.read_bytes(), f"{self.id}/{path.name}")) if path.exists() else []

    def epochs(self) -> list[Json]:
        """Return the records at the end of epochs; the first, epoch 0, is the untrained network."""
        return [line for line in self.metrics() if line["kind"] == "epoch"]

    def result(self) -> Json:
        """Return what came out. Raises `ConflictError` while the run is not finished."""
        path = self.folder / "result.json"
        if not path.exists():
            raise ConflictError(f"{self.id} is not finished", expected="finished", received=self.job.state)
        return read_json(path)

    def evaluation(self, name: str) -> NDArray[Any]:
        """Return `rows` (n,), `labels` (n,), `logits` (n, 10) or `hidden` (n, units) of the test part."""
        path = self.folder / "evaluation.npz"
        try:
            with np.load(path) as arrays:
                return np.asarray(arrays[name])
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise IntegrityError(f"{self.id}/{path.name} is damaged", received=error) from error


def all_runs() -> list[Run]:
    """Return every run, newest first."""
    return [Run(job) for job in jobs.all_jobs("runs")]


def find_run(id: str) -> Run:
    """Return the run of that id. Raises `NotFoundError`."""
    return Run(jobs.find("runs", id))
