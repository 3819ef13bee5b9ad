"""What was chosen on the maps: counts in words, a gallery, and a table for whoever does not see a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits.embedding.maps import Drawn
from digits.settings import FRAMEWORK_NAMES
from digits.training.framed import framed_ink
from digits.training.run import Run
from ui.digit_map import Pane
from ui.gallery import gallery
from ui.spreadsheet import csv_of

SHOWN, LISTED = 96, 1_000
Places = NDArray[np.int64]


def show_chosen(run: Run, found: Drawn, panes: list[Pane], members: Places | None) -> None:
    """Show `members` of a map of images that `run` was tested on, narrowed by what the models of `panes` say of them.

    Without `members` (nothing is chosen with the mouse) the narrowing alone chooses: that is the way by keyboard.
    """
    table = answers(panes)
    wishes = _wishes([pane.framework for pane in panes])
    holds = wishes.get(st.selectbox("Images below", ["those chosen on the map", *wishes], key="only"))
    if members is None and holds is None:
        st.caption(
            "Draw around images with the lasso or the box to see them here, or choose some from the list above."
        )
        return
    places = np.arange(len(found.rows)) if members is None else members
    if holds is not None:
        places = places[holds(table)[places]]
    st.markdown(counts(table, places))
    if places.size:
        _gallery(run, found, table, places)


def answers(panes: list[Pane]) -> dict[str, Places]:
    """Return the `label` (n,) of each image of a map, and what each framework answers."""
    return {"label": panes[0].labels, **{pane.framework: pane.answers for pane in panes}}


def _wishes(frameworks: list[str]) -> dict[str, Any]:
    """Return what can be asked for, in words, each with the function that says which images (n,) are meant."""
    wishes: dict[str, Any] = {}
    for name in frameworks:
        wishes[f"misread by {FRAMEWORK_NAMES[name]}"] = lambda table, name=name: table[name] != table["label"]
    if len(frameworks) > 1:
        first, second = frameworks
        wishes["on which the answers differ"] = lambda table: table[first] != table[second]
    for digit in range(10):
        wishes[f"labelled {digit}"] = lambda table, digit=digit: table["label"] == digit
    return wishes


def counts(table: dict[str, Places], places: Places) -> str:
    """Return how many images are chosen, of which digits, and how many of them each framework misreads."""
    by_digit = np.bincount(table["label"][places], minlength=10)
    digits = ", ".join(f"{count:,} of {digit}" for digit, count in enumerate(by_digit) if count)
    text = f"**{len(places):,} images**" + (f": {digits}." if digits else ".")
    for name, mine in table.items():
        if name != "label":
            text += f" {FRAMEWORK_NAMES[name]} misreads {int((mine != table['label'])[places].sum()):,}."
    return text


def _gallery(run: Run, found: Drawn, table: dict[str, Places], places: Places) -> None:
    some = places[:SHOWN]
    ink = framed_ink(run.dataset().images[found.rows[some]], run.recipe).reshape(-1, 28, 28)
    names = [name for name in table if name != "label"]
    captions = [
        f"label {table['label'][place]}, "
        + ", ".join(f"{FRAMEWORK_NAMES[name]} {table[name][place]}" for name in names)
        for place in some
    ]
    wrong = np.any([table[name] != table["label"] for name in names], axis=0)
    marks = ["wrong" if wrong[place] else "right" for place in some]
    picked = gallery(ink, captions, key="chosen", marks=marks)
    if picked is not None:
        st.caption(f"Picked: {captions[picked]}.")
    if len(places) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(places):,}.")
    if st.toggle("As a table", key="table"):
        _table(run, found, table, places)


def _table(run: Run, found: Drawn, table: dict[str, Places], places: Places) -> None:
    files = run.dataset().files
    rows = {"File": [files[row] for row in found.rows[places]], "Label": table["label"][places].tolist()}
    rows |= {FRAMEWORK_NAMES[name]: mine[places].tolist() for name, mine in table.items() if name != "label"}
    shown = {name: values[:LISTED] for name, values in rows.items()}
    st.dataframe(shown, width="stretch", hide_index=True, height=320)
    if len(places) > LISTED:
        st.caption(f"The first {LISTED:,} of {len(places):,}; all are saved.")
    lines = csv_of(list(rows), list(zip(*rows.values(), strict=True)))
    st.download_button("Save the list", lines, "chosen.csv", "text/csv", icon=":material/download:",
                       on_click="ignore")  # fmt: skip
