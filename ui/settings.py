"""The form of a recipe: a preset with its story, and every setting that it fixes, explained where it is set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset
from digits.models.devices import devices
from digits.training import presets, room
from digits.training import recipe as recipes
from digits.training.recipe import Recipe
from ui.boxes import dataset_box
from ui.meanings import meanings
from ui.presets import story, title
from ui.training.augmentation import augmentation_sliders, show_variants

HELP = {
    "network": "Hidden layers, from the input on; ten logits, one a digit, follow. 784-128-64: three dense layers of "
    "these widths. conv16x3 pool conv32x3 pool 128: 16 kernels that look at 3×3 pixels everywhere in the picture, "
    "2×2 pixels made one by their maximum, the same with 32 kernels, then a dense layer of 128. It needs ink pixels.",
    "activation": f"What a hidden unit makes of its sum. {meanings('activation')}",
    "dropout": "Share of each hidden layer's units that an update leaves out at random, so that no unit relies on a "
    "single other one. Both frameworks leave out the same units.",
    "initialisation": "How the first weights are drawn, the same for both frameworks. " + meanings("initialisation"),
    "optimiser": "What turns gradients into updates: SGD follows the gradient, Adam scales each weight's step by the "
    "gradients that weight has seen. native: each framework's own, whose Adams differ. reference: one formula.",
    "rate": "How far one update goes. Too high and the loss jumps, too low and it crawls.",
    "schedule": f"How the rate changes while training goes on. {meanings('schedule')}",
    "weight_decay": "Share, times the rate, that an update first takes from every weight, so that none grows without "
    "need. It is apart from the gradient, as in AdamW; 0 takes nothing.",
    "momentum": "How much of the last update SGD keeps in the next; 0 keeps nothing.",
    "beta1": "How long Adam remembers gradients: 0.9 is about the last ten.",
    "beta2": "How long Adam remembers their squares: 0.999 is about the last thousand.",
    "epsilon": "Keeps Adam from dividing by zero. The frameworks add it in different places, so their Adams differ.",
    "full batch": "One update an epoch, made from all training images at once, as the notebook's PyTorch model.",
    "batch": "Images that one update is made from. Few: many, noisy updates an epoch.",
    "epochs": "How often all training images are seen.",
    "split": f"How images are dealt out to training and test. {meanings('split')}",
    "folds": "Into how many parts families are dealt. Each part tests every digit; one of them is the test part.",
    "fold": "Which part is tested, counted from 0. All folds together test every image once.",
    "test_share": "Share of the images that is kept for testing and never trained on.",
    "validation_share": "Share of the rest that is kept for choosing between recipes; the notebook keeps none. By "
    "family: whole families, so that of few large ones more is kept.",
    "pixels": meanings("pixels"),
    "frame": meanings("frame"),
    "scale": "The number that full ink becomes. The notebook feeds 0 to 255; 1 is the usual choice elsewhere.",
    "shares": "How much of an epoch comes from each part of a combined data set: starter=80 mnist=20. Empty: every "
    "image is shown once, so the largest part decides how digits look.",
    "variants": "How many variants of each training image an epoch shows. With all strengths at 0 they are copies.",
    "seed": "The same seed gives the same first weights, order, split, dropout and variants.",
    "threads": "Processor threads. Results repeat bit for bit only with the same number.",
    "device": "Where the arithmetic runs. Bit for bit the same results are promised on the processor only.",
    "compilation": meanings("compilation"),
    "dtype": "Precision of the arithmetic: float64 is twice as exact and about half as fast.",
}
GROUPS = {
    "Network": ("lan", ("network", "activation", "dropout", "initialisation")),
    "Optimiser": (
        "trending_down",
        ("optimiser", "rate", "schedule", "momentum", "beta1", "beta2", "epsilon", "weight_decay", "batch", "epochs"),
    ),
    "Data": ("image", ("pixels", "frame", "scale", "test_share", "validation_share", "shares")),
    "Augmentation": ("auto_fix_high", ("variants",)),
    "Machine": ("memory", ("seed", "threads", "device", "dtype", "compilation")),
}
AUGMENTATION = "Augmentation"  # the group with sliders, and a preview where it is open
FIRST = ("split", "folds", "fold")  # outside the groups: what a score is worth depends on them
SGDS, ADAMS = ([name for name in recipes.CHOICES["optimiser"] if name.endswith(kind)] for kind in ("sgd", "adam"))
ONLY = {
    "momentum": ("optimiser", SGDS), "beta1": ("optimiser", ADAMS),
    "beta2": ("optimiser", ADAMS), "epsilon": ("optimiser", ADAMS),
    "test_share": ("split", ["random"]), "folds": ("split", ["family"]), "fold": ("split", ["family"]),
}  # fmt: skip
FORMATS = {"rate": "%.6g", "epsilon": "%.1e", "beta2": "%.4f", "scale": "%.6g"}
LABELS = {"rate": "Learning rate", "beta1": "Beta 1", "beta2": "Beta 2", "dtype": "Precision",
          "variants": "Variants an epoch"}  # fmt: skip
STEPS = {"dropout": 0.05, "momentum": 0.05, "test_share": 0.05, "validation_share": 0.05, "beta1": 0.01,
         "beta2": 0.001, "weight_decay": 0.01}  # fmt: skip


def recipe_form(names: list[str], usual: Recipe | None = None) -> list[Recipe]:
    """Ask for a recipe on one of the data sets `names`; return it for each framework that is chosen.

    The form begins with the settings of `usual`, which is the same for a whole session. Raises `UsageError`, naming
    the setting, for what cannot be a recipe or takes more memory than there is.
    """
    dataset = dataset_box(names)
    known, nearest = list(presets.PRESETS), presets.title(usual).partition(",")[0] if usual else "notebook-adam"
    preset = st.selectbox("Recipe", known, index=known.index(nearest), format_func=title, key="recipe",
                          bind="query-params")  # fmt: skip
    st.caption(story(preset))
    labels = settings.FRAMEWORK_NAMES
    frameworks = st.pills("Frameworks", list(labels), selection_mode="multi", default=list(labels),
                          format_func=labels.get, key="frameworks", bind="query-params")  # fmt: skip
    report = Dataset.open(dataset).report
    base = presets.preset(preset, framework="pytorch", dataset=dataset, threads=settings.cores())
    base = presets.fitted(base, report["images"])
    first = usual if usual and nearest == preset else base
    values: dict[str, Any] = {}
    with st.container(horizontal=True):
        for name in FIRST:
            values[name] = _value(name, base, first, values, preset)
    groups, preview = st.container(gap="xsmall"), None
    for group, (icon, fields) in GROUPS.items():
        box = groups.expander(group, icon=f":material/{icon}:", key=f"group-{group}",
                              on_change="rerun" if group == AUGMENTATION else "ignore")  # fmt: skip
        with box:
            if group == AUGMENTATION:
                preview = st.container() if box.open else None
                values |= augmentation_sliders(first, preset)
            for name in (name for name in fields if name != "shares" or report["kind"] == "combined"):
                values[name] = _value(name, base, first, values, preset)
    recipe = base.changed(**values)
    chosen = [recipe.changed(framework=framework) for framework in labels if framework in frameworks]
    for one in chosen:
        room.check(one, images=report["images"])
    if preview is not None:
        with preview:
            show_variants(recipe)
    _differences(recipe, base)
    return chosen


def _differences(recipe: Recipe, base: Recipe) -> None:
    """Say what differs from the preset, so that a closed group hides nothing."""
    before = base.as_json()
    changes = [f"{_label(name).lower()} {value}" for name, value in recipe.as_json().items() if value != before[name]]
    if changes:
        st.caption(f"Changed from the preset: {', '.join(changes)}.")


def _value(name: str, base: Recipe, first: Recipe, values: dict[str, Any], preset: str) -> Any:
    """Ask for one setting where it means something, beginning with that of `first`; else return what `base` has."""
    value, key = getattr(first, name), f"{preset}-{name}"
    if name in ONLY and values[ONLY[name][0]] not in ONLY[name][1]:
        return getattr(base, name)
    if name == "batch":
        return _batch(value, key)
    if name == "fold":
        return _number(name, min(value, values["folds"] - 1), f"{key}-of-{values['folds']}", most=values["folds"] - 1)
    if name in recipes.CHOICES:
        return _choice(name, value, key)
    if isinstance(value, str):
        return st.text_input(_label(name), value, help=HELP[name], key=key, persist_state="session")
    return _number(name, value, key)


def _choice(name: str, value: str, key: str) -> str:
    """Ask for one of several words; where there is one only, do not ask."""
    options = [option for option in recipes.CHOICES[name] if name != "device" or option in devices()]
    if len(options) == 1:
        return options[0]
    index = options.index(value) if value in options else 0  # another machine's device
    return st.selectbox(_label(name), options, index, help=HELP[name], key=key, persist_state="session")


def _batch(value: int, key: str) -> int:
    """Ask for the images of one update; 0 is all of them."""
    if st.toggle("Full batch", not value, help=HELP["full batch"], key=f"{key}-full", persist_state="session"):
        return 0
    return int(_number("batch", value or 128, key))


def _number(name: str, value: float, key: str, most: float | None = None) -> int | float:
    low, high = recipes.BOUNDS[name]
    high = high if most is None else most
    kind = type(value)
    low = 1 if name == "batch" else low  # the toggle above it stands for 0
    step, form = (1, "%d") if kind is int else (STEPS.get(name, value / 10), FORMATS.get(name, "%.4g"))
    return st.number_input(_label(name), kind(low), kind(high), value, step, form, key=key, help=HELP[name],
                           persist_state="session")  # fmt: skip


def _label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " ").capitalize())
