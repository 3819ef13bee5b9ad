"""What is known to go against a recipe on a data set, said before it starts."""

from __future__ import annotations

from digits import settings
from digits.dataset.dataset import Dataset
from digits.training.recipe import Recipe


def cautions(recipe: Recipe) -> list[str]:
    """Return a sentence for each thing that is known; none says no more than that nothing is known."""
    found = []
    images = Dataset.open(recipe.dataset).report["images"]
    train = round(images * (1 - recipe.test_share) * (1 - recipe.validation_share))
    if recipe.batch >= train:
        found.append(f"A batch of {recipe.batch:,} is more than the {train:,} training images: one update an epoch.")
    if recipe.threads > settings.cores():
        found.append(f"{recipe.threads} threads share {settings.cores()} cores: that is slower, not faster.")
    return found
