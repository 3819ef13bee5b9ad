"""What is known to go against a recipe on a data set, said before it starts."""

from __future__ import annotations

from digits import settings
from digits.training.recipe import Recipe
from ui.training.preview import preview

SIGN = ":material/warning: "


def cautions(recipe: Recipe) -> list[str]:
    """Return a sentence for each thing that is known; none says no more than that nothing is known."""
    found = []
    train, batch = preview(recipe).images["train"], recipe.batch
    if batch >= train:
        found.append(f"{SIGN}A batch of {batch:,} is more than the {train:,} training images: one update an epoch.")
    if recipe.threads > settings.cores():
        found.append(f"{SIGN}{recipe.threads} threads share {settings.cores()} cores: that is slower, not faster.")
    return found
