"""The frame around every page: set-up, sidebar, title and question. Each page calls `page` first."""

from __future__ import annotations

import gc
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from digits import settings
from digits.engine.sweep import sweep
from digits.errors import DigitsError
from digits.files import unwritable
from digits.text import HIDDEN

PAGES = {
    "app.py": ("Overview", "home"),
    "pages/dataset.py": ("Dataset", "grid_view"),
    "pages/train.py": ("Train", "model_training"),
    "pages/compare.py": ("Compare", "compare_arrows"),
    "pages/duel.py": ("Duel", "swords"),
    "pages/embeddings.py": ("Embeddings", "scatter_plot"),
    "pages/draw.py": ("Draw", "draw"),
}


ICON = (Path(__file__).parent / "components" / "icon.svg").read_text()  # a Material icon would come from Google
# Streamlit leaves 96 pixels empty above each page; a phone has 844.
STYLE = """<style>
.stMainBlockContainer {padding: 3rem clamp(1rem, 4vw, 5rem)}
h1 {padding-top: 0}
[class*=st-key-answers] code {font-size: min(0.875rem, 2.6vw)}
</style>"""
# What Streamlit's page still makes of text in which all punctuation is escaped: links, its logo, icons, arrows. They
# are parted by a letter that nobody sees (U+2060, word joiner).
JOINER = "\u2060"
PARTED = re.compile(
    r"(?<=:)(?=//|streamlit:|material_)|(?<=www)(?=\.)|(?<=[-.\w+])(?=@[-\w])"
    r"|(?<=(?<!\S)<)(?=(?:->|-|=)(?!\S))|(?<=(?<!\S)-)(?=[>-](?!\S))|(?<=(?<!\S)[>~])(?==(?!\S))",
    re.IGNORECASE,
)
INDENTED = re.compile(r"\n[ \t]+")  # would begin a block of code


def page(title: str, question: str) -> None:
    """Set the page up, draw the sidebar, and say which question the page answers."""
    st.set_page_config(page_title=f"{title} · Digits Lab", page_icon=ICON, layout="wide")
    _freeze()
    unswept = _unswept()
    st.html(STYLE)
    with st.sidebar:
        st.markdown("### Digits Lab")
        for path, (label, icon) in PAGES.items():
            st.page_link(path, label=label, icon=f":material/{icon}:")
    st.title(title, anchor=False)
    st.caption(question)
    if unswept:
        st.warning(plain(unswept), icon=":material/warning:")


@st.cache_resource
def _freeze() -> None:
    """Once a server: take what start-up made out of the garbage collection.

    Streamlit collects after every rerun: with a frozen start-up 540 ms a click became 95.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource
def _sweep() -> None:
    """Once a server: remove what killed processes left."""
    sweep()


def _unswept() -> str:
    """Return why not all that ended jobs left could be removed, or nothing: the next page tries again.

    What lies there is in nobody's way, and what can be read is shown.
    """
    try:
        _sweep()
    except OSError as error:
        return f"What ended jobs left cannot be removed: {unwritable(error) or error}"
    return ""


def plain(text: object) -> str:
    """Return `text` so that Markdown shows it letter by letter: names are never links, pictures or formulas.

    Letters that nobody sees, or that turn the direction of others, are shown by their number: ‹U+202E›.
    """
    seen = HIDDEN.sub(lambda hidden: f"‹U+{ord(hidden[0]):04X}›", str(text))
    parted = PARTED.sub(JOINER, INDENTED.sub("\n", seen))
    return "".join(f"\\{letter}" if letter in string.punctuation else letter for letter in parted)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of the lab as a sentence, in place of what the block would have drawn."""
    try:
        yield
    except DigitsError as error:
        st.error(plain(error), icon=":material/error:")
    except OSError as error:
        if (refusal := unwritable(error)) is None:
            raise
        st.error(plain(refusal), icon=":material/error:")


def owner() -> str:
    """Return whose job a click starts: the login's where there is one, else who runs the server."""
    if st.user and st.user.get("is_logged_in"):
        return str(st.user.get("email"))
    return settings.owner()


def duration(seconds: float | None) -> str:
    """Return `seconds` as people say them: 0.04 s, 3.2 s, 0:12, 3:05, 1:02:00."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(amount: float) -> str:
    """Return a number of bytes as people say them: 812 B, 5.7 kB, 1.3 MB, 845 MB."""
    for unit in ("B", "kB", "MB"):
        if amount < 999.5 or unit == "MB":
            break
        amount /= 1000
    return f"{amount:,.1f} {unit}" if unit != "B" and amount < 9.95 else f"{amount:,.0f} {unit}"


def count(number: int, noun: str) -> str:
    """Return a number of things: 1 file, 2,048 files."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float | None, *, digits: int = 1) -> str:
    """Return a share as percent, 99.2 %, or a dash; what is not all is never rounded to 100 %, but >99.9 %."""
    if share is None:
        return "–"
    text = f"{100 * share:.{digits}f}"
    return f"{text} %" if share >= 1 or float(text) < 100 else f">{100 - 10**-digits:.{digits}f} %"
