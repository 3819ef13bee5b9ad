"""The form of a recipe: a preset, and every setting that it fixes, explained in one sentence each."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits import settings
from digits.training import recipe as recipes

HELP = {
    "network": "Widths of the hidden layers, from input to output. Ten logits follow.",
    "activation": "What each hidden unit does to its sum; relu cuts off what is negative.",
    "pixels": "rgba: 3,136 inputs, the notebook's way. ink: the 784 that can differ.",
    "frame": "as-drawn: the picture as it is. centred: the digit scaled to 20 pixels and moved to the middle.",
    "scale": "The value of an input at full ink. The notebook feeds 0 to 255.",
    "initialisation": "How the first weights are drawn, in PyTorch's or in Keras's manner; both get the same.",
    "optimiser": "Each framework's own SGD or Adam.",
    "rate": "How far one update goes.",
    "momentum": "How much of the last update the next one keeps (SGD).",
    "beta1": "How long Adam remembers gradients.",
    "beta2": "How long Adam remembers their squares.",
    "epsilon": "Keeps Adam from dividing by zero.",
    "batch": "Images an update. 0: all of them, one update an epoch.",
    "epochs": "How often all training images are seen.",
    "test_share": "Share of the images that are kept for testing.",
    "validation_share": "Share of the rest that is kept for choosing; the notebook keeps none.",
    "seed": "The same seed gives the same weights, order and split.",
    "dtype": "Precision of the arithmetic.",
    "threads": "Processor threads. Results repeat bit for bit only with the same number.",
}  # fmt: skip
FORMATS = {"rate": "%.6g", "epsilon": "%.1e", "beta2": "%.4f", "scale": "%.6g"}


def recipe_form(names: list[str]) -> tuple[list[str], dict[str, Any], bool]:
    """Ask for a recipe; return the frameworks, all other values of a `Recipe`, and whether to train again."""
    dataset = st.selectbox("Data set", names, key="dataset")
    preset = st.selectbox("Recipe", list(recipes.PRESETS), index=1, key="preset")
    labels = settings.FRAMEWORK_NAMES
    frameworks = st.pills(
        "Frameworks", list(labels), selection_mode="multi", default=list(labels), format_func=labels.get
    )
    base = recipes.preset(preset, framework="pytorch", dataset=dataset, threads=settings.cores())
    with st.expander("All settings"):
        values = {name: _field(name, getattr(base, name), preset) for name in HELP}
        again = st.checkbox("Train again", help="Another run of the same recipe, beside the one that exists.")
    return list(frameworks), {**values, "dataset": dataset}, again


def _field(name: str, value: Any, preset: str) -> Any:
    """Ask for one setting; its widget belongs to the preset, so that another preset brings its own values."""
    label, key = name.replace("_", " ").capitalize(), f"{preset}-{name}"
    if name in recipes.CHOICES:
        options = list(recipes.CHOICES[name])
        return st.selectbox(label, options, index=options.index(value), help=HELP[name], key=key)
    if isinstance(value, str):
        return st.text_input(label, value, help=HELP[name], key=key)
    low, high = recipes.BOUNDS[name]
    kind = type(value)
    step, form = (1, "%d") if kind is int else (value / 10 or 0.01, FORMATS.get(name, "%.4g"))
    return st.number_input(
        label,
        min_value=kind(low),
        max_value=kind(high),
        value=value,
        step=step,
        format=form,
        help=HELP[name],
        key=key,
    )
