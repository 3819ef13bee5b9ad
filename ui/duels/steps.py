"""What a lockstep shows, in a sentence or two, and why it is so."""

from __future__ import annotations

from digits.files import Json
from digits.training.lockstep import Mode

NAMES = {"sgd": "SGD", "momentum": "Momentum", "adam": "Adam"}
ROUNDING = (
    "One formula, the same numbers: what is left is rounding. A sum of many products is rounded differently where it "
    "is added in another order, and each update builds on the one before, so that the difference grows."
)
WHY = {
    ("sgd", False): ROUNDING,
    ("momentum", False): f"{ROUNDING} Momentum carries a difference on into the next updates.",
    ("adam", False): f"{ROUNDING} Adam divides by the root of past squares, which are small at first, so that it "
    "moves weights farther apart by rounding than SGD does.",
    (
        "sgd",
        True,
    ): f"Plain SGD is the same formula in both libraries, so this repeats the reference. {ROUNDING}",
    ("momentum", True): "Keras rounds the momentum 0.9 to float32, 0.8999999762, even where all else is float64: in "
    "float64 the two then take slightly other steps, which adds up to far more than rounding, from 8 · 10⁻⁸ to "
    "7 · 10⁻⁵ nats after 300 steps on the two data sets that were measured. In float32 it is lost in the rounding.",
    ("adam", True): "The two Adams are not one formula. PyTorch adds ε after the bias correction, Keras before it, "
    "and the defaults are 1e-8 and 1e-7. Their steps differ from the first one on, whatever the precision: this is "
    "what defaults do, not rounding.",
}
DIGITS = {"float64": "16", "float32": "7"}


def what_is_seen(mode: Mode, steps: list[Json]) -> str:
    """Return what the chart of a lockstep shows and why, as Markdown."""
    losses = [step["loss"] for step in steps]
    most = max(losses)
    if most == 0:
        seen = f"After all of {len(steps):,} steps the losses are equal to the bit."
    else:
        seen = (f"Over {len(steps):,} steps the losses differ by **{scientific(most)} nats** at most. {mode.dtype} "
                f"keeps about {DIGITS[mode.dtype]} digits.")  # fmt: skip
    return f"{seen} {WHY[mode.optimizer, mode.native]}"


def scientific(value: float) -> str:
    """Return a difference as people write it, 3.2 · 10⁻¹⁵; 0 stands for what is equal to the bit."""
    if not value:
        return "0"
    mantissa, power = f"{value:.1e}".split("e")
    if power == "+00":
        return mantissa
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} · 10{raised}"
