"""A whole number: digits drawn side by side, which ink belongs to which, and how both models read each and all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from digits.errors import DigitsError
from digits.images.frame import frame
from digits.images.numbers import MOST_PIECES, Part, separate
from digits.prediction import Prediction
from digits.settings import FRAMEWORK_NAMES
from digits.training.run import Run
from ui.canvas import canvas
from ui.drawing.drawn import Drawn
from ui.drawing.layout import EDGES
from ui.drawing.words import FAR, SURE_OF, UNSURE, alike, doubt, meaning, ranked
from ui.frame import count, percent, plain
from ui.pictures import address, edged, tiles
from ui.readers import predictor

KEY, WIDTH, HEIGHT = "number", 600, 280  # of the canvas, in pixels
MOST = 12  # digits that are read: more is no number
SCALE, COLUMN = 3, 108  # pixels to each of the 28, and of a digit's column: three beside each other on a phone
STYLE = f"""<style>
{EDGES}
.st-key-digits img, .st-key-parts img {{border-radius: 0}}
.st-key-digits img {{image-rendering: pixelated}}
[class*=st-key-said-] [data-testid=stMetricValue] * {{white-space: normal; overflow: visible}}
</style>"""
COLOURS = ("#E69F00", "#009E73", "#CC79A7", "#56B4E9")  # no framework's; neighbours differ
STRAY = "#8a8f98"  # ink of no digit
HINT = "Draw a number, its digits side by side, with mouse, pen or finger."
GROUPED = (
    "Strokes are grouped into digits by where they lie: how high they are, how near each other, and whether they "
    "reach into each other. A model sees one digit at a time, without the others' ink."
)
Reading = list[Prediction] | str  # of the digits in order, or why there is none


def show_number(chosen: list[Run]) -> None:
    """Show a wide canvas, the digits that its drawing is taken apart into, and how the `chosen` runs read them."""
    st.html(STYLE)
    row = st.container(horizontal=True, gap="medium")  # under each other where the page is narrow
    with row.container(width=WIDTH):
        drawing = canvas(KEY, width=WIDTH, height=HEIGHT)
    parts = separate(drawing.ink, drawing.strokes) if drawing else []
    with row.container(key="answers"):
        if drawing and len(drawing.strokes) > MOST_PIECES:
            st.caption(f"These are {len(drawing.strokes)} strokes; the {MOST_PIECES} largest are put together.")
        if len(parts) > MOST:
            st.caption(f"These are {len(parts)} pieces; the first {MOST} are read.")
        with st.spinner("Reading"):  # where a model is still being loaded
            readings = ask(chosen, parts := parts[:MOST])
        st.markdown(verdict(readings) if parts else HINT)
        for run in chosen:  # under each other, or a long number would not fit into half the width
            show_reading(run.recipe.framework, readings[run.recipe.framework])
    if drawing is not None and parts:
        show_digits(chosen, parts, readings)
        show_parts(drawing, parts)


def ask(chosen: list[Run], parts: Sequence[Part]) -> dict[str, Reading]:
    """Return how each run reads `parts`, by framework: both at the same time, each in one message."""

    def read(run: Run) -> Reading:
        seen = np.array([frame(part.ink, run.recipe.frame) for part in parts])
        try:
            return predictor(run.recipe.framework).predict_all(run.id, seen)
        except DigitsError as error:
            return str(error)

    if not parts:
        return {run.recipe.framework: [] for run in chosen}
    with ThreadPoolExecutor() as pool:
        return dict(zip([run.recipe.framework for run in chosen], pool.map(read, chosen), strict=True))


def verdict(readings: Mapping[str, Reading]) -> str:
    """Return in a sentence, as Markdown, whether the models (by framework) read the same digits, doubtful or not."""
    said = {framework: reading for framework, reading in readings.items() if not isinstance(reading, str)}
    if len(said) < 2:
        return ""
    places = list(zip(*said.values(), strict=True))
    if all(map(alike, places)):
        return f":material/check_circle: They agree: **{plain(joined(map(agreed, places)))}**."
    words = " and ".join(f"{FRAMEWORK_NAMES[framework]} reads **{plain(number(reading))}**"
                         for framework, reading in said.items())  # fmt: skip
    return f":material/call_split: They disagree: {words}."


def agreed(same: Sequence[Prediction]) -> str:
    """Return what answers that are alike say of a digit, with a question mark if one of them is doubtful."""
    if len({one.digit for one in same}) > 1:
        return f"({' or '.join(map(str, sorted({one.digit for one in same})))})?"
    return digit_of(min(same, key=lambda one: doubt(one) == SURE_OF))


def number(reading: Sequence[Prediction]) -> str:
    """Return the digits as they are read: 417, or 4 1? 7 where one is doubtful."""
    return joined(map(digit_of, reading))


def joined(digits: Iterable[str]) -> str:
    """Return digits as one number, with gaps where one is doubtful."""
    digits = list(digits)
    return ("" if all(map(str.isdigit, digits)) else " ").join(digits)


def digit_of(said: Prediction) -> str:
    """Return a digit, with a question mark if it is doubtful: a number has no place for none."""
    return str(said.digit) if doubt(said) == SURE_OF else f"{said.digit}?"


def show_reading(framework: str, reading: Reading) -> None:
    """Show the whole number as one model reads it, and of which digits it is not sure."""
    with st.container(key=f"said-{framework}", gap="xsmall"):
        if isinstance(reading, str):
            st.error(plain(reading), icon=":material/error:")
            return
        st.metric(FRAMEWORK_NAMES[framework], number(reading) or "–", help=meaning(reading))
        st.caption(caption(reading))


def caption(reading: Sequence[Prediction]) -> str:
    """Return in a line how sure a model is of the whole number, and which of its digits are doubtful."""
    if not reading:
        return "Nothing is drawn yet."
    least = percent(min(float(said.probabilities.max()) for said in reading))
    doubts = [f"digit {place} {words}" for place, said in enumerate(reading, 1) if (words := doubtful(said))]
    time = f"{sum(said.milliseconds for said in reading):.2f} ms"
    return " · ".join([f"{count(len(reading), 'digit')}, the least sure with {least}", *doubts, time])


def doubtful(said: Prediction) -> str:
    """Return in words why a digit is doubtful, nothing if it is not."""
    first, second = ranked(said)[:2]
    return {FAR: "is far from everything it was trained on", UNSURE: f"may be {first} or {second}"}.get(
        doubt(said), ""
    )


def show_digits(chosen: list[Run], parts: Sequence[Part], readings: Mapping[str, Reading]) -> None:
    """Show each digit as the models see it, with what each of them says and how sure it is."""
    frames = list(dict.fromkeys(run.recipe.frame for run in chosen))
    row = st.container(horizontal=True, gap="small", key="digits")
    for place, part in enumerate(parts):
        with row.container(width=COLUMN, gap="xsmall"):
            seen = np.stack([frame(part.ink, how) for how in frames])
            words = f"Digit {place + 1} as the models see it, {' and '.join(frames)}"
            st.image(address(edged(tiles(seen, columns=1, scale=SCALE))), alt=words)
            for framework, reading in readings.items():
                if not isinstance(reading, str):
                    share = percent(float(reading[place].probabilities.max()), digits=0)
                    st.caption(f"{FRAMEWORK_NAMES[framework]}  \n**{digit_of(reading[place])}** · {share}")


def show_parts(drawing: Drawn, parts: Sequence[Part]) -> None:
    """Show which ink belongs to which digit."""
    words = f"The drawing in {count(len(parts), 'digit')}, each in a colour"
    st.image(address(edged(coloured(drawing.ink, parts))), alt=words)
    st.caption(f"{count(len(parts), 'digit')}, from left to right", help=GROUPED)


def coloured(ink: NDArray[np.uint8], parts: Sequence[Part]) -> NDArray[np.uint8]:
    """Return (h, w, 3) uint8: `ink` on white, each part in its colour and box with its number, other ink grey."""
    picture = Image.new("RGB", ink.shape[::-1], "white")
    picture.paste(ImageColor.getrgb(STRAY), (0, 0), Image.fromarray(ink))
    pen = ImageDraw.Draw(picture)
    for place, part in enumerate(parts):
        colour = COLOURS[place % len(COLOURS)]
        # White first: where two share ink, the grey below and the other's colour would shine through its edges.
        picture.paste("white", part.corner, Image.fromarray(part.ink))
        picture.paste(ImageColor.getrgb(colour), part.corner, Image.fromarray(part.ink))
    for place, part in enumerate(parts):
        left, top, right, bottom = part.box
        pen.rectangle((left - 3, top - 3, right + 2, bottom + 2), outline=COLOURS[place % len(COLOURS)], width=2)
        pen.text((left, max(0, top - 20)), str(place + 1), fill="black", font_size=16)
    return np.asarray(picture)
