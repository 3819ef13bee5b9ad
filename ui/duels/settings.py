"""The settings of a duel that most people leave as they are, each with its sentence."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from digits.engine.duels import TARGET, honest
from digits.settings import FRAMEWORKS, cores
from digits.training.presets import reference
from digits.training.recipe import Recipe
from ui.frame import plain

OPTIMISERS = {"reference": "One formula in both", "native": "Each its own"}
SPLITS = {"family": "By family", "random": "At random"}
HELP = {
    "optimiser": "One formula: the optimiser is written out once and both follow it to the last sign. Each its own: "
    "torch.optim and keras.optimizers as they are, whose Adams differ in ε, so that accuracy is refused.",
    "split": "By family: copies of one drawing all on one side, so that the test is on drawings never seen. At "
    "random: image by image, as the notebook did.",
    "threads": "Processor threads of each framework, the same number for both. More than there are free cores makes "
    "both slower and the timings worthless.",
    "target": "The time and the number of updates to this share of test images read right are taken for each.",
}
COMPILERS = {
    "pytorch": ("torch.compile for PyTorch", "Translates the training step to machine code: up to half a minute "
                "before a process's first epoch, and it needs a C++ compiler. Usual is without."),
    "tensorflow": ("XLA for TensorFlow", "Fuses the operations of a step, on top of tf.function, which is usual: "
                   "a few seconds before the first epoch of each seed."),
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """What was chosen, and `why` it cannot be started as it is, as Markdown."""

    recipe: Recipe
    compiled: tuple[str, ...]
    target: float
    why: str | None


def more(base: Recipe) -> Chosen:
    """Ask for the rest; return `base` with it. Raises `NotFoundError` and `IntegrityError`."""
    by_family, why = honest(reference(base))
    left, middle, third, fourth = st.columns([7, 5, 3, 4])
    kind = left.segmented_control("Optimiser", list(OPTIMISERS), default="reference", format_func=OPTIMISERS.get,
                                  key="duel-optimiser", help=HELP["optimiser"], required=True,
                                  persist_state="session")  # fmt: skip
    split = middle.segmented_control("Split", list(SPLITS), default="random" if why else "family", required=True,
                                     format_func=SPLITS.get, key=f"duel-split-{base.dataset}", help=HELP["split"],
                                     persist_state="session")  # fmt: skip
    threads = third.number_input("Threads", 1, 256, cores(), key="duel-threads", help=HELP["threads"],
                                 persist_state="session")  # fmt: skip
    target = fourth.number_input("Target accuracy, %", 1.0, 99.9, 100 * TARGET, 1.0, "%.1f", key="duel-target",
                                 help=HELP["target"], persist_state="session")  # fmt: skip
    recipe = base if kind == "native" else reference(base)
    if split == "family":
        recipe = by_family.changed(optimiser=recipe.optimiser) if why is None else recipe.changed(split="family")
    stops = f":material/block: {plain(why)}" if split == "family" and why else None
    return Chosen(recipe.changed(threads=threads), _compilers(), target / 100, stops)


def _compilers() -> tuple[str, ...]:
    chosen = []
    for column, framework in zip(st.columns(2), FRAMEWORKS, strict=True):
        label, words = COMPILERS[framework]
        with column:
            if st.toggle(label, key=f"duel-compile-{framework}", persist_state="session"):
                chosen.append(framework)
            st.caption(words)
    return tuple(chosen)
