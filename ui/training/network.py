"""The model before it has learnt anything, as both frameworks list it, and five test images before and after."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import inspection
from digits.dataset.dataset import Dataset
from digits.dataset.split import split_by
from digits.errors import IntegrityError
from digits.evaluation.metrics import probabilities
from digits.files import Json
from digits.images.ink import to_ink
from digits.job import LIVE
from digits.settings import FRAMEWORK_NAMES
from digits.training.recipe import Recipe
from digits.training.run import Run, readable_runs
from ui.frame import duration, errors_shown, owner, plain
from ui.gallery import gallery
from ui.live import live

Logits = NDArray[np.floating[Any]]


def model(chosen: Recipe) -> None:
    """Show the model of the chosen recipe in both frameworks; the first time somebody has to ask for it."""
    recipes = [chosen.changed(framework=framework) for framework in FRAMEWORK_NAMES]
    dataset = Dataset.open(chosen.dataset)
    jobs = [inspection.find(recipe, dataset) for recipe in recipes]
    states = [job.state if job else "" for job in jobs]
    if not all(state == "finished" for state in states) and not any(state in LIVE for state in states):
        _ask(recipes, [job.status().get("error", "") for job in jobs if job])
    elif any(state in LIVE for state in states):
        live(_wait, recipes, dataset, every=0.5)
    else:
        for tab, recipe, job in zip(st.tabs(list(FRAMEWORK_NAMES.values())), recipes, jobs, strict=True):
            with tab, errors_shown():
                _show(recipe, inspection.result(job) if job else {}, dataset)


def _ask(recipes: list[Recipe], errors: list[str]) -> None:
    for error in filter(None, errors):
        st.error(plain(error), icon=":material/error:")
    st.caption("Each framework lists the network of the chosen recipe itself, and answers five test images before it "
               "has learnt anything. That takes about ten seconds once, and is kept.")  # fmt: skip
    if st.button("Show the untrained model", f"look-{recipes[0].dataset}", icon=":material/visibility:"):
        for recipe in recipes:
            inspection.start(recipe, owner=owner())
        st.rerun()


def _wait(recipes: list[Recipe], dataset: Dataset) -> None:
    jobs = [inspection.find(recipe, dataset) for recipe in recipes]
    live = [job.status() for job in jobs if job and job.state in LIVE]
    if not live:
        st.rerun(scope="app")
    for status in live:
        st.caption(f":material/hourglass: {plain(status['phase'])}")


def _show(recipe: Recipe, found: Json, dataset: Dataset) -> None:
    st.markdown(f"**{found['parameters']:,}** parameters, **{found['parameter_bytes'] / 2**20:.2f} MB**, "
                f"as {found['library']} lists them")  # fmt: skip
    st.code(found["printed"], language=None)
    st.markdown(layer_table(found["layers"]))
    if recipe.dropout:
        st.caption(f"Dropout of {recipe.dropout:g} acts on hidden layers in training only; it has no parameters.")
    _five(recipe, found)
    st.markdown("Before training: raw outputs, the probabilities that they become, the digits that those name")
    _code(answers(np.array(found["logits"])), f"answers-before-{recipe.framework}")
    run = trained(recipe, dataset, found)
    if run is None:
        st.caption("After training, the same five images stand here.")
        return
    which = "this recipe" if _is_of(run, recipe) else "another recipe, which began with the same network"
    st.markdown(f"After training: **{plain(run.title)}** ({run.id[:6]}), {run.recipe.epochs} epochs, "
                f"{duration(run.result()['train_seconds'])}. A run of {which}.")  # fmt: skip
    _code(answers(run.evaluation("logits")[found["places"]]), f"answers-after-{recipe.framework}")


def _code(text: str, key: str) -> None:
    with st.container(key=key):  # `ui.frame.STYLE` knows its name: all five images fit on a phone
        st.code(text, language=None)


def layer_table(layers: list[Json]) -> str:
    """Return the layers as a Markdown table: kind, shape of the output, parameters."""
    rows = [f"| {layer['layer']} | {_shape(layer['shape'])} | {layer['parameters']:,} |" for layer in layers]
    return "\n".join(["| Layer | Output | Parameters |", "|:--|:--|--:|", *rows])


def _shape(shape: list[int | None]) -> str:
    return " × ".join("n" if size is None else str(size) for size in shape)


def _five(recipe: Recipe, found: Json) -> None:
    pictures = np.asarray(Dataset.open(recipe.dataset).images[found["rows"]])
    captions = [f"a {label}" for label in found["labels"]]
    gallery(to_ink(pictures), captions, key=f"five-{recipe.framework}", size=56)
    st.caption(f"Five test images: {', '.join(captions)}.")


def answers(logits: Logits) -> str:
    """Return raw outputs (n, 10), the probabilities that they become, and the digits that those name, as text.

    An image has a column, so that a phone shows it whole.
    """
    shares = probabilities(logits)
    head = "".join(f"{f'image {number}':>9}" for number in range(1, len(logits) + 1))
    named = "".join(f"{digit:>9}" for digit in shares.argmax(axis=1))
    return f"raw{head}\n{_columns(logits, '9.2f')}\n\nshare\n{_columns(shares, '9.4f')}\n\nis {named}"


def _columns(values: Logits, form: str) -> str:
    """Return a row a digit of (n, 10) `values`."""
    return "\n".join(
        f"{digit}  {''.join(format(value, form) for value in row)}" for digit, row in enumerate(values.T)
    )


def trained(recipe: Recipe, dataset: Dataset, found: Json) -> Run | None:
    """Return a finished run that began with this very network and was tested on the images `found`.

    It is the newest of this very recipe; where there is none, the newest.
    """
    asked = (dataset.fingerprint, split_by(dataset, recipe), None)  # a tuned run began with other weights
    for run in sorted(readable_runs(), key=lambda run: not _is_of(run, recipe)):
        if run.learnt_from == asked and run.job.state == "finished":
            known = run.recipe.changed(dataset=recipe.dataset)
            if inspection.looked_at(known) == inspection.looked_at(recipe) and _answered(run, found):
                return run
    return None


def _is_of(run: Run, recipe: Recipe) -> bool:
    return run.recipe.changed(dataset=recipe.dataset) == recipe


def _answered(run: Run, found: Json) -> bool:
    """Tell whether `run` was tested on the images of an inspection, at those places; an older lab split otherwise."""
    with suppress(IntegrityError):  # what cannot be read answers nothing
        rows, places = run.evaluation("rows"), np.array(found["places"])
        return bool(places.max() < len(rows) and np.array_equal(rows[places], found["rows"]))
    return False
