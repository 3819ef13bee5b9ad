"""The sentences about answers: a digit and how sure, or that there is none; and whether two models agree."""

from __future__ import annotations

from digits.prediction import Prediction
from digits.settings import FRAMEWORK_NAMES
from ui.frame import percent

HINT = "Draw a digit from 0 to 9, large, with mouse, pen or finger."
SURE = (
    "How probable the model holds its answer, calibrated on validation images: of the answers that it gives with "
    "90 %, about nine in ten are right. Where no digit stands out, or nothing in training was like the drawing, it "
    "says that instead. The milliseconds are those of its forward pass."
)
FAR, UNSURE, SURE_OF = "far", "unsure", "sure"


def doubt(said: Prediction) -> str:
    """Return *far* if nothing in training was like the drawing, *unsure* if no digit stands out, else *sure*."""
    return FAR if said.far else UNSURE if said.unsure else SURE_OF


def headline(said: Prediction | None) -> str:
    """Return an answer in one or two characters."""
    if said is None or doubt(said) == FAR:
        return "–"
    return f"{said.digit}?" if doubt(said) == UNSURE else str(said.digit)


def caption(said: Prediction | None) -> str:
    """Return how sure an answer is and how long it took."""
    if said is None:
        return "Nothing is drawn yet."
    time = f"{said.milliseconds:.2f} ms"
    first, second = (f"{digit} with {percent(float(said.probabilities[digit]))}" for digit in ranked(said)[:2])
    if doubt(said) == FAR:
        return f"Far from everything it was trained on; if any, {first} · {time}"
    if doubt(said) == UNSURE:
        return f"Unsure: {first}, {second} · {time}"
    return f"{percent(float(said.probabilities.max()))} sure · {time}"


def ranked(said: Prediction) -> list[int]:
    """Return the ten digits, the most probable first."""
    return [int(digit) for digit in (-said.probabilities).argsort(kind="stable")]


def verdict(said: dict[str, Prediction]) -> str:
    """Return in a sentence, as Markdown, whether the models (by framework) agree; nothing for fewer than two."""
    if len(said) < 2:
        return ""
    words = {name: _word(one) for name, one in said.items()}
    if len(set(words.values())) == 1:
        word = next(iter(words.values())).replace("it knows", "they know")
        return f":material/check_circle: They agree: {word}."
    parts = " and ".join(f"{FRAMEWORK_NAMES[name]} says {word}" for name, word in words.items())
    return f":material/call_split: They disagree: {parts}."


def _word(said: Prediction) -> str:
    if doubt(said) == FAR:
        return "it is **no digit** that it knows"
    first, second = ranked(said)[:2]
    return f"it may be **{first}** or **{second}**" if doubt(said) == UNSURE else f"**{said.digit}**"
