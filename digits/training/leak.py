"""The leak of a run: the share of its test images that have a relative, a copy of the same drawing, in training.

It follows the families that are known now: a run that was trained before anybody looked for copies gets its leak when
they are found. What was worked out is kept beside the images, a number a split, with the hash of the families that it
follows: runs of one split share it.
"""

from __future__ import annotations

from contextlib import suppress

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import families_of
from digits.dataset.split import families_hash, leak
from digits.errors import DigitsError
from digits.files import Json, canonical, read_json, sha256, write_json
from digits.training.recipe import DEALT
from digits.training.run import Run

FILE = "leaks.json"


def leak_of(run: Run) -> float | None:
    """Return the leak of `run` by the families of now, or else the one that it recorded; None while it is unknown."""
    with suppress(DigitsError):  # the data set or its families are gone, or damaged
        found = _by_families(run, run.dataset())
        if found is not None:
            return found
    path = run.folder / "result.json"
    recorded = read_json(path).get("leak") if path.exists() else None
    return None if recorded is None else float(recorded)


def _by_families(run: Run, dataset: Dataset) -> float | None:
    known = families_hash(dataset)
    if known is None:
        return None
    kept, split = _kept(dataset, known), _split(run)
    if split not in kept["leaks"]:
        families = families_of(dataset)
        if families is None:
            return None
        kept["leaks"][split] = leak(run.split(), families)
        with suppress(OSError):  # somebody deletes the data set
            write_json(dataset.folder / FILE, kept)
    return float(kept["leaks"][split])


def _kept(dataset: Dataset, known: str) -> Json:
    """Return what was worked out for the families of the hash `known`; nothing for others, or from a damaged file."""
    with suppress(FileNotFoundError, DigitsError):
        kept = read_json(dataset.folder / FILE)
        if kept.get("families") == known and isinstance(kept.get("leaks"), dict):
            return kept
    return {"families": known, "leaks": {}}


def _split(run: Run) -> str:
    """Return the name of a run's split: runs of one split share a leak."""
    dealt = [getattr(run.recipe, name) for name in (*DEALT, "validation_share")]
    return sha256(canonical([dealt, run.spec.get("families")]))[:16]
