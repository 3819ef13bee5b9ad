"""Names that mean something elsewhere are letters on every page; all of them, on every tab: `benchmarks.hostile`."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from digits.training.run import all_runs
from tests.browser.trap import Trap
from tests.hostile import DATASET, NAMES, name_runs, with_hostile_names

pytestmark = pytest.mark.browser
ONE = "<img src=http://evil.example/i.png onerror=stolen(1)> [a](javascript:stolen(2))"
OTHER = r"![](http://evil.example/x) :streamlit: www.evil.it $\href{//evil.example}{}$"


def test_a_hostile_name_asks_nobody_runs_nothing_and_is_seen_as_it_was_given(furnished: Path, page: Page) -> None:
    with_hostile_names(files=False)
    name_runs(ONE, OTHER)
    trap, ids = Trap(page), ",".join(run.id for run in all_runs() if run.job.state == "finished")
    unseen = {"notes": trap.open(f"/dataset?name={DATASET}", *NAMES, deep=False)}
    for path in (f"/train?runs={ids}", "/", "/draw"):
        unseen[path] = trap.open(path, ONE, OTHER, deep=False)
    unseen["writers"] = trap.open("/draw?draw=My+drawings", *NAMES, deep=False)
    unseen["compare"] = trap.open(f"/compare?runs={ids}", ONE, OTHER, deep=False)
    assert not any(unseen.values()), unseen
    assert trap.found == []


def test_the_trap_catches_what_it_is_there_for(page: Page) -> None:
    trap = Trap(page)
    trap.open("/", deep=False)
    page.evaluate("""document.body.append(document.createRange().createContextualFragment(
        "<a href=http://evil.example>x</a><img src=http://evil.example/y><img src=x onerror=stolen()>"))""")
    page.wait_for_function("document.images.length >= 2 && [...document.images].every(one => one.complete)")
    trap.look()
    kinds = ("a request: http://evil.example/y", "a script ran", "A href=http://evil.example", "IMG onerror=stolen()")
    assert [kind for kind in kinds if not any(kind in one for one in trap.found)] == [], trap.found
