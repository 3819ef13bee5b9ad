"""What the chart says, in two sentences that are made from its numbers."""

from __future__ import annotations

from digits.dataset.dataset import Dataset
from digits.evaluation.honest import Honesty, Score
from digits.settings import FRAMEWORK_NAMES
from ui.frame import percent, plain
from ui.leak import kin, share

MOSTLY = 0.5  # a split that leaks more than that tests copies
FAR = 0.02  # accuracies farther apart than that differ for whoever reads them


def sentences(found: Honesty, dataset: Dataset, names: dict[str, str]) -> list[str]:
    """Return two sentences, as Markdown; `names` are those of the other data sets by their fingerprints."""
    return [text.replace(" %", "\u00a0%") for text in (_drawings(found, dataset), _others(found, names))]


def _drawings(found: Honesty, dataset: Dataset) -> str:
    """Say where the claimed accuracy comes from, and what is read of drawings that were never seen."""
    if not found.claimed:
        return f"**Nothing is claimed yet**: no run of a random split of {plain(dataset.name)}; " + _honest_part(
            found
        )
    best = max(found.claimed.values(), key=lambda score: score.accuracy)
    claim, leak = percent(best.accuracy), best.leak
    if leak is None:
        return (f"Whether the **{claim}** comes from copies of what the model has seen **is not known yet**: nobody "
                f"has looked for families in {plain(dataset.name)}.")  # fmt: skip
    copies, new = _names(dataset)
    if leak >= MOSTLY:
        have = f"{share(leak)} of those test images have a {kin(dataset)} in training"
        why = f"The **{claim}** comes from {copies}: {have}"
    elif leak:
        why = f"Of the test images behind the **{claim}**, {share(leak)} have a {kin(dataset)} in training"
    else:
        why = f"The **{claim}** is no trick of {copies}: no test image has a {kin(dataset)} in training"
    if not found.honest:
        return f"{why}; what it reads of {new} is not known until the folds are trained." if leak else f"{why}."
    return f"{why}; of {new}, {_honest_part(found)}"


def _names(dataset: Dataset) -> tuple[str, str]:
    """Return what is known by heart and what is new."""
    return (
        ("copies", "drawings it has never seen") if kin(dataset) == "copy" else ("relatives", "families it never saw")
    )


def _honest_part(found: Honesty) -> str:
    """Return what the folds read."""
    if not found.honest:
        return "and no fold by family is trained."
    said = [f"{FRAMEWORK_NAMES[name]} reads **{_mean(score)}**" for name, score in found.honest.items()]
    trained = {len(score.runs) for score in found.honest.values()}
    folds = f"{min(trained)} of {found.folds} folds" if not found.whole else f"{found.folds} folds"
    return f"{' and '.join(said)} (mean of {folds})."


def _mean(score: Score) -> str:
    return percent(score.accuracy)


def _others(found: Honesty, names: dict[str, str]) -> str:
    """Say how other people's digits are read, beside the claim."""
    if not found.others:
        if names:
            return "How it reads other people's digits is not known yet: nobody has tried."
        return "How it reads other people's digits cannot be told: the lab has no data set of theirs yet."
    read = [f"{_both(scores)} of {plain(names[one])}" for one, scores in found.others.items() if one in names]
    known = [score.accuracy for score in (*found.claimed.values(), *found.honest.values())]
    sentence = f"Of other people's digits the same models read {_list(read)}"
    return f"{sentence}: {_holds(max(known), found, names)}." if known else f"{sentence}."


def _holds(known: float, found: Honesty, names: dict[str, str]) -> str:
    """Say whether what was learnt holds for other people's digits, where `known` is what is read of its own."""
    alike: dict[bool, list[str]] = {True: [], False: []}
    for one in filter(names.get, found.others):
        least = min(score.accuracy for score in found.others[one].values())
        alike[known - least <= FAR].append(plain(names[one]))
    if not alike[True]:
        return "it learnt these drawings, not the digits of everybody"
    if not alike[False]:
        return "what it learnt holds for others too"
    return f"what it learnt holds for {_list(alike[True])}, not for {_list(alike[False])}"


def _both(scores: dict[str, Score]) -> str:
    """Return one accuracy, or from the lower to the higher where the two frameworks differ."""
    low, high = min(one.accuracy for one in scores.values()), max(one.accuracy for one in scores.values())
    return f"**{percent(low)}**" if percent(low) == percent(high) else f"**{percent(low)} to {percent(high)}**"


def _list(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
