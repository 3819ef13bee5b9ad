"""The sentences about answers: a digit and how sure, or that there is none; and whether two models agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digits.prediction import Prediction
from digits.settings import FRAMEWORK_NAMES
from ui.frame import percent, plain

HINT = "Draw a digit from 0 to 9, large, with mouse, pen or finger."
HELD = "How probable the model holds its answer"
CALIBRATED = (
    f"{HELD}, calibrated on validation images: of its answers with 90 % to images like those, about nine in ten are "
    "right. Where no digit stands out, or nothing in training was like the drawing, it says that instead."
)
UNCALIBRATED = f"{HELD}. That is not calibrated, and it cannot say when it is unsure."
TIMED = "The milliseconds are those of its forward pass."
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


def meaning(said: Sequence[Prediction]) -> str:
    """Return what the percentages of one model's answers mean; where it has answered nothing, that much of it."""
    if not said:
        return f"{HELD}. {TIMED}"
    missing = next((one.missing for one in said if one.missing), "")
    return f"{UNCALIBRATED} {plain(missing)} {TIMED}" if missing else f"{CALIBRATED} {TIMED}"


def alike(said: Sequence[Prediction]) -> bool:
    """Tell whether answers to one drawing are the same: one digit, however sure, the same two, or none by all."""
    if len({one.digit for one in said}) == 1 or all(doubt(one) == FAR for one in said):
        return True
    return all(doubt(one) == UNSURE for one in said) and len({frozenset(ranked(one)[:2]) for one in said}) == 1


def verdict(said: Mapping[str, Prediction]) -> str:
    """Return in a sentence, as Markdown, whether the models (by framework) agree; nothing for fewer than two."""
    if len(said) < 2:
        return ""
    if alike(list(said.values())):
        return f":material/check_circle: They agree: {_agreed(said)}."
    parts = " and ".join(f"{FRAMEWORK_NAMES[name]} says {_word(one)}" for name, one in said.items())
    return f":material/call_split: They disagree: {parts}."


def _agreed(said: Mapping[str, Prediction]) -> str:
    """Return what answers that are alike say, and who doubts it."""
    words = [_word(one) for one in said.values()]
    if len(set(words)) == 1 or len({one.digit for one in said.values()}) > 1:
        return words[0].replace("it knows", "they know")
    notes = {FAR: "knows nothing like it", UNSURE: "is not sure"}
    doubters = [f"{FRAMEWORK_NAMES[name]} {notes[doubt(one)]}" for name, one in said.items() if doubt(one) in notes]
    return f"**{next(iter(said.values())).digit}**, but {' and '.join(doubters)}"


def _word(said: Prediction) -> str:
    if doubt(said) == FAR:
        return "it is **no digit** that it knows"
    first, second = ranked(said)[:2]
    return f"it may be **{first}** or **{second}**" if doubt(said) == UNSURE else f"**{said.digit}**"
