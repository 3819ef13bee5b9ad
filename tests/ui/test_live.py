from __future__ import annotations

import ast
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from digits import settings
from ui.live import GRACE_SECONDS, LONGEST_SECONDS, MISSED, SHARE, Watchers
from ui.training import watch

BASE = 0.5


def files(part: str) -> list[Path]:
    return sorted((settings.PROJECT / part).rglob("*.py"))


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def crowd(watchers: Watchers, number: int, cost: float, base: float = BASE) -> None:
    for who in range(number):
        watchers.looked(who, base=base, pace=watchers.pace(base), cost=cost)


def test_few_who_watch_look_as_often_as_they_like() -> None:
    watchers = Watchers(Clock())
    crowd(watchers, 2, 0.05)
    assert watchers.pace(BASE) == BASE


@pytest.mark.parametrize("number", [10, 60, 200])
def test_many_who_watch_take_no_more_than_their_share_of_a_core(number: int) -> None:
    watchers = Watchers(Clock())
    crowd(watchers, number, 0.05)
    pace = watchers.pace(BASE)
    assert pace == pytest.approx(number * 0.05 / SHARE)
    assert number * 0.05 / pace == pytest.approx(SHARE)


def test_who_looks_seldom_counts_for_as_little_as_it_asks() -> None:
    watchers = Watchers(Clock())
    crowd(watchers, 20, 0.05, base=5.0)
    assert watchers.pace(BASE) == BASE
    crowd(watchers, 20, 0.05, base=0.5)
    assert watchers.pace(5.0) == pytest.approx(5.0 * 20 * 0.05 / 0.5 / SHARE)


def test_no_number_of_watchers_makes_a_page_look_more_seldom_than_the_longest() -> None:
    watchers = Watchers(Clock())
    crowd(watchers, 2_000, 0.5)
    assert watchers.pace(BASE) == LONGEST_SECONDS
    assert watchers.pace(60.0) == 60.0


def test_who_has_gone_is_forgotten_after_a_few_looks_that_it_missed() -> None:
    watchers = Watchers(clock := Clock())
    watchers.looked("ann", base=BASE, pace=20.0, cost=5.0)
    watchers.looked("bob", base=BASE, pace=BASE, cost=0.001)
    clock.seconds += MISSED * BASE + GRACE_SECONDS + 0.1
    assert watchers.pace(BASE) > BASE, "ann looks seldom, and is still there"
    assert len(watchers._there) == 1
    clock.seconds += MISSED * 20.0
    assert watchers.pace(BASE) == BASE
    assert len(watchers._there) == 0


def test_one_slow_look_does_not_slow_everybody_at_once() -> None:
    watchers = Watchers(Clock())
    for cost in (0.01, 0.01, 1.0):
        watchers.looked("ann", base=BASE, pace=BASE, cost=cost)
    assert watchers.pace(BASE) < 1.0 / SHARE


def test_threads_that_look_at_once_are_all_counted() -> None:
    watchers = Watchers(Clock())

    def look(number: int) -> None:
        for turn in range(50):
            watchers.looked((number, turn), base=BASE, pace=BASE, cost=0.001)
            watchers.pace(BASE)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(watchers._there) == 400


def _page() -> None:
    import streamlit as st

    from ui.live import SESSION, live, watchers

    def look(word: str) -> None:
        st.markdown(word)

    watchers.clear()
    watchers().looked("crowd", base=0.5, pace=0.5, cost=2.0)
    live(look, "hello", every=0.5)
    st.caption(f"{SESSION in st.session_state} {len(watchers()._there)}")


def test_a_live_part_draws_what_it_shows_and_is_counted() -> None:
    app = AppTest.from_function(_page).run()
    assert not app.exception
    assert app.markdown[0].value == "hello"
    assert app.caption[0].value == "True 2"


def test_every_part_that_looks_again_keeps_the_pace_of_all() -> None:
    """A fixed `run_every` somewhere would be asked for by each tab, whatever the others ask."""
    found = []
    for path in (settings.PROJECT / "app.py", *files("pages"), *files("ui")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "run_every":
                found.append(path.relative_to(settings.PROJECT).as_posix())
    assert found == ["ui/live.py"]


@pytest.mark.parametrize(
    ("at_work", "asked", "looks"),
    [(True, ["1"], [watch.LIVE_SECONDS]), (False, ["1"], [None]), (False, [], [None, watch.IDLE_SECONDS])],
)
def test_train_stops_asking_for_runs_that_ended(
    monkeypatch: pytest.MonkeyPatch, at_work: bool, asked: list[str], looks: list[float | None]
) -> None:
    seen: list[float | None] = []

    def note(look: Callable[..., None], *args: object, every: float | None) -> None:
        seen.append(every)

    monkeypatch.setattr(watch, "live", note)
    monkeypatch.setattr(watch, "_at_work", lambda: at_work)
    monkeypatch.setattr(watch, "_asked", lambda: asked)
    watch.watch()
    assert seen == looks
