"""Tables and arrays to figures. Nothing here reads files or knows Streamlit."""

from digits.figures.bars import bars
from digits.figures.board import board
from digits.figures.claims import claims
from digits.figures.curves import colours, curve, curves, thin
from digits.figures.distributions import distribution_words, distributions
from digits.figures.hand import hand_words, mistakes
from digits.figures.intervals import interval_words, intervals
from digits.figures.lockstep import lockstep, lockstep_words
from digits.figures.maps import digit_map
from digits.figures.matrix import confusion
from digits.figures.race import race
from digits.figures.reliability import reliability_diagram, reliability_words
from digits.figures.split import split_bars, split_words
from digits.figures.table import table

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
    "hand_words",
    "interval_words",
    "intervals",
    "lockstep",
    "lockstep_words",
    "mistakes",
    "race",
    "reliability_diagram",
    "reliability_words",
    "split_bars",
    "split_words",
    "table",
    "thin",
]
