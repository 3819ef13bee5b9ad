"""What a duel says in plain words: what its numbers mean, and its verdict in one line for the overview."""

from __future__ import annotations

from digits.evaluation.meaning import chance, of_difference, of_p, of_ratio, of_seeds
from digits.evaluation.statistics import Interval
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from ui.frame import plain
from ui.leak import share

FIRST, SECOND = (FRAMEWORK_NAMES[framework] for framework in FRAMEWORKS)  # as in every ratio and difference
CONTROL = (
    "Beside it each framework runs against itself: two processes that do the very same. What differs there is the "
    "machine's doing; where such an interval does not contain 1, the machine was too noisy to say anything."
)
TURNS = (
    "Epochs run one at a time, in the order A B B A, while the three other processes sleep. What changes slowly, as "
    "the processor's heat does, falls on both alike."
)
STEADIER = (
    "A training is steadier if its accuracy depends less on chance: on the first weights and on the order of the "
    "images. The number is the ratio of the two standard deviations over the seeds. Where its interval contains 1, "
    "neither is shown to be steadier; with few seeds the interval is very wide."
)
SMALLER = (
    "The peak is the most memory that a process held while an epoch ran: the framework's own libraries, the images, "
    "the weights, and what the gradients need. It is called smaller if all measurements of one lie below all of the "
    "other. The weights alone are the same numbers in both."
)


def meanings(question: str, result: Json, families: int | None) -> list[str]:
    """Return what an answer's numbers mean, a paragraph each; the test images are of so many `families`, if known."""
    if question == "faster":
        ratio = Interval(result["ratio"], result["ratio_low"], result["ratio_high"])
        return [of_ratio(ratio, (FIRST, SECOND)), CONTROL, TURNS]
    if question == "accurate":
        return _of_accuracy(result, families)
    return [STEADIER if question == "steadier" else SMALLER]


def _of_accuracy(result: Json, families: int | None) -> list[str]:
    copies = families is not None and families < result["test_images"]
    said = [of_p(result["mcnemar_p"], copies=copies)]
    if result["accuracy_difference"]:
        said.append(of_difference(Interval(*result["accuracy_difference"]), (FIRST, SECOND)))
    if result["seeds_difference"]:
        said.append(of_seeds(Interval(*result["seeds_difference"]), (FIRST, SECOND), len(result["seeds"])))
    return said


def in_short(result: Json) -> str:
    """Return the verdict of a duel in one line, as Markdown."""
    answers = {answer["question"]: answer for answer in result["answers"]}
    head = "On this machine"
    if _equal(result, ("initial weights", "order")):
        head += ", same weights and batches"
    parts = [_faster(result, answers["faster"]), _accurate(result, answers["accurate"])]
    leak = result["leak"]
    leaking = f" :material/warning: {share(leak)} of these test images have a relative in training." if leak else ""
    return f"{head} ({plain(result['title'])}, on {plain(result['dataset'])}): {'; '.join(parts)}.{leaking}"


def _equal(result: Json, factors: tuple[str, ...]) -> bool:
    equal = {row["factor"] for row in result["ledger"] if row["equal"]}
    return equal >= set(factors)


def _faster(result: Json, answer: Json) -> str:
    """Return whose epoch takes which share of the other's."""
    if answer["sentence"] is None:
        return f"no answer on speed ({_reason(answer)})"
    first, second = FIRST, SECOND
    found = Interval(result["ratio"], result["ratio_low"], result["ratio_high"])
    if found.contains(1):
        return f"neither is faster beyond the noise (ratio {found.value:.2f} {_range(found)})"
    if found.value > 1:
        first, second = second, first
        found = Interval(1 / found.value, 1 / found.high, 1 / found.low)
    return f"**{first}'s epoch takes {found.value:.2f}** {_range(found)} **of {second}'s**"


def _reason(answer: Json) -> str:
    """Return the first reason of a refusal without its numbers."""
    reason, _, numbers = answer["refused"][0].partition(":")
    differs = " differs" if " against " in numbers else ""  # then the reason is a factor
    return plain(reason[0].lower() + reason[1:].rstrip(".") + differs)


def _range(found: Interval) -> str:
    return f"[{found.low:.2f}, {found.high:.2f}]"


def _accurate(result: Json, answer: Json) -> str:
    if answer["sentence"] is None:
        return f"no answer on accuracy ({_reason(answer)})"
    head = answer["sentence"].partition(":")[0]
    if head.startswith(("No ", "Of ")):
        head = head[0].lower() + head[1:]
    return f"{plain(head)} ({chance(result['mcnemar_p'])})"


def sentence(text: str) -> str:
    """Return a text of the verdict as Markdown, letter by letter; no line ends between a number and its unit."""
    return plain(text.replace(" %", "\u00a0%").replace(" MB", "\u00a0MB"))


def parted(text: str) -> tuple[str, str]:
    """Return a sentence of the verdict as its claim and what it rests on, both as Markdown."""
    head, colon, said = text.partition(": ")
    return (sentence(head), sentence(said[0].upper() + said[1:])) if colon else ("", sentence(text))
