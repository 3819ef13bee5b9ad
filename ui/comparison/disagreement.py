"""Where two models part: what one reads and the other does not, both ways, and the images that are hard for all."""

from __future__ import annotations

import streamlit as st

from digits.evaluation.comparison import Disagreements, disagreements, hardest, why_not
from digits.evaluation.statistics import mcnemar
from digits.training.run import Run
from ui.boxes import run_box
from ui.comparison.images import HINT, Positions, clickable
from ui.comparison.stored import answers_of, comparable
from ui.copies import caution
from ui.frame import plain

SURE = 0.05
MCNEMAR = (
    "The McNemar test: were both equally good, each image that only one of them reads right would be either's by the "
    "toss of a coin. p is how often coins fall at least as unevenly as these images did; below 0.05 that is called "
    "more than chance."
)


def show_verdict(runs: list[Run]) -> None:
    """Say whether the two best of the finished `runs` differ by more than chance, or why that cannot be said."""
    if len(runs) < 2:
        return
    first, second = runs[:2]
    reason = why_not(first, second)
    names = f"{plain(first.title)} and {plain(second.title)}: no verdict. " if reason else ""
    st.markdown(f":material/gavel: {names}{reason or verdict(first, second, _parted(first, second))}",
                help=None if reason else MCNEMAR)  # fmt: skip


def show_disagreements(runs: list[Run], opened: bool) -> None:
    """Show the disagreements of two of the finished `runs`, and the ten hardest images of those tested alike."""
    two = _two(runs) if len(runs) > 1 else None
    if not opened:
        return
    if two is None:
        st.markdown("Choose a second finished run in the table to see where the two part.")
    else:
        reason = "Choose two different runs." if two[0].id == two[1].id else why_not(*two)
        if reason:
            st.markdown(f"These two cannot be compared image by image. {reason}")
        else:
            if set(two) != set(runs[:2]):  # of those the verdict stands above
                st.markdown(verdict(*two, _parted(*two)), help=MCNEMAR)
            _part(*two)
    _hardest(comparable(runs)[0])


def _two(runs: list[Run]) -> tuple[Run, Run]:
    """Ask which two; by default the two best."""
    titles = {run.id: f"{run.title} ({run.id[:6]})" for run in runs}
    found: list[Run] = []
    for column, (key, words) in zip(st.columns(2), (("first", "One model"), ("second", "The other")), strict=True):
        id = run_box(column, words, titles, key=key, usual=runs[len(found)].id)
        found.append(next(run for run in runs if run.id == id))
    return found[0], found[1]


def _part(first: Run, second: Run) -> None:
    """Show what only one reads, both ways, and what neither does."""
    parted = _parted(first, second)
    st.caption(f"Those come first where the wrong answer was given with most confidence. {HINT}")
    galleries = ((first, parted.only_first), (second, parted.only_second))
    for column, (run, positions) in zip(st.columns(2, gap="large"), galleries, strict=True):
        with column:
            st.markdown(f"**Only {plain(run.title)} reads these right: {len(positions):,}**")
            _shown(positions, [first, second], key=f"only-{run.id}-{first.id}-{second.id}")
    st.markdown(f"**Neither reads these right: {len(parted.neither):,}**")
    _shown(parted.neither, [first, second], key=f"neither-{first.id}-{second.id}")


def _parted(first: Run, second: Run) -> Disagreements:
    return disagreements(answers_of(first), answers_of(second))


def _shown(positions: Positions, runs: list[Run], *, key: str) -> None:
    if not len(positions):
        st.caption("No test image.")
        return
    clickable(positions, runs, key=key)


def verdict(first: Run, second: Run, parted: Disagreements) -> str:
    """Return in a sentence whether the two differ on these images by more than chance (exact McNemar test)."""
    one, other = len(parted.only_first), len(parted.only_second)
    total = len(answers_of(first).labels)
    if not one + other:
        return f"Both answer right on the same of the {total:,} test images: there is no difference to test."
    chance = mcnemar(one, other)
    better, worse = (plain(run.title) for run in ((first, second) if one >= other else (second, first)))
    p = "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"
    said = f"**{better} is better than {worse} on these images**"
    if chance >= SURE:
        said = f"**No difference beyond chance** between {better} and {worse}"
    return (
        f"{said} ({p}, exact McNemar test on the {one + other:,} of {total:,} test images that only one of them "
        f"reads right).{caution(first) if chance < SURE else ''}"
    )


def _hardest(runs: list[Run]) -> None:
    """Show the ten images with the largest loss, averaged over `runs`."""
    positions, losses = hardest([answers_of(run) for run in runs])
    many = f"averaged over {len(runs)} models" if len(runs) > 1 else f"of {plain(runs[0].title)}"
    st.markdown(f"**The ten hardest test images** by loss, {many}: {losses[0]:.2f} to {losses[-1]:.2f} nats")
    st.caption("A loss in nats is the natural logarithm of one over the probability that the true digit was given: "
               "0 is certainty, 2.30 a guess among ten digits.")  # fmt: skip
    _shown(positions, runs, key=f"hardest-{'-'.join(run.id for run in runs)}")
