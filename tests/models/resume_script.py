"""Go on from a stored state in a process of its own: `resume_script.py <recipe as JSON> <state> <result>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from digits.models import Classifier, State, create, weights
from digits.training.recipe import Recipe
from tests.models import batches, ink


def go_on(classifier: Classifier, recipe: Recipe) -> State:
    """Return what the classifier gives for some images and the losses of its next batches."""
    inputs, labels = ink(300)
    classifier.place(inputs, labels)
    logits = classifier.outputs(inputs[:20])[-1]
    return {"logits": logits, "losses": classifier.steps(*batches(recipe, seed=2)), **classifier.state()}


def main() -> None:
    """Load the state, go on, and save what came out of it."""
    recipe = Recipe(**json.loads(sys.argv[1]))
    classifier = create(recipe)
    classifier.load(weights.read(Path(sys.argv[2]))[0])
    weights.save(Path(sys.argv[3]), go_on(classifier, recipe), {})


if __name__ == "__main__":
    main()
