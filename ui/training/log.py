"""The log as the notebook prints it, and the notebook's own figures beside ours at matching epochs."""

from __future__ import annotations

import streamlit as st

from digits import settings
from digits.errors import NotFoundError
from digits.files import Json
from digits.training import notebook
from digits.training.run import Run
from ui.frame import duration, plain
from ui.leak import mark, sentence

EVERY = 10
QUANTITIES = {"loss": "Loss", "accuracy": "Accuracy", "test_loss": "Test loss", "test_accuracy": "Test accuracy"}


def log(runs: list[Run]) -> None:
    """Show a line every ten epochs of each run, in the manner of the notebook; every epoch of short ones."""
    with st.expander("Log", icon=":material/list:"):
        for run in runs:
            st.markdown(f"**{plain(run.title)}**{mark(run)}")
            text = log_text(run.epochs(), run.recipe.epochs)
            st.code(text or "No epoch is over yet.", language=None)


def log_text(lines: list[Json], epochs: int) -> str:
    """Return the records of epochs as text: every tenth and the last one, or each where there are at most twenty."""
    every = EVERY if epochs > 2 * EVERY else 1
    return "\n".join(_line(line) for line in lines if line["epoch"] % every == 0 or line["epoch"] == epochs)


def _line(line: Json) -> str:
    return (
        f"Epoch: {line['epoch']} | Loss {line['loss']:.4f} | Acc {100 * line['accuracy']:.2f} % | "
        f"Test loss {line['test_loss']:.4f} | Test acc {100 * line['test_accuracy']:.2f} %"
    )


def beside_the_notebook(runs: list[Run]) -> None:
    """Show what the notebook printed and what the same preset gave here on the same images, epoch by epoch."""
    presets = {run.id: notebook.preset_of(run.recipe) for run in runs}
    name = next((found for found in presets.values() if found), None)
    if name is None:
        return
    same = [run for run in runs if presets[run.id] == name and _on_its_images(run)]
    with st.expander("Beside the notebook", icon=":material/menu_book:"):
        if not same:
            st.caption(
                "The notebook printed its figures for 107,720 images of its own. These runs saw others, so there is "
                "nothing to set side by side. Build the notebook's images on the page Dataset."
            )
        else:
            _compare(name, same)


def _compare(name: str, runs: list[Run]) -> None:
    """Show one printed quantity of the preset `name` beside that of `runs`, and what differs."""
    printed = notebook.PRINTED[name]
    there = [key for at, key in enumerate(QUANTITIES, 1) if any(line[at] is not None for line in printed.lines)]
    quantity = st.segmented_control("Quantity", there, default=there[-1], format_func=QUANTITIES.get, required=True,
                                    key=f"beside-{name}", label_visibility="collapsed")  # fmt: skip
    st.markdown(table(printed, runs, quantity or there[-1]))
    times = ", ".join(f"{settings.FRAMEWORK_NAMES[run.recipe.framework]} {_took(run)}" for run in runs)
    leaking = next(filter(None, map(sentence, runs)), "")
    st.caption(
        f"Training took {duration(printed.seconds)} on the notebook's machine; here {times}. "
        f"{notebook.TOLD[name].difference}{leaking} Its conclusion: “{notebook.CONCLUSION}”"
    )


def _on_its_images(run: Run) -> bool:
    try:
        return notebook.are_its_images(run.dataset().report)
    except NotFoundError:
        return False


def _took(run: Run) -> str:
    return duration(run.job.status().get("train_seconds"))


def table(printed: notebook.Printed, runs: list[Run], quantity: str) -> str:
    """Return a Markdown table: a row an epoch that the notebook printed, a column for it and for each run."""
    place = list(QUANTITIES).index(quantity) + 1
    ours = [{line["epoch"]: line[quantity] for line in run.epochs()} for run in runs]
    names = [_head(run.recipe.framework) for run in runs]
    theirs = f"Notebook ({_head(printed.framework)})"
    rows = [f"| Epoch | {theirs} | {' | '.join(names)} |", "|--:" * (len(runs) + 2) + "|"]
    for line in printed.lines:
        if line[place] is not None:
            values = [line[place], *(found.get(line[0]) for found in ours)]
            rows.append(f"| {line[0]} | {' | '.join(_cell(value, quantity) for value in values)} |")
    return "\n".join(rows)


def _head(framework: str) -> str:
    return settings.FRAMEWORK_NAMES[framework].replace("Flow", "\u00adFlow")  # where a phone may break it


def _cell(value: float | None, quantity: str) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if quantity.endswith("accuracy") else f"{value:.4f}"
