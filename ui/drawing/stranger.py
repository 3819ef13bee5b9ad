"""*Try a stranger's digit*: a hand draws a real digit on the canvas; who wrote what is told once both have answered.

It goes the way of any drawing: the strokes are drawn on the canvas, and what the canvas shows is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names
from digits.drawings import Kept
from digits.errors import DigitsError
from digits.images.strokes import Drawing, Points, fit, read_drawings
from ui.canvas import replay
from ui.drawing.drawn import Drawn
from ui.drawing.kept import shelf
from ui.frame import plain

FILE = "pen-strokes.json.gz"
SHOWN = "stranger-shown"  # in the session: the digit that was put on the canvas last
NEAR = 2.0  # pixels: a mouse is told whole ones


class Stranger(NamedTuple):
    """A digit that somebody drew: its strokes in canvas pixels, what it is, who wrote it, in words whose it is."""

    digit: int
    writer: str
    whose: str
    strokes: tuple[Points, ...]


class Strangers(NamedTuple):
    """The digits that somebody drew, and how it is told of each whose it is."""

    digits: Sequence[Drawing | Kept]
    whose: str

    def stranger(self, place: int) -> Stranger:
        """Return one of them, fitted to the canvas."""
        one = self.digits[place]
        return Stranger(one.digit, one.writer, self.whose.format(one.writer), fit(one.strokes))


def show_stranger(key: str) -> None:
    """Offer to draw a digit of somebody else on the canvas `key`; say so where there is none."""
    none = not strangers().digits
    st.button("Try a stranger's digit", icon=":material/draw:", on_click=_put, args=(key,), width="stretch",
              disabled=none, help="There are no pen strokes here, and no drawing is kept yet." if none else None,
              )  # fmt: skip


def show_truth(drawing: Drawn | None) -> None:
    """Say who drew what, if it is what stands on the canvas. To be called when the models have answered."""
    stranger = None if drawing is None else stranger_of(drawing)
    if stranger is not None:
        st.markdown(f":material/person: {plain(stranger.whose)} drew a **{stranger.digit}**.")


def stranger_of(drawing: Drawn) -> Stranger | None:
    """Return whose drawing it is, if it is the stranger's digit that was put on the canvas; else None."""
    shown: Stranger | None = st.session_state.get(SHOWN)
    return shown if shown is not None and same(drawing.strokes, shown.strokes) else None


def same(drawn: tuple[Points, ...], strokes: tuple[Points, ...]) -> bool:
    """Tell whether the canvas holds these strokes and no others: each begins and ends there."""
    return len(drawn) == len(strokes) and all(
        np.abs(one[[0, -1]] - other[[0, -1]]).max() <= NEAR for one, other in zip(drawn, strokes, strict=True)
    )


def strangers() -> Strangers:
    """Return the digits of a file of pen strokes that is at hand; where there is none, the lab's own drawings."""
    for path in _files():
        with suppress(DigitsError):
            return Strangers(_read(str(path), path.stat().st_mtime_ns), "Writer {}")
    with suppress(DigitsError):
        return Strangers(shelf().drawings, "{}, in this lab,")
    return Strangers((), "")


def _put(key: str) -> None:
    those = strangers()
    if those.digits:  # they may have been deleted since
        chosen = those.stranger(int(np.random.default_rng().integers(len(those.digits))))
        st.session_state[SHOWN] = chosen
        replay(key, chosen.strokes)


def _files() -> list[Path]:
    """Return the files of pen strokes that are there: of the test data, and those that data sets were built from."""
    names = [settings.test_data() / FILE]
    for name in dataset_names():
        with suppress(DigitsError, KeyError):
            report = Dataset.open(name).report
            if report["kind"] == "strokes":
                names += [root / Path(report["origin"]).name for root in settings.source_roots()]
    return [path for path in names if path.is_file()]


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(path: str, time: int) -> list[Drawing]:
    return read_drawings(Path(path))
