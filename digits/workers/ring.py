"""The ring of a duel: several processes of which one works while the others sleep, and proof that they did."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from digits import machine
from digits.child import Child, Reply
from digits.engine.local import OURS, environment
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES
from digits.training.duel import Duel
from digits.training.turns import FRAMEWORK, NAMES

# PyTorch's threads wait for more work at full speed: for 7 ms after an epoch, when last measured.
QUIET_SECONDS, LONGEST_SECONDS = 0.005, 1.0
IDLE_SHARE = 0.05  # of that time; who computes less than this sleeps


class Duellist(Protocol):
    """What the ring needs of a process: `digits.child.Child`, or a test's."""

    @property
    def pid(self) -> int:
        """The number of its process."""

    def send(self, request: Json) -> None:
        """Give it something to do."""

    def answer(self, pause: Callable[[], None]) -> Reply:
        """Return its answer."""

    def cpu_seconds(self) -> float | None:
        """Return how long it has computed; None where that is not known."""

    def close(self) -> None:
        """End it."""


class Ring:
    """The duellists by their names; `pause` is called while one works, and raises to stop."""

    def __init__(self, duellists: Mapping[str, Duellist], pause: Callable[[], None]) -> None:
        self.duellists, self._pause = duellists, pause

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def turn(self, name: str, request: Json) -> Reply:
        """Let `name` do what is asked while the others sleep.

        To its answer are added `turn_seconds`, and of this time: `sleepers_share`, the largest share of a core that
        one of the others took, and `others_seconds`, how long cores worked for programs that are not of the duel.
        Both are null where the system does not tell.
        """
        self._until_quiet()
        before, busy, own, start = self._worked(), machine.busy_seconds(), time.process_time(), time.perf_counter()
        self.duellists[name].send(request)
        header, array = self.duellists[name].answer(self._pause)
        spent = time.perf_counter() - start
        own = time.process_time() - own
        busy_now, used = machine.busy_seconds(), _differences(before, self._worked())
        others = None
        if busy is not None and busy_now is not None:
            others = busy_now - busy - own - sum(used.values())
        shares = [seconds / spent for other, seconds in used.items() if other != name]
        return {**header, "turn_seconds": spent, "others_seconds": others,
                "sleepers_share": max(shares, default=None)}, array  # fmt: skip

    def together(self, request: Json) -> dict[str, Reply]:
        """Let all do at once what is asked: what nobody times."""
        for duellist in self.duellists.values():
            duellist.send(request)
        return {name: duellist.answer(self._pause) for name, duellist in self.duellists.items()}

    def close(self) -> None:
        """End all of them."""
        for duellist in self.duellists.values():
            with suppress(OSError):
                duellist.close()

    def _worked(self) -> dict[str, float]:
        """Return how long each has computed, of those of whom it is known."""
        found = {name: duellist.cpu_seconds() for name, duellist in self.duellists.items()}
        return {name: seconds for name, seconds in found.items() if seconds is not None}

    def _until_quiet(self) -> None:
        """Wait until nobody computes, but not for ever: what they take nevertheless is recorded."""
        end = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < end:
            before = self._worked()
            time.sleep(QUIET_SECONDS)
            if all(used < IDLE_SHARE * QUIET_SECONDS for used in _differences(before, self._worked()).values()):
                return


def _differences(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: after[name] - before[name] for name in before if name in after}


def ring_of(duel: Duel, pause: Callable[[], None]) -> Ring:
    """Start the four processes of `duel`."""
    started: dict[str, Duellist] = {}
    ring = Ring(started, pause)
    try:
        for name in NAMES:
            title = f"{FRAMEWORK_NAMES[FRAMEWORK[name]]} {name[1]}"
            started[name] = Child(title, command(duel, FRAMEWORK[name]), surroundings(duel))
    except BaseException:
        ring.close()
        raise
    return ring


def command(duel: Duel, framework: str) -> list[str]:
    """Return the command line of a duellist."""
    return [sys.executable, "-m", "digits.workers.duellist", duel.id, framework]


def surroundings(duel: Duel) -> dict[str, str]:
    """Return the environment of all four: the same threads, and none for NumPy's own products."""
    threads = str(duel.recipe("pytorch").threads)
    usual = {name: value for name, value in environment().items() if value != OURS.get(name)}
    return {**usual, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": "1"}
