"""Duels: a job each, which measures anew whenever it is asked for."""

from __future__ import annotations

from collections.abc import Collection

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.split import split_by, split_of
from digits.engine import local
from digits.engine.sweep import sweep
from digits.errors import UsageError
from digits.files import Json, canonical, sha256
from digits.job import LIVE, Job
from digits.settings import FRAMEWORKS
from digits.training import room
from digits.training.duel import KIND, Duel
from digits.training.presets import native
from digits.training.recipe import Recipe

SEEDS, MOST_SEEDS = 3, 50
TARGET = 0.9


def start_duel(
    recipe: Recipe, *, owner: str, seeds: int = SEEDS, compiled: Collection[str] = (), target: float = TARGET
) -> Duel:
    """Start a duel of `recipe`, whatever its framework, or open the same one that is at work.

    It trains so many `seeds`, from the recipe's on; frameworks that are `compiled` use their compiler; `target` is an
    accuracy to which the time is taken. Raises `UsageError` for what cannot be timed or split, and `NotFoundError`.
    """
    _check(recipe, seeds, compiled, target)
    dataset = Dataset.open(recipe.dataset)
    split_of(dataset, recipe)  # what cannot be dealt out is refused before anything waits
    sides = {framework: _side(recipe, framework, compiled) for framework in FRAMEWORKS}
    room.check(*2 * list(sides.values()), images=dataset.report["images"])  # two processes each
    spec: Json = {
        "recipes": {framework: side.as_json() for framework, side in sides.items()},
        "seeds": list(range(recipe.seed, recipe.seed + seeds)), "target": target,
        "fingerprint": dataset.fingerprint, "families": split_by(dataset, recipe),
    }  # fmt: skip
    sweep()
    return _started(spec, owner)


def _started(spec: Json, owner: str) -> Duel:
    identity, number = sha256(canonical(spec))[:16], 1
    while True:
        job = Job(KIND, identity if number == 1 else f"{identity}-{number}")
        lock = jobs.create(job, spec, owner=owner)
        if lock is not None:
            local.enqueue(job, lock, owner, "duel")
            return Duel(job)
        if job.state in LIVE:
            return Duel(job)
        number += 1


def asked(
    recipe: Recipe, *, seeds: int = SEEDS, compiled: Collection[str] = (), target: float = TARGET
) -> Json:  # fmt: skip
    """Return a duel as a search for families takes it, to start it when they are known: see `start_asked`."""
    return {"duel": recipe.as_json(), "seeds": seeds, "compiled": list(compiled), "target": target}


def start_asked(wanted: Json, *, owner: str) -> Duel:
    """Start what `asked` returned. Raises as `start_duel`."""
    values = {name: value for name, value in wanted.items() if name != "duel"}
    return start_duel(Recipe(**wanted["duel"]), owner=owner, **values)


def _check(recipe: Recipe, seeds: int, compiled: Collection[str], target: float) -> None:
    if recipe.epochs < 2:
        raise UsageError("A duel needs a second epoch: the first one is not compared", expected="2 epochs or more",
                         received=recipe.epochs)  # fmt: skip
    if not 1 <= seeds <= MOST_SEEDS or recipe.seed + seeds > 2**32:
        raise UsageError("seeds is out of bounds", expected=f"1 to {MOST_SEEDS}", received=seeds)
    if not 0 < target < 1:
        raise UsageError("target is out of bounds", expected="a share between 0 and 1", received=target)
    for framework in compiled:
        if framework not in FRAMEWORKS:
            raise UsageError("Unknown framework", expected=" or ".join(FRAMEWORKS), received=repr(framework))


def _side(recipe: Recipe, framework: str, compiled: Collection[str]) -> Recipe:
    """Return what one framework trains: a native optimiser has its own framework's ε."""
    own = recipe.changed(framework=framework, compilation="compiler" if framework in compiled else "usual")
    return native(own) if own.optimiser.startswith("native-") else own


def honest(recipe: Recipe) -> tuple[Recipe, str | None]:
    """Return `recipe` split by family, or at random and why, where the families of its data set cannot be dealt out.

    Raises `NotFoundError` and `IntegrityError`.
    """
    dataset = Dataset.open(recipe.dataset)
    try:
        by_family = recipe.changed(split="family", test_share=Recipe.test_share)
        split_of(dataset, by_family)
    except UsageError as error:
        return recipe.changed(split="random", folds=Recipe.folds, fold=Recipe.fold), str(error)
    return by_family, None
