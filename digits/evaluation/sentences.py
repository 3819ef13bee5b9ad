"""One sentence a question of a comparison, with its interval; or the reason why its numbers give none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from digits.errors import UsageError
from digits.evaluation.ledger import differing
from digits.evaluation.meaning import RARE, chance, percent, points
from digits.evaluation.statistics import Interval, over_seeds, spread_ratio
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

ROUNDS_NEEDED = 6  # fewer cannot bound a median with 95 %: `digits.evaluation.statistics.ratio`
FAMILIES_NEEDED = 6  # as many for the same reason: five that lean to one side by chance are no rarity
SEEDS_NEEDED = 3  # for a spread that is compared with another
UNKNOWN = {
    "faster": "Which is faster is not known: they were not timed in turn. Run a duel.",
    "accurate": "Which is more accurate is not known: there is no interval of the difference.",
    "steadier": f"Which is steadier is not known: that takes {SEEDS_NEEDED} seeds or more. Run a duel of several.",
    "smaller": "Which needs less memory is not known: it was not measured. Run a duel.",
}


@dataclass(frozen=True)
class Found:
    """A sentence with its interval, or the reason why there is none."""

    sentence: str | None = None
    interval: Interval | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Case:
    """What is judged: the rows of a ledger and the measures of two sides (`digits.evaluation.verdict`)."""

    rows: list[Json]
    measures: Json
    sides: tuple[str, str]
    one_framework: bool

    @cached_property
    def names(self) -> tuple[str, str]:
        """What the sides are called: frameworks by their names, runs by their short ids."""
        first, second = (FRAMEWORK_NAMES.get(side, f"Run {side[:6]}{side[16:]}") for side in self.sides)
        return first, second

    def pair(self, name: str) -> tuple[Any, Any]:
        """Return a measure of either side; (None, None) where one of them lacks it."""
        found = self.measures.get(name) or {}
        both = [found.get(side) for side in self.sides]
        return (None, None) if None in both else (both[0], both[1])

    def interval(self, name: str) -> Interval | None:
        """Return a measure that is [value, low, high]."""
        found = self.measures.get(name)
        return None if found is None else Interval(*found)

    def unknown(self, question: str) -> Found:
        """Return the reason why what the question needs was not measured."""
        return Found(reason=self.measures.get("why", {}).get(question, UNKNOWN[question]))


def faster(case: Case) -> Found:
    """Return whose epochs take less time, if the machine was quiet enough to tell."""
    found, controls = case.interval("ratio"), case.pair("control")
    if found is None or None in controls:
        return case.unknown("faster")
    rounds = case.measures.get("rounds")
    if rounds is not None and rounds < ROUNDS_NEEDED:
        return Found(reason=f"Too few rounds were timed to say which is faster: {rounds}, and the interval of a "
                            f"median takes {ROUNDS_NEEDED}. Ask for more epochs or seeds.")  # fmt: skip
    noisy = [_noisy(name, *control) for name, control in zip(case.names, controls, strict=True)
             if not Interval(1, *control).contains(1)]  # fmt: skip
    if noisy:
        return Found(reason=f"The machine was too noisy to say which is faster: {' and '.join(noisy)}. "
                            "Time them again while nothing else runs.")  # fmt: skip
    first, second = case.names
    head = f"{first if found.value < 1 else second} is faster"
    if found.contains(1) or any(_reaches(control, found) for control in controls):
        head = "Neither is faster beyond the noise of the timings"
    own = " and ".join(f"{name} {control[0]:.2f} to {control[1]:.2f}"
                       for name, control in zip(case.names, controls, strict=True))  # fmt: skip
    sentence = (f"{head}: an epoch of {first} takes {found.value:.2f} times as long as one of {second} (median of "
                f"paired timings, 95 % interval {found.low:.2f} to {found.high:.2f}; each against itself: {own}"
                f"{_compilation(case)}).")  # fmt: skip
    return Found(sentence, found)


def _reaches(control: Sequence[float], ratio: Interval) -> bool:
    """Tell whether processes that did the same differed as much as the frameworks do, whichever came first."""
    low, high = control
    return any(least <= ratio.high and ratio.low <= most for least, most in ((low, high), (1 / high, 1 / low)))


def _noisy(name: str, low: float, high: float) -> str:
    return f"two processes of {name} that did the same took {low:.2f} to {high:.2f} times each other's seconds"


def _compilation(case: Case) -> str:
    """Return how each was compiled, as it ran."""
    row = next((row for row in case.rows if row["factor"] == "compilation"), None)
    if row is None:
        return ""
    ran = [f"{name} {row[side]}" for name, side in zip(case.names, ("first", "second"), strict=True)]
    return f"; compiled: {', '.join(ran)}"


def accurate(case: Case) -> Found:
    """Return who reads more digits right, on the same images and over seeds, where both say so."""
    found, (one, other) = case.interval("accuracy_difference"), case.pair("seeds")
    shares = case.pair("accuracy")
    if found is None or None in shares:
        return case.unknown("accurate")
    families = case.measures.get("families")
    if families is not None and families < FAMILIES_NEEDED:
        return Found(reason=f"Too few families to say which is more accurate: {families}, and the interval of a "
                            f"difference takes {FAMILIES_NEEDED}. Test on more drawings.")  # fmt: skip
    several = one is not None and len(one) > 1
    seeds = over_seeds(one, other) if several else None
    first, second = case.names
    sentence = (f"{_claim(case, found, seeds)}: {first} reads {percent(shares[0])} and {second} {percent(shares[1])} "
                f"of {_images(case)}; {first} minus {second} is {_points(found)}{_p(case)})."
                f"{_of_seeds(seeds, one)}{_leak(case)}{_recipes(case)}")  # fmt: skip
    return Found(sentence, found)


def _claim(case: Case, found: Interval, seeds: Interval | None) -> str:
    """Return what may be claimed: of these models, what interval and test say; of frameworks, if seeds say it too."""
    by_chance = found.contains(0) or (case.measures.get("mcnemar_p") or 0) >= RARE
    if by_chance and seeds and not seeds.contains(0):
        return "No difference in accuracy that both images and seeds show"
    if by_chance or (seeds and (seeds.contains(0) or seeds.value * found.value < 0)):
        return "No difference in accuracy beyond chance"
    better, worse = case.names if found.value > 0 else case.names[::-1]
    if seeds or case.one_framework:
        return f"{better} is more accurate than {worse}"
    return f"Of these two models {better}'s is more accurate"


def _points(found: Interval) -> str:
    return f"{points(found.value)} points (95 % interval {points(found.low)} to {points(found.high)}"


def _images(case: Case) -> str:
    images, families = case.measures.get("images"), case.measures.get("families")
    which = "the test images" if images is None else f"{images:,} test images"
    which += " that both were tested on" if case.measures.get("part") else ""
    return which if families is None else f"{which} of {families:,} families"


def _p(case: Case) -> str:
    """Return what the difference is an interval over, and the exact p."""
    own = "" if case.measures.get("families") else ", each image its own family"
    p = case.measures.get("mcnemar_p")
    return own if p is None else f"{own}; exact McNemar {chance(p)}"


def _of_seeds(seeds: Interval | None, one: Any) -> str:
    """Return what several seeds say; or that one says little: equal trainings part by their rounding alone."""
    if seeds is not None:
        return f" Over {len(one)} seeds its mean is {_points(seeds)})."
    return " They were trained once each, and rounding alone sends equal trainings apart: several seeds say more."


def _leak(case: Case) -> str:
    """Return how much of the split leaks, and what that does to the accuracies."""
    if "leak" not in case.measures:
        return ""
    leak = case.measures["leak"]
    if isinstance(leak, dict):
        one, other = (_share(leak[side]) for side in case.sides)
        return (f" Of {case.names[0]}'s test images {one} have a copy or another relative in training, of "
                f"{case.names[1]}'s {other}: what is new to one is not as new to the other.")  # fmt: skip
    if leak is None:
        return " Whether these images have copies in training is not known."
    if not leak:
        return ""
    said = _share(leak)
    means = "this is about drawings that were learnt, not about new ones" if leak >= 0.5 else "that flatters both"
    return f" {said[0].upper()}{said[1:]} of these images have a copy or another relative in training: {means}."


def _share(leak: float | None) -> str:
    """Return a leak in words; what rounding would make none or all is neither."""
    if leak is None:
        return "an unknown share"
    if 0 < leak < 0.0005 or 0.9995 <= leak < 1:
        return "less than 0.1 %" if leak < 0.5 else "more than 99.9 %"
    return {0.0: "none", 1.0: "all"}.get(leak, f"{100 * leak:.1f} %")


def _recipes(case: Case) -> str:
    """Return in what two runs of one framework differ: to which of that the difference is owed, nobody has tested."""
    factors = [row["factor"] for row in differing(case.rows) if row["matters"]]
    if not case.one_framework:
        return ""
    if not factors:
        return " Nothing that was recorded differs between the two."
    return f" The two differ in {', '.join(factors)}; which of that is the reason, this does not tell."


def steadier(case: Case) -> Found:
    """Return whose accuracy varies less from seed to seed."""
    one, other = case.pair("seeds")
    if one is None:
        return case.unknown("steadier")
    if len(one) < SEEDS_NEEDED:
        return Found(reason=f"Too few seeds to say which is steadier: {len(one)}, and comparing how far accuracies "
                            f"vary takes {SEEDS_NEEDED}. Run a duel of more.")  # fmt: skip
    try:
        found = spread_ratio(one, other)
    except UsageError as error:
        return Found(reason=f"Which is steadier cannot be said. {error}")
    first, second = case.names
    head = f"{first if found.value < 1 else second} is steadier"
    if found.contains(1):
        head = "Neither is steadier beyond chance"
    spreads = [points(float(np.std(values, ddof=1))) for values in (one, other)]
    return Found(f"{head}: over {len(one)} seeds the accuracy of {first} varies by {spreads[0]} points (standard "
                 f"deviation) and that of {second} by {spreads[1]}, a ratio of {found.value:.2f} (95 % interval "
                 f"{found.low:.2f} to {found.high:.2f}).", found)  # fmt: skip


def smaller(case: Case) -> Found:
    """Return whose process holds less memory at its peak; the network alone where only that is known and differs."""
    peaks, weights = case.pair("peak_bytes"), case.pair("parameters_bytes")
    if all(peak is not None and None not in np.atleast_1d(peak).tolist() for peak in peaks):
        return Found(_peaks(case, [np.atleast_1d(peak) / 1e6 for peak in peaks]) + _weights(case, *weights))
    if None in weights or weights[0] == weights[1]:
        return case.unknown("smaller")
    less = 0 if weights[0] < weights[1] else 1
    return Found(f"{case.names[less]} is smaller: its weights take {weights[less] / 1e6:.1f} MB, those of "
                 f"{case.names[1 - less]} {weights[1 - less] / 1e6:.1f} MB.")  # fmt: skip


def _peaks(case: Case, peaks: list[Any]) -> str:
    """Return who held less, if all that was measured of one (in MB) lies below all of the other."""
    head = "Neither is smaller"
    for less, more in ((0, 1), (1, 0)):
        if peaks[less].max() < peaks[more].min():
            head = f"{case.names[less]} is smaller"
    held = [
        f"{name}'s process held {np.median(peak):,.0f} MB"
        + (f" ({peak.min():,.0f} to {peak.max():,.0f} in {len(peak)} measurements)" if len(peak) > 1 else " (once)")
        for name, peak in zip(case.names, peaks, strict=True)
    ]
    return f"{head}: at its peak {held[0]}, and {held[1]}."


def _weights(case: Case, first: int | None, second: int | None) -> str:
    if first is None or first != second:
        return ""
    return f" The weights of the network alone take {first / 1e6:.1f} MB in both."


SENTENCES: dict[str, Callable[[Case], Found]] = {
    "faster": faster, "accurate": accurate, "steadier": steadier, "smaller": smaller,
}  # fmt: skip
