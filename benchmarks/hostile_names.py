"""Names that mean something else: in a real Chromium, on every page, with every tab, fold and chart of it."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.startup import chromium, server
from digits import settings
from digits.engine import local
from digits.training.run import all_runs
from tests.browser.trap import Trap
from tests.hostile import DATASET, NAMES, name_runs, with_hostile_names
from tests.starter import build_starter, small, wait_for_end

FIXED = {  # each page that shows all of them, and as what
    "/dataset?name=archive": "", f"/dataset?name={DATASET}&side-by-side=true": "a description", "/duel": "",
    "/draw?draw=My+drawings": "a writer",
}  # fmt: skip
NAMED = ("/", "/train?runs={runs}", "/compare?runs={runs}", "/embeddings", "/draw")  # where runs are named


def names(pairs: int = len(NAMES) // 2) -> str:
    """Open every page of a lab that bears `NAMES`; runs are called by two of them at a time."""
    os.environ.setdefault("DIGITS_TEST_DATA", str(settings.home()))  # no strangers but the lab's own writers
    build_starter()
    begun = [local.start_training(small(framework, epochs=3), owner="ann") for framework in settings.FRAMEWORKS]
    assert [wait_for_end(run.job) for run in begun] == ["finished", "finished"]
    with_hostile_names()
    with chromium() as browser, server(Path(settings.PROJECT)) as (address, _):
        page = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address).new_page()
        page.set_default_timeout(120_000)
        trap = Trap(page)
        return _tried(trap, pairs)


def _tried(trap: Trap, pairs: int) -> str:
    unseen = []
    for path, what in FIXED.items():
        trap.open(path)
        unseen += [f"{name} as {what}" for name in trap.missing(*NAMES) if what]
    ids = ",".join(run.id for run in all_runs() if run.job.state == "finished")
    for number in range(pairs):
        two = NAMES[2 * number : 2 * number + 2]
        name_runs(*two)
        unseen += [f"{name} on {path}" for path in NAMED for name in trap.open(path.format(runs=ids), *two)]
    requests, scripts, errors = (sum(word in one for one in trap.found) for word in ("a request", "ran", "Traceback"))
    opened = len(FIXED) + pairs * len(NAMED)
    said = (f"{len(NAMES)} names, {opened} pages opened with all their tabs: {requests} requests to elsewhere, "
            f"{scripts} scripts, {errors} tracebacks")  # fmt: skip
    return "\n          ".join([said, *dict.fromkeys(trap.found), *(f"not seen: {one}" for one in unseen)])
