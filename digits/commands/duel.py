"""The command that lets both frameworks train in turn, and says which is faster and which reads better."""

from __future__ import annotations

from typing import Any

import click

from digits import settings
from digits.commands.terminal import command, watch_bar
from digits.dataset.dataset import Dataset
from digits.engine.duels import SEEDS, TARGET, honest, start_duel
from digits.engine.families import ensure_families
from digits.files import Json
from digits.training import presets
from digits.training import recipe as recipes
from digits.training.recipe import Recipe

ANSWER = (
    "duel", "epoch_seconds", "ratio", "ratio_low", "ratio_high", "control", "accuracy", "mcnemar_p", "verdict",
    "refused", "accuracy_difference", "cpu_seconds", "peak_bytes", "images_per_second", "rate_share", "rounds",
    "repeats", "split", "leak",
)  # fmt: skip


@command
@click.option("--dataset", required=True)
@click.option("--recipe", "preset", required=True, help=" | ".join(presets.PRESETS))
@click.option("--epochs", type=int)
@click.option("--seeds", type=int, default=SEEDS, show_default=True)
@click.option("--threads", type=int, help="Of each framework; by default, one a core.")
@click.option("--native", is_flag=True, help="Each framework's own optimiser, instead of one formula for both.")
@click.option("--split", type=click.Choice(recipes.CHOICES["split"]), help="By default by family, where that can be.")
@click.option("--target", type=float, default=TARGET, show_default=True, help="The accuracy to which time is taken.")
@click.option("--compile", "compiled", type=click.Choice([*settings.FRAMEWORKS, "both"]),
              help="Who uses torch.compile, XLA.")  # fmt: skip
def duel(dataset: str, preset: str, *, epochs: int | None, seeds: int, threads: int | None, native: bool, **more: Any
) -> Json:  # fmt: skip
    """Train a recipe in both frameworks, an epoch each in turn, and compare: seconds, accuracies, conditions."""
    changes = {"epochs": epochs, "threads": threads or settings.cores()}
    recipe = presets.preset(preset, framework=settings.FRAMEWORKS[0], dataset=dataset,
                            **{name: value for name, value in changes.items() if value is not None})  # fmt: skip
    chosen = _split(recipe if native else presets.reference(recipe), more["split"])
    compiled = {"both": settings.FRAMEWORKS, None: ()}.get(more["compiled"], (more["compiled"],))
    found = start_duel(chosen, owner=settings.owner(), seeds=seeds, compiled=compiled, target=more["target"])
    watch_bar(found.job)
    result = found.result()
    return {name: result[name] for name in ANSWER}


def _split(recipe: Recipe, split: str | None) -> Recipe:
    """Return `recipe` with the split that was asked for, by default by family; families are found first."""
    if split == "random":
        return recipe
    ensure_families(Dataset.open(recipe.dataset), settings.owner(), watch_bar)
    if split == "family":
        return recipe.changed(split="family")
    chosen, why = honest(recipe)
    if why:
        click.echo(f"The split is random: {why}", err=True)
    return chosen
