"""A duel: one recipe, trained in both frameworks in turn, and what came out of it.

job.json      recipes, seeds, target, fingerprint, families    turns.jsonl      one line a turn
split.npz     the part of each row                             evaluation.npz   rows, labels, families, logits
result.json   what came out: last of all
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.split import Split, split_of
from digits.errors import ConflictError, IntegrityError, NotFoundError
from digits.files import Json, read_arrays, read_json, read_lines, replace
from digits.job import Job
from digits.seal import packed
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.recipe import Recipe

KIND = "duels"
ASKED: dict[str, type] = {"recipes": dict, "seeds": list, "fingerprint": str}


@dataclass(frozen=True)
class Duel:
    """One duel and what it left."""

    job: Job

    @property
    def id(self) -> str:
        """A hash of what was asked for, and a number where it was asked for again: a duel measures anew each time."""
        return self.job.id

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.job.folder

    @cached_property
    def spec(self) -> Json:
        """What was asked for."""
        return self.job.spec(**ASKED)

    @property
    def seeds(self) -> list[int]:
        """The seeds that are trained, one after the other; all are tested on the split of the first."""
        return [int(seed) for seed in self.spec["seeds"]]

    def recipe(self, framework: str, seed: int | None = None) -> Recipe:
        """Return what `framework` trains, by default with the first seed. Raises `UsageError` if it is none."""
        return recipes.stored(
            {**self.spec["recipes"].get(framework, {}), "seed": self.seeds[0] if seed is None else seed}
        )

    @property
    def title(self) -> str:
        """How lists name it: the recipe's title and how many seeds."""
        seeds = len(self.seeds)
        return f"{presets.title(self.recipe('pytorch'))} · {seeds} {'seed' if seeds == 1 else 'seeds'}"

    def dataset(self) -> Dataset:
        """Return its data set, whatever that is called now. Raises `NotFoundError` and `IntegrityError`."""
        return Dataset.of(self.recipe("pytorch").dataset, self.spec["fingerprint"])

    @cached_property
    def dataset_name(self) -> str:
        """What its data set is called now; where that is gone, what it was called then."""
        try:
            return self.dataset().name
        except (IntegrityError, NotFoundError):
            return self.recipe("pytorch").dataset

    def split(self) -> Split:
        """Return the rows that all seeds of both frameworks train and test on. Raises as `Run.split`."""
        path = self.folder / "split.npz"
        if path.exists():
            return Split.of(read_arrays(path, "parts")[0])
        return split_of(self.dataset(), self.recipe("pytorch"), self.spec.get("families"))

    def keep_split(self) -> Split:
        """Return `split`, and keep it with the duel: the processes that train read it there."""
        parts = self.split()
        replace(self.folder / "split.npz", packed(parts=parts.parts))
        return parts

    def turns(self) -> list[Json]:
        """Return every turn so far, oldest first. Raises `IntegrityError` naming a damaged line."""
        path = self.folder / "turns.jsonl"
        return read_lines(path, f"{self.id}/{path.name}") if path.exists() else []

    @property
    def status(self) -> Json:
        """The worker's last word, with `phase`, `done` of `total` turns, `seconds_left` and the `last` turn."""
        return self.job.status()

    def result(self) -> Json:
        """Return what came out. Raises `ConflictError` while the duel is not finished."""
        path = self.folder / "result.json"
        if not path.exists():
            raise ConflictError(f"{self.id} is not finished", expected="finished", received=self.job.state)
        return read_json(path)

    def evaluation(self, name: str) -> NDArray[Any]:
        """Return of the test part `rows` or `labels` (n,), or the logits (n, 10) of *pytorch* or *tensorflow*.

        The logits are those of the first seed's last epoch. `families` (n,) are -1 where they were unknown.
        """
        try:
            return read_arrays(self.folder / "evaluation.npz", name)[0]
        except IntegrityError as error:
            raise IntegrityError(f"The duel {self.id} is damaged", received=error) from error


def all_duels() -> list[Duel]:
    """Return every duel, newest first."""
    return [Duel(job) for job in jobs.all_jobs(KIND)]


def duels_on(dataset: Dataset) -> list[Duel]:
    """Return the duels on `dataset`, whatever it was called then, newest first."""
    return [duel for duel in all_duels() if duel.spec["fingerprint"] == dataset.fingerprint]


def find_duel(id: str) -> Duel:
    """Return the duel of that id. Raises `NotFoundError`."""
    return Duel(jobs.find(KIND, id))
