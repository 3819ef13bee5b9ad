"""In what the chosen runs differ, before anybody reads a difference into the frameworks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits.evaluation.comparison import differences, unfair
from digits.settings import FRAMEWORK_NAMES
from digits.training.run import Run
from ui.frame import plain
from ui.meanings import meaning

WORDS = {"dataset": "data set", "fingerprint": "content of the data set", "dtype": "precision"}
ALIKE = {
    0: "These runs are of one recipe in one framework: they differ in nothing that was asked for.",
    1: "These runs differ in **{only}** alone.",
}


def show_differences(runs: list[Run], *, listed: bool = True) -> None:
    """Say in what `runs` differ, and show the settings that are not equal, if these shall be `listed`."""
    if len(runs) < 2:
        return
    found = differences(runs)
    besides = unfair(runs)
    if besides:
        names = ", ".join(word(name) for name in besides)
        st.markdown(
            f":material/balance: **Not a fair comparison of the frameworks**: besides the framework, {names} "
            f"{'differs' if len(besides) == 1 else 'differ'}. A difference in the results may come from "
            f"{'that' if len(besides) == 1 else 'those'}."
        )
    elif len(found) < 2:
        st.markdown(":material/balance: " + ALIKE[len(found)].format(only="".join(word(name) for name in found)))
    elif "framework" in found:
        names = " and ".join(word(name) for name in found if name != "framework")
        st.markdown(f":material/balance: A fair comparison of the frameworks: both have the same values of {names}.")
    else:
        st.markdown(f":material/balance: One framework, {len(found)} settings that differ.")
    if len(found) > 1 and listed:
        with st.expander(f"The {len(found)} settings that are not equal"):
            st.table(table(runs, found), hide_index=True)


def table(runs: list[Run], found: dict[str, list[Any]]) -> list[dict[str, str]]:
    """Return a row a setting, a column a run, as text that is safe as Markdown."""
    heads = [f"{number}. {plain(run.title)}" for number, run in enumerate(runs, 1)]
    return [
        {"Setting": word(name), **{head: shown(name, value) for head, value in zip(heads, values, strict=True)}}
        for name, values in found.items()
    ]


def word(name: str) -> str:
    """Return a setting's name as people say it."""
    return WORDS.get(name, name.replace("_", " "))


def shown(name: str, value: Any) -> str:
    """Return the value of the setting `name` as text, with what it means; a dash where it plays no part."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        said = plain(FRAMEWORK_NAMES.get(value, value) if name == "framework" else value)
    else:
        said = f"{value:,}" if isinstance(value, int) else f"{value:g}"
    words = meaning(name, value)
    return f"{said}: {plain(words)}" if words else said
