"""Tables and arrays to figures. Nothing here reads files or knows Streamlit."""

from digits.figures.bars import bars
from digits.figures.board import board
from digits.figures.claims import claims
from digits.figures.curves import colours, curve, curves, thin
from digits.figures.distributions import distribution_words, distributions
from digits.figures.maps import digit_map
from digits.figures.matrix import confusion
from digits.figures.split import split_bars, split_words

__all__ = [
    "bars",
    "board",
    "claims",
    "colours",
    "confusion",
    "curve",
    "curves",
    "digit_map",
    "distribution_words",
    "distributions",
    "split_bars",
    "split_words",
    "thin",
]
