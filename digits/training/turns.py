"""Who works when in a duel: four processes, two a framework, one epoch each a round, in an order that is fair.

A machine grows warm, its clock falls, other programs come and go. In the order A B B A both frameworks stand at the
same mean place of a round, so whatever drifts evenly falls on both; over four rounds each process stands once at each
place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from digits.files import Json

ROUNDS = (("p1", "t1", "t2", "p2"), ("t2", "p2", "p1", "t1"), ("p2", "t2", "t1", "p1"), ("t1", "p1", "p2", "t2"))
NAMES = ("p1", "t1", "p2", "t2")
FRAMEWORK = {"p1": "pytorch", "p2": "pytorch", "t1": "tensorflow", "t2": "tensorflow"}
ONE_AND_OTHER = {"pytorch": ("p1", "p2"), "tensorflow": ("t1", "t2")}
PAIRS = (("p1", "t1"), ("p2", "t2"))  # next to each other in every round
Pairs = list[list[tuple[float, float]]]


def order_of(number: int) -> tuple[str, ...]:
    """Return who works in which order in round `number`, from 0."""
    return ROUNDS[number % len(ROUNDS)]


def rounds(turns: Iterable[Json]) -> Iterator[dict[str, Json]]:
    """Yield the turns of each whole round by process, without epoch 0; each has `seed`, `epoch` and `duellist`."""
    found: dict[tuple[int, int], dict[str, Json]] = {}
    for turn in turns:
        found.setdefault((turn["seed"], turn["epoch"]), {})[turn["duellist"]] = turn
    yield from (each for (_, epoch), each in found.items() if epoch and len(each) == len(NAMES))


def timed(turns: Iterable[Json]) -> list[dict[str, Json]]:
    """Return the rounds that count: a first epoch still fills caches and memory."""
    return [each for each in rounds(turns) if each["p1"]["epoch"] > 1]


def ratio_pairs(counted: list[dict[str, Json]]) -> Pairs:
    """Return for each round the seconds of neighbours, PyTorch's first."""
    return [[(each[p]["seconds"], each[t]["seconds"]) for p, t in PAIRS] for each in counted]


def control_pairs(counted: list[dict[str, Json]], framework: str) -> Pairs:
    """Return for each round the seconds of the framework's two processes: what differs there is the machine's."""
    one, other = ONE_AND_OTHER[framework]
    return [[(each[one]["seconds"], each[other]["seconds"])] for each in counted]
