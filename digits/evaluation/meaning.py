"""What a p, an interval and a calibration error mean, in a sentence or two for somebody who meets them first.

No sentence may say more than its number does: a p is not the probability that two models are equal, and an interval
that contains 0 shows neither a difference nor that there is none.
"""

from __future__ import annotations

from digits.evaluation.statistics import Interval
from digits.files import Json

RARE = 0.05  # the usual bar: what chance does less often than this is called significant


def percent(share: float) -> str:
    """Return a fraction as `99.72 %`."""
    return f"{100 * share:.2f} %"


def points(difference: float) -> str:
    """Return a difference of fractions in percentage points, without the word: `−0.25`."""
    return f"{100 * difference:.2f}".replace("-0.00", "0.00").replace("-", "−")


def chance(p: float) -> str:
    """Return a p as it is written behind a result: `p = 0.300`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def of_p(p: float, *, copies: bool = False) -> str:
    """Return what `p` of the exact McNemar test means; `copies` says that some images are copies of one drawing."""
    said = (
        "Take the images that only one of the two reads right. Were both equally good, each of them would fall to "
        f"either like a fair coin, and coins fall at least this unevenly {_often(p)}. "
    )
    if p >= RARE:
        said += "Chance alone does that, so neither is shown to be better; nor are they shown to be equally good."
    else:
        said += ("Chance alone seldom does that. How much better one is, the interval says; p is not the probability "
                 "that they are equally good.")  # fmt: skip
    said += " It speaks of these two models: what another training of either would give, several seeds show."
    if copies:
        said += (" The coins are one an image, as if copies of one drawing were independent, which makes p too small "
                 "as a rule: where the two disagree, trust the interval, which draws whole families.")  # fmt: skip
    return said


def _often(p: float) -> str:
    if p >= 0.995:
        return "every time" if p == 1 else "nearly every time"
    if p < 0.001:
        return "in fewer than 1 of 1,000 such tests"
    of = 100 if p >= 0.01 else 1000
    return f"in about {of * p:.0f} of {of:,} such tests"


def of_difference(found: Interval, sides: tuple[str, str]) -> str:
    """Return what the interval of an accuracy of the first of `sides` minus the second's means."""
    return (
        f"How many more digits {sides[0]} would read than {sides[1]} if other drawings were tested, made like these: "
        f"{_range(found)} points; intervals made in this way contain the true difference in about 95 of 100 tests. "
        f"{_leaves_open(found)}"
    )


def of_seeds(found: Interval, sides: tuple[str, str], seeds: int) -> str:
    """Return what the paired interval over so many `seeds` means."""
    return (
        f"A seed decides everything that chance decides in a training. Over {seeds} of them {sides[0]} minus "
        f"{sides[1]} has a mean of {points(found.value)} points, and {_range(found)} points as its interval, if "
        f"differences from seed to seed are spread normally (Student's t). {_leaves_open(found)}"
    )


def _range(found: Interval) -> str:
    return f"{points(found.low)} to {points(found.high)}"


def _leaves_open(found: Interval) -> str:
    if not found.contains(0):
        return "0 is not in it: that the two are equally good fits what was seen badly."
    most = max(abs(found.low), abs(found.high))
    if most == 0:
        return "No difference was seen at all, which does not show that there is none."
    return (f"0 is in it, so neither is shown to be better; nor are they shown to be equal, since {points(most)} "
            "points would fit as well.")  # fmt: skip


def of_ratio(found: Interval, sides: tuple[str, str]) -> str:
    """Return what the interval of a median ratio of the seconds of the first of `sides` to the second's means."""
    said = (
        f"Each epoch of {sides[0]} was timed beside one of {sides[1]}. The median of the ratios of their seconds is "
        f"{found.value:.2f}, its interval {found.low:.2f} to {found.high:.2f}: intervals made in this way contain "
        "the true median in about 95 of 100 such timings. "
    )
    if found.contains(1):
        return said + "1 is in it, so neither is shown to be faster; nor are they shown to be equally fast."
    return said + f"1 is not in it: {sides[0 if found.value < 1 else 1]} is faster here."


def of_calibration(found: Json) -> str:
    """Return what the expected calibration error of a `digits.evaluation.calibration.reliability` means."""
    gap, sure, right = (found[name] for name in ("error", "confidence", "accuracy"))
    lean = "surer than it should be" if sure > right else "less sure than it could be"
    if abs(sure - right) < 0.0005:
        lean = "as sure as it should be"
    return (
        f"Put answers of like confidence together: in such a group the share of right ones lies {points(gap)} points "
        f"from the confidence, averaged over all images. Altogether the model is {lean}: {percent(sure)} sure, "
        f"{percent(right)} right. 0 would be perfect, which no finite number of images shows quite."
    )
