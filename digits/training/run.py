"""A run: one recipe, trained once on one data set; what it recorded, and what came out.

job.json      recipe and fingerprint of the data set    metrics.jsonl       one line a record
result.json   what came out                             weights.safetensors full width, (in, out) kernels
label.json    the name and note that a person gave      evaluation.npz      test rows, logits, last hidden layer
knowledge.npz how sure it may be, what training was like (`digits.training.knowledge`)
split.npz     the part of each row, if split by family
checkpoint.safetensors   where to go on; gone when finished

A run that was tuned on drawings (`digits.training.tuning`) has their copies besides, and names its `parent`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.split import Split, split_of
from digits.errors import ConflictError, DigitsError, IntegrityError, NotFoundError
from digits.files import Json, read_arrays, read_json, read_lines, replace, write_json
from digits.job import LIVE, Job
from digits.seal import packed
from digits.settings import FRAMEWORK_NAMES
from digits.text import given
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.duel import Duel, duels_on
from digits.training.recipe import Recipe

ASKED: dict[str, type] = {"recipe": dict, "fingerprint": str}  # entries of job.json
FOUND: dict[str, type] = {"run": str}  # of result.json
LONGEST = {"name": 80, "note": 2000}  # characters that a person may give


@dataclass(frozen=True)
class Run:
    """One training and what it left; `apart` follows its title where others are called the same (`told_apart`)."""

    job: Job
    apart: str = field(default="", compare=False)

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
        """What was asked for: the recipe, the fingerprint of its data set, the hash of the families that split it."""
        return self.job.spec(**ASKED)

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe. Raises `UsageError` and `IntegrityError` if what is stored is none."""
        return recipes.stored(self.spec["recipe"])

    @property
    def tuning(self) -> Json | None:
        """Of a run that was tuned on drawings: how many, of which digits and writers, and what it came from.

        `name` and `recipe` are those of the run that was trained in the beginning, which may be gone.
        """
        found: Json | None = self.spec.get("tuning")
        return found

    @property
    def first_recipe(self) -> Recipe:
        """The recipe by which it was trained in the beginning: its own, unless it was tuned afterwards."""
        return self.recipe if self.tuning is None else recipes.stored(self.tuning["recipe"])

    @property
    def learnt_from(self) -> tuple[str, str | None, str | None]:
        """What tells its images from others': the hashes of data set, of families that split it, and of drawings."""
        return self.spec["fingerprint"], self.spec.get("families"), self.spec.get("drawings")

    def alike(self, **changes: Any) -> str:
        """Return what it has in common with runs that only differ in `changes`, whatever their data set is called."""
        fingerprint, families, drawings = self.learnt_from
        alike = self.recipe.changed(dataset="", **changes).identity(fingerprint, families)
        if self.tuning is None:
            return alike
        first = self.first_recipe.changed(dataset="", **changes)
        return f"{alike} {drawings} {first.identity(fingerprint, families)}"

    def dataset(self) -> Dataset:
        """Return the data set that it was trained on, whatever that is called now.

        Raises `NotFoundError` if it is gone, and `IntegrityError` if another one has taken its name.
        """
        return Dataset.of(self.recipe.dataset, self.spec["fingerprint"])

    @cached_property
    def dataset_name(self) -> str:
        """What its data set is called now; where that is gone, what it was called then."""
        try:
            return self.dataset().name
        except (IntegrityError, NotFoundError):
            return self.recipe.dataset

    def split(self) -> Split:
        """Return the rows that it trains, chooses and tests on, whatever became of the families since it began.

        Raises `NotFoundError` if the data set is gone, and `IntegrityError` if it or its families are others now.
        """
        path = self.folder / "split.npz"
        if path.exists():
            return Split.of(read_arrays(path, "parts")[0])
        return split_of(self.dataset(), self.recipe, self.spec.get("families"))

    def keep_split(self) -> Split:
        """Return `split`, and keep one by families with the run: a person may change them while it rests."""
        parts = self.split()
        if self.recipe.split == "family":
            replace(self.folder / "split.npz", packed(parts=parts.parts))
        return parts

    @property
    def label(self) -> Json:
        """The `name` and `note` that a person gave; by default the recipe's title, and what it was tuned on."""
        path = self.folder / "label.json"
        given = read_json(path) if path.exists() else {}
        return {"name": given.get("name") or self._usual_name(), "note": given.get("note", "")}

    def _usual_name(self) -> str:
        if self.tuning is None:
            return presets.title(self.recipe)
        drawings = int(self.tuning["drawings"])
        return f"{self.tuning['name']} · tuned on {drawings:,} drawing{'s' * (drawings != 1)}"

    @property
    def title(self) -> str:
        """How lists and legends name it: `PyTorch · notebook-adam`."""
        apart = f" · {self.apart}" if self.apart else ""
        return f"{FRAMEWORK_NAMES[self.recipe.framework]} · {self.label['name']}{apart}"

    def describe(self, *, name: str, note: str) -> None:
        """Keep the name and the note that a person gave. Raises `UsageError` if one cannot be shown."""
        label = {
            "name": given(name, "name of a run", most=LONGEST["name"]),
            "note": given(note, "note of a run", most=LONGEST["note"], lines=True),
        }
        write_json(self.folder / "label.json", label)

    def metrics(self) -> list[Json]:
        """Return every record so far, oldest first. Raises `IntegrityError` naming a damaged line."""
        path = self.folder / "metrics.jsonl"
        return read_lines(path, f"{self.id}/{path.name}") if path.exists() else []

    def epochs(self) -> list[Json]:
        """Return the records at the end of epochs; the first, epoch 0, is the untrained network."""
        return [line for line in self.metrics() if line["kind"] == "epoch"]

    def result(self) -> Json:
        """Return what came out. Raises `ConflictError` while the run is not finished."""
        path = self.folder / "result.json"
        if not path.exists():
            raise ConflictError(f"{self.id} is not finished", expected="finished", received=self.job.state)
        return read_json(path, **FOUND)

    def kept(self, name: str) -> Path:
        """Return where the file `name` of a finished run lies. Raises `IntegrityError` if it is missing."""
        path = self.folder / name
        if not path.exists():
            raise IntegrityError(f"The run {self.id} is damaged", expected=name, received="no such file")
        return path

    def evaluation(self, name: str) -> NDArray[Any]:
        """Return `rows` (n,), `labels` (n,), `logits` (n, 10) or `hidden` (n, units) of the test part."""
        try:
            return read_arrays(self.folder / "evaluation.npz", name)[0]
        except IntegrityError as error:
            raise IntegrityError(f"The run {self.id} is damaged", received=error) from error


def all_runs() -> list[Run]:
    """Return every run, newest first."""
    return [Run(job) for job in jobs.all_jobs("runs")]


def sound(runs: Iterable[Run]) -> tuple[list[Run], list[str]]:
    """Return those of `runs` whose numbers can be read, and in a sentence what is wrong with each other one."""
    found: list[Run] = []
    damaged: list[str] = []
    for run in runs:
        try:
            _read(run)
        except NotFoundError:  # somebody has just deleted it
            continue
        except DigitsError as error:
            damaged.append(f"Run {run.id}: {error}")
        except (KeyError, TypeError, ValueError) as error:
            damaged.append(f"Run {run.id} is damaged: {type(error).__name__} {error}.")
        else:
            found.append(run)
    return found, damaged


def _read(run: Run) -> None:
    """Read all that lists and charts of runs need."""
    run.recipe, run.spec["fingerprint"]
    if run.job.state == "finished":
        float(run.result()["test_accuracy"])


def readable_runs() -> list[Run]:
    """Return the runs whose numbers can be read, newest first."""
    return sound(all_runs())[0]


def told_apart(runs: list[Run]) -> list[Run]:
    """Return `runs`, those of one title with the name of their data set behind it, else with their short ids."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.title, []).append(run)
    return [_apart(run, groups[run.title]) for run in runs]


def _apart(run: Run, alike: list[Run]) -> Run:
    if len(alike) == 1:
        return run
    names = [other.dataset_name for other in alike]
    return Run(run.job, run.dataset_name if names.count(run.dataset_name) == 1 else run.id[:6] + run.id[16:])


def runs_on(dataset: Dataset) -> list[Run]:
    """Return the runs that were trained on `dataset`, whatever it was called then, newest first."""
    return [run for run in readable_runs() if run.spec["fingerprint"] == dataset.fingerprint]


def check_idle(dataset: Dataset) -> None:
    """Raise `ConflictError`, naming them, while runs or duels on `dataset` wait or train."""
    there: list[Run | Duel] = [*runs_on(dataset), *duels_on(dataset)]
    busy = [one.title for one in there if one.job.state in LIVE]
    if busy:
        raise ConflictError(f"{dataset.name} is in use by {', '.join(busy)}", do="Stop them, or wait for them.")


def find_run(id: str) -> Run:
    """Return the run of that id. Raises `NotFoundError`."""
    return Run(jobs.find("runs", id))
