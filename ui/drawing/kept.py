"""The drawings of the lab as sections of a page show them: listed, framed and measured once for all sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digits import drawings, settings
from digits.drawings import Kept, Removed, Shelf
from digits.errors import DigitsError
from digits.files import unwritable
from digits.images.frame import frame
from digits.images.hand import MEASURES, measure
from ui.frame import count, plain

REMOVED = "drawings-removed"  # in the session: what it deleted, the last deletion last
SAID = "drawings-said"  # in the session: what the last click came to, or what was wrong with it
WIDTH = 420  # of ten digits side by side, in pixels, where there is room; on a phone they share what there is
STYLE = """<style>
[class*=st-key-digits-] [role=radiogroup] {flex-wrap: nowrap}
[class*=st-key-digits-] [role=radiogroup] button {flex: 1; min-width: 0; padding-inline: 0; min-height: 2.5rem}
</style>"""


class Looked(NamedTuple):
    """A drawing whose picture can be read: its image (28, 28) uint8 as a data set has it, and its measures."""

    kept: Kept
    image: NDArray[np.uint8]
    measures: dict[str, float]


def shelf() -> Shelf:
    """Return the drawings of the lab, newest first, and what is wrong with those that cannot be read."""
    return _shelf(str(settings.home()), drawings.state())


@st.cache_resource(max_entries=2, show_spinner=False)
def _shelf(home: str, state: tuple[tuple[str, int, int], ...]) -> Shelf:
    return drawings.shelf()


def look(
    kept: Iterable[Kept], *, progress: Callable[[int], None] = lambda done: None
) -> tuple[list[Looked], list[str]]:
    """Return the drawings whose pictures can be read, and what is wrong with the others.

    `progress` is told how many were done, when one was looked at that never was before.
    """
    memory, found, damaged = _memory(str(settings.home())), [], []
    for number, one in enumerate(kept):
        try:
            if one.picture not in memory:
                memory[one.picture] = _look(one)
                progress(number + 1)
            found.append(Looked(one, *memory[one.picture]))
        except DigitsError as error:
            damaged.append(str(error))
    return found, damaged


@st.cache_resource(max_entries=2, show_spinner=False)
def _memory(home: str) -> dict[str, tuple[NDArray[np.uint8], dict[str, float]]]:
    """Return what was made of each picture, by its SHA-256: about a kilobyte each."""
    return {}


def _look(kept: Kept) -> tuple[NDArray[np.uint8], dict[str, float]]:
    ink = kept.ink()
    found = measure(ink[None])
    return frame(ink, "centred"), {name: float(found[name][0]) for name in MEASURES}


def counts_of(kept: Iterable[Kept]) -> str:
    """Return how many drawings there are of each digit, as a line."""
    digits = [one.digit for one in kept]
    if not digits:
        return "No drawing is kept yet."
    each = " · ".join(f"{digit} ×{digits.count(digit)}" for digit in range(10) if digit in digits)
    none = [str(digit) for digit in range(10) if digit not in digits]
    return f"{count(len(digits), 'drawing')} kept: {each}{'; none yet of ' if none else ''}{', '.join(none)}."


def that_was_a(
    known: int | None, key: str, *, act: Callable[..., None], args: tuple[Any, ...], required: bool = False
) -> None:
    """Ask which digit a drawing is; `act` is called with `args` when another one is clicked.

    A second click on the digit that it is says that it is none, unless one is `required`.
    """
    st.html(STYLE)
    with st.container(key=f"digits-{key}", width=WIDTH):
        st.segmented_control("That was a", range(10), default=known, required=required, key=key, on_change=act,
                             args=args, width="stretch")  # fmt: skip


def correct(id: str, digit: int) -> None:
    """Say which digit a drawing is; what is wrong with that is said by `say`."""
    with told():
        drawings.correct(id, digit)
        st.session_state[SAID] = f"It is a **{digit}** now."


def delete(ids: list[str]) -> None:
    """Delete drawings, so that this session can bring them back; what is wrong with that is said by `say`."""
    with told():
        removed = drawings.delete(ids, missing_ok=True)  # others may have been faster
        if removed:
            st.session_state.setdefault(REMOVED, []).append(removed)
        st.session_state[SAID] = f"{count(len(removed), 'drawing')} deleted."


@contextmanager
def told() -> Iterator[None]:
    """Let `say` say what goes wrong in the block, with what can be done where a disk is full."""
    try:
        yield
    except DigitsError as error:
        st.session_state[SAID] = error
    except OSError as error:
        if (refusal := unwritable(error)) is None:
            raise
        st.session_state[SAID] = refusal


def say() -> None:
    """Say what the last click came to; offer to bring back what this session deleted last.

    The place of it stays when there is nothing to say: an open popover below would close if it moved.
    """
    with st.container():
        said = st.session_state.pop(SAID, None)
        if isinstance(said, DigitsError):
            st.error(plain(said), icon=":material/error:")
        elif said:
            st.markdown(f":material/check: {said}")
        removed: list[list[Removed]] = st.session_state.get(REMOVED, [])
        if removed:
            st.button(f"Bring back {count(len(removed[-1]), 'deleted drawing')}", icon=":material/undo:",
                      key="drawings-restore", on_click=_restore)  # fmt: skip


def _restore() -> None:
    removed: list[list[Removed]] = st.session_state.get(REMOVED, [])
    if removed:
        with told():
            drawings.restore(removed[-1])
            st.session_state[SAID] = f"{count(len(removed.pop()), 'drawing')} brought back."
