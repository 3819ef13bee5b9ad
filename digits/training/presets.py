"""The recipes that have a name, and how others are called after them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from digits.errors import UsageError
from digits.files import Json
from digits.training.recipe import Recipe

NATIVE_EPSILON = {"pytorch": 1e-8, "tensorflow": 1e-7}  # the defaults of torch.optim.Adam and keras.optimizers.Adam
STARTER_IMAGES = 1_797  # for which the presets' variants are meant

# The notebook's three recipes. Each began in one framework, whose manner of drawing weights it keeps;
# `docs/decisions/0003-presets.md` says what could not be kept. Adam's rate and ε are Keras's defaults.
# The last two read drawings (`docs/decisions/0013-even-frame.md`): the notebook's network on the ink of many variants
# of few images, and a small convolutional one.
HAND: Json = {
    "pixels": "ink", "frame": "even", "scale": 1.0, "validation_share": 0.1, "initialisation": "pytorch",
    "optimiser": "native-adam", "rate": 0.003, "weight_decay": 0.01, "schedule": "one-cycle", "batch": 128,
    "epochs": 30, "variants": 20, "rotation": 20.0, "slant": 0.5, "zoom": 0.25, "shift": 1.4, "elastic": 1.5,
    "thickness": 0.35,
}  # fmt: skip
PRESETS: dict[str, Json] = {
    "notebook-full-batch-sgd": {
        "initialisation": "pytorch", "optimiser": "native-sgd", "rate": 0.01, "batch": 0, "epochs": 100,
    },
    "notebook-adam": {
        "initialisation": "keras", "optimiser": "native-adam", "rate": 0.001, "batch": 128, "epochs": 10,
    },
    "notebook-sgd": {
        "initialisation": "keras", "optimiser": "native-sgd", "rate": 0.001, "batch": 512, "epochs": 10,
    },
    "hand": HAND,
    "hand-cnn": {**HAND, "network": "conv16x3 pool conv32x3 pool 128", "epochs": 15},
}  # fmt: skip


def preset(name: str, *, framework: str, dataset: str, **values: Any) -> Recipe:
    """Return the preset `name` with other `values`. Raises `UsageError`."""
    if name not in PRESETS:
        raise UsageError("Unknown recipe", expected=" or ".join(PRESETS), received=repr(name))
    return Recipe(framework=framework, dataset=dataset).changed(**{**PRESETS[name], **values})


def fitted(recipe: Recipe, images: int) -> Recipe:
    """Return `recipe` with as few variants as show about as many images an epoch as of the starter set.

    `images` is how many the data set has: of 100,000 one variant each is enough.
    """
    fewer = max(1, round(recipe.variants * STARTER_IMAGES / max(images, STARTER_IMAGES)))
    return recipe.changed(variants=fewer)


def reference(recipe: Recipe) -> Recipe:
    """Return `recipe` with the optimiser that follows one formula in both frameworks."""
    return recipe.changed(optimiser=recipe.optimiser.replace("native-", "reference-"))


def native(recipe: Recipe) -> Recipe:
    """Return `recipe` with the framework's own optimiser and the ε that it has where nobody names one."""
    epsilon = NATIVE_EPSILON[recipe.framework]
    return recipe.changed(optimiser=recipe.optimiser.replace("reference-", "native-"), epsilon=epsilon)


@lru_cache(maxsize=10_000)
def title(recipe: Recipe) -> str:
    """Return the nearest preset and what differs from it: `notebook-adam, epochs 3`."""
    hidden = {"framework", "dataset", "threads"}

    def others(name: str) -> Json:
        base = preset(name, framework=recipe.framework, dataset=recipe.dataset).as_json()
        return {key: value for key, value in recipe.as_json().items() if key not in hidden and value != base[key]}

    nearest = min(PRESETS, key=lambda name: len(others(name)))
    changes = [f"{key.replace('_', ' ')} {value}" for key, value in others(nearest).items()]
    return ", ".join([nearest, *changes])
