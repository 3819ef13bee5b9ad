"""Parts of a page that look again by themselves: the more sessions watch, the more seldom each of them looks.

A server computes on one core, whatever the machine has. Without a bound, sixty tabs that each look every 0.7 s ask
for several times as much as there is, and a click waits behind all of them. So each look says what it cost, and all
looks together may take `SHARE` of the core.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import wraps

import streamlit as st

SHARE = 0.4  # of one core, for all looks of all sessions: the rest is for clicks
LOOK_SECONDS = 0.012  # what Streamlit itself takes for a look, beside what the look computes
LONGEST_SECONDS = 30.0
MISSED = 3  # looks that a watcher may miss, a little more for short ones, before it counts as gone
GRACE_SECONDS = 5.0
SMOOTH = 0.3  # how much the newest cost counts
APART = 1.5  # a pace that is not so many times another one is left as it is: a change draws the page anew
SESSION = "watcher"  # in the session: what tells it from others


@dataclass(frozen=True)
class Watcher:
    """One live part of one session: how often it would look, how often it does, what a look costs, all in seconds."""

    base: float
    pace: float
    cost: float
    seen: float

    @property
    def gone(self) -> float:
        """When it counts as gone, unless it looks again before."""
        return self.seen + MISSED * self.pace + GRACE_SECONDS


class Watchers:
    """Who watches this server, from which follows how often each may look. All sessions share one, in any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._guard = clock, threading.Lock()
        self._there: dict[Hashable, Watcher] = {}

    def looked(self, who: Hashable, *, base: float, pace: float, cost: float) -> None:
        """Note that `who` looked, which took `cost` seconds of a core."""
        with self._guard:
            known = self._there.get(who)
            smooth = cost if known is None else known.cost + SMOOTH * (cost - known.cost)
            self._there[who] = Watcher(base, pace, smooth, self._clock())

    def pace(self, base: float) -> float:
        """Return how many seconds are to lie between two looks of somebody who would look every `base` seconds."""
        with self._guard:
            now = self._clock()
            self._there = {who: one for who, one in self._there.items() if one.gone > now}
            asked = sum(one.cost / one.base for one in self._there.values())
        return min(base * max(1.0, asked / SHARE), max(base, LONGEST_SECONDS))


@st.cache_resource
def watchers() -> Watchers:
    """Return the watchers of this server."""
    return Watchers()


def live(look: Callable[..., None], *args: object, every: float | None) -> None:
    """Call `look(*args)` as a fragment, and again every `every` seconds or more seldom; only once where it is None.

    Two calls of one `look` need a container each.
    """
    if every is None:
        st.fragment(look)(*args)
        return
    pace = watchers().pace(every)
    who = (st.session_state.setdefault(SESSION, secrets.token_hex(8)), look.__module__, look.__qualname__)
    begun = False

    @wraps(look)
    def paced() -> None:
        nonlocal begun
        again, begun = begun, True
        before = time.thread_time()
        try:
            look(*args)
        finally:
            cost = LOOK_SECONDS + time.thread_time() - before
            watchers().looked(who, base=every, pace=pace, cost=cost)
        wanted = watchers().pace(every)
        if again and not 1 / APART < wanted / pace < APART:  # only a new drawing of the page tells the browser
            st.rerun(scope="app")

    st.fragment(paced, run_every=pace)()
