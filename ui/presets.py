"""How the presets are called on the pages, and what each of them does."""

from __future__ import annotations

from digits.training import notebook

OURS = {
    "hand": (
        "Reads your hand",
        "The notebook's network, taught to read strangers: on the ink alone, framed so that size, place and pen make "
        "no difference, and on many variants of each image. Adam with weight decay, at a rate that rises and falls "
        "once.",
    ),
    "hand-cnn": (
        "Reads your hand, convolutional",
        "The same for a small convolutional network, which looks for the same strokes everywhere: fewer weights, "
        "more arithmetic.",
    ),
}


def title(preset: str) -> str:
    """Return how a form calls `preset`."""
    return OURS[preset][0] if preset in OURS else notebook.TOLD[preset].title


def story(preset: str) -> str:
    """Return what `preset` does, in a sentence or two."""
    return OURS[preset][1] if preset in OURS else notebook.TOLD[preset].story
