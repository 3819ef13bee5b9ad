"""The colours of the lab: PyTorch is vermilion and TensorFlow blue everywhere, in both themes.

They are told apart by colour-blind readers (Okabe, Ito: "Color Universal Design"); a dash or a marker says the same
as the colour.
"""

from __future__ import annotations

FRAMEWORKS = {"pytorch": "#D55E00", "tensorflow": "#0072B2"}
SHADES = {"pytorch": ("#D55E00", "#F0A050", "#8F3F00"), "tensorflow": ("#0072B2", "#56B4E9", "#004B75")}
SYMBOLS = {"pytorch": "circle", "tensorflow": "triangle"}
RIGHT, WRONG, NEUTRAL = "#009E73", "#CC79A7", "#8a8f98"
PARTS = {"train": "#8a8f98", "validation": "#E69F00", "test": "#009E73"}  # of a split
# The notebook's colours of the digits 0 to 9, darkened where they vanish on white.
DIGITS = (
    "#D62728",
    "#1F77B4",
    "#2CA02C",
    "#17BECF",
    "#E377C2",
    "#BCBD22",
    "#7F7F7F",
    "#6B8E23",
    "#C68E4F",
    "#5FA800",
)
