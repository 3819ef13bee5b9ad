"""The ledger of a comparison: every factor that could decide it, what it was on either side, and equal or not.

It is filled from the conditions that ran (`digits.training.conditions`), never from what a recipe asked for; what was
not recorded is not equal. Versions and compilation are what a framework brings along, as its own users would run it:
they stand in the ledger and in the verdict's words, and never refuse. A compiler that only one side uses is a choice
of that kind too, and its cost is measured apart.
"""

from __future__ import annotations

from typing import Any

from digits.files import Json

QUESTIONS = {"faster": "Which is faster?", "accurate": "Which is more accurate?",
             "steadier": "Which is steadier?", "smaller": "Which is smaller?"}  # fmt: skip
ALL = tuple(QUESTIONS)
LEARNS = ("accurate", "steadier")
WORKS = ("faster", "smaller")
MISSING = "not recorded"
HASHES = ("initial weights", "order", "data", "dataset")
SHARES = ("leak", "dropout")
COUNTS = ("batch", "updates", "epochs")

# What each factor matters for, and why.
FACTORS: dict[str, tuple[tuple[str, ...], str]] = {
    "initial weights": (LEARNS, "Training starts from them, and one start can be luckier than another."),
    "order": (LEARNS, "Which images meet in an update decides the way that training takes."),
    "loss": (("faster", *LEARNS), "Training makes it small; a sum instead of a mean makes every step larger."),
    "optimiser": (ALL, "It turns gradients into steps, each rule with its own work, memory and result."),
    "epsilon": (LEARNS, "It bounds Adam's steps where gradients are small."),
    "rate": (LEARNS, "It is the length of every step."),
    "schedule": (LEARNS, "It decides how the rate changes while training goes on."),
    "weight decay": (("faster", *LEARNS), "It draws every weight towards zero, and reads them all to do so."),
    "batch": (ALL, "It decides how many updates an epoch makes, and how much work each of them is."),
    "updates": (("faster", *LEARNS), "Who makes more updates has learnt longer, and worked longer."),
    "epochs": (LEARNS, "Who sees the images more often has learnt longer."),
    "network": (ALL, "A larger network reads more, and costs more."),
    "activation": (("faster", *LEARNS), "It decides what a layer can express, and what it costs."),
    "dropout": (("faster", *LEARNS), "It changes what is learnt, and drawing its masks takes time."),
    "inputs": (ALL, "Other pixels, frames or scales are another task."),
    "dtype": (ALL, "Wider numbers are slower, larger and more exact."),
    "threads": (("faster",), "More threads take less time, on a quiet machine."),
    "device": (WORKS, "A graphics card and a processor are not compared with each other."),
    "compilation": ((), "Said, not refused: each framework runs as its own users run it."),
    "data": (("faster", *LEARNS), "Who trains on other images learns something else."),
    "augmentation": (("faster", *LEARNS), "Who trains on variants of the images has seen more, and others."),
    "data in memory": (WORKS, "What lies in memory is part of the peak, and moving it takes time."),
    "dataset": (ALL, "Another data set is another task."),
    "evaluation": (LEARNS, "Accuracies on different test images are not compared; those of shared images are."),
    "split": (LEARNS, "It decides how new the test images are to the model."),
    "leak": (("accurate",), "A test image with a copy in training is easy to read."),
    "seeds": (LEARNS, "They decide everything that chance decides in a training."),
    "version": ((), "Said, not refused: it is a part of what is compared."),
}  # fmt: skip
# What conditions that were recorded before a factor had a name can only have been.
BEFORE: Json = {"schedule": "constant", "weight decay": 0.0, "augmentation": "none"}
SAME_WORK = "Both rules do the same work an update, and take other steps."


def ledger(first: Json | None, second: Json | None) -> list[Json]:
    """Return a row a factor of two conditions; None are those of a run that recorded none.

    A row is `factor`, `first`, `second` (what ran, or *not recorded*), `equal`, `matters` (the questions that it
    refuses while it is unequal) and `why` (a sentence). What is recorded beyond `FACTORS` is listed and matters for
    nothing.
    """
    one, other = ({**BEFORE, **told} if told else {} for told in (first, second))
    others = [name for name in {**one, **other} if name not in FACTORS]
    return [_row(name, one.get(name, MISSING), other.get(name, MISSING)) for name in (*FACTORS, *others)]


def _row(factor: str, first: Any, second: Any) -> Json:
    matters, why = FACTORS.get(factor, ((), "Recorded, and not judged."))
    equal = first == second and first != MISSING
    if factor == "optimiser" and not equal and MISSING not in (first, second) and _kept(first) == _kept(second):
        matters, why = LEARNS, SAME_WORK
    return {"factor": factor, "first": first, "second": second, "equal": equal, "matters": list(matters), "why": why}


def _kept(formula: str) -> str:
    """Return which numbers an optimiser's formula (`digits.models.formulas`) keeps for each weight."""
    if "√v" in formula:
        return "both moments"
    return "a velocity" if "u = " in formula else "nothing"


def differing(rows: list[Json]) -> list[Json]:
    """Return the rows of `rows` whose two values were recorded and are not equal."""
    return [row for row in rows if not row["equal"] and MISSING not in (row["first"], row["second"])]


def shown(factor: str, value: Any) -> str:
    """Return the value of a row as text: hashes cut to 8 digits, shares in percent, a list up to its third value."""
    if isinstance(value, list):
        return ", ".join(shown(factor, one) for one in value[:3]) + (f", … ({len(value)})" if len(value) > 3 else "")
    if value is None:
        return "unknown" if factor == "leak" else "none"
    if factor in HASHES and value != MISSING:
        return str(value)[:8]
    if isinstance(value, float):
        return f"{100 * value:.1f} %" if factor in SHARES else f"{value:g}"
    return f"{value:,}" if factor in COUNTS and isinstance(value, int) else str(value)


def both_shown(row: Json) -> tuple[str, str]:
    """Return both values of a row as text: in full where they would look the same, and are not."""
    first, second = (shown(row["factor"], row[side]) for side in ("first", "second"))
    if first == second and not row["equal"]:
        return str(row["first"]), str(row["second"])
    return first, second
