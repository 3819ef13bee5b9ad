"""What is no digit: scribbles and letters as somebody might draw them on the canvas, the same for the same seed.

A *scribble* is of one to four smooth strokes. Every other one wanders: its direction turns by a random amount that
changes slowly. The others run smoothly through random points. Either has a digit's amount of ink. *Letters* are those
of three fonts that are there wherever the lab is installed: Pillow's own, and two that Streamlit brings.
"""

from __future__ import annotations

import string
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digits.images.strokes import CANVAS_SIDE, DRAWN_SIDE, Points, drawn_ink, fit, smooth

LEAST_INK, MOST_INK = 5_250, 9_790  # full pixels of the canvas: 90 % of 999 digits of people lie between
LENGTHS = (330, 630)  # pixels: how much line the strokes of a wandering scribble have together, for a start
STEP, TURN = 8, 0.08  # pixels between points, and radians by which a stroke turns at each, on average
FONTS = {
    "Aileron": ("", 0),
    "Source Serif": ("SourceSerifVariable-Roman", 400),
    "Source Code": ("SourceCodeVF-Upright", 500),
}
# Drawn by themselves, without a line to stand on, these are the digits 0, 0, 1, 1, 5, 5, 2, 2, 8, 6, 9 and 9.
SAME_SHAPE = "OoIlSsZzBbgq"


def scribbles(count: int, seed: int) -> NDArray[np.uint8]:
    """Return (count, 280, 280) uint8 ink of scribbles."""
    generator, found = np.random.default_rng(seed), []
    while len(found) < count:
        manner = _wandering if len(found) % 2 else _through_points
        ink = drawn_ink(fit(manner(int(generator.integers(1, 5)), generator)))
        if LEAST_INK <= ink.sum() / 255 <= MOST_INK:
            found.append(ink)
    return np.stack(found)


def _wandering(strokes: int, generator: np.random.Generator) -> tuple[Points, ...]:
    shares = generator.dirichlet(np.full(strokes, 4.0)) * generator.uniform(*LENGTHS)
    return tuple(_walk(float(length), generator) for length in shares)


def _walk(length: float, generator: np.random.Generator) -> Points:
    steps = max(4, int(length / STEP))
    turns = np.convolve(generator.normal(0, 0.15, steps), np.full(8, 1 / 8), "same") + generator.normal(0, TURN)
    direction = generator.uniform(0, 2 * np.pi) + np.cumsum(turns)
    way = STEP * np.stack([np.cos(direction), np.sin(direction)], axis=1)
    return generator.uniform(0, 150, 2) + np.cumsum(way, axis=0)


def _through_points(strokes: int, generator: np.random.Generator) -> tuple[Points, ...]:
    return tuple(smooth(generator.uniform(0, DRAWN_SIDE, (int(generator.integers(2, 8)), 2))) for _ in range(strokes))


def letters() -> tuple[NDArray[np.uint8], list[str], list[str]]:
    """Return (156, 280, 280) uint8 ink of all letters, small and large, in three fonts; the letters; their fonts."""
    inks, said, fonts = [], [], []
    for name, (file, weight) in FONTS.items():
        font = _font(file, weight)
        for letter in string.ascii_letters:
            picture = Image.new("L", (CANVAS_SIDE, CANVAS_SIDE))
            ImageDraw.Draw(picture).text((CANVAS_SIDE / 2, CANVAS_SIDE / 2), letter, 255, font, "mm")
            inks.append(np.asarray(picture))
            said.append(letter)
            fonts.append(name)
    return np.stack(inks), said, fonts


def _font(file: str, weight: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return one of Streamlit's fonts whose file's name begins with `file` in a weight, or else Pillow's own."""
    if not file:
        return ImageFont.load_default(DRAWN_SIDE)
    place = find_spec("streamlit")
    assert place is not None
    assert place.origin is not None
    path = next(Path(place.origin).parent.glob(f"static/static/media/{file}*.woff2"))
    font = ImageFont.truetype(path, DRAWN_SIDE)
    others = [axis["default"] for axis in font.get_variation_axes()[1:]]
    font.set_variation_by_axes([weight, *others])
    return font


def blanks() -> NDArray[np.uint8]:
    """Return (3, 280, 280) uint8: empty paper, and paper with the faintest touch of a pen."""
    papers = np.zeros((3, CANVAS_SIDE, CANVAS_SIDE), np.uint8)
    papers[1, 140, 140] = papers[2, 60:62, 200:202] = 1
    return papers
