"""Ids and names that lead out of the lab: in every page's address, in every command, as uploads and typed paths."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

from digits import settings
from digits.engine import local
from tests.starter import build_starter, small, wait_for_end


def paths() -> str:
    """Give every value to everything that takes one, in a lab with links and bait; count what was opened outside."""
    lab = settings.home() / "lab"
    os.environ.update(DIGITS_HOME=str(lab), DIGITS_TEST_DATA=str(lab), DIGITS_SOURCES=str(lab))
    build_starter()
    begun = [local.start_training(small(framework, epochs=3), owner="ann") for framework in settings.FRAMEWORKS]
    assert [wait_for_end(run.job) for run in begun] == ["finished", "finished"]
    return _tried(lab)


def _tried(lab: Path) -> str:
    from tests import canvases, traversals  # noqa: F401 streamlit begins to log when it is imported
    from ui.drawing import choosing

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    local.launch = lambda worker, job, lock, **_: lock.close()  # nothing is at work meanwhile
    choosing.prepare = lambda run: None
    traversals.lay_bait(lab)
    traversals.on_pages("")  # what is imported is not what an id opened
    traversals.on_the_command_line("nothing")
    with traversals.opened_outside() as opened:
        broken = [f"{value!r} {one}" for value in traversals.TRAVERSALS for one in
                  (*traversals.on_pages(value), *traversals.on_the_command_line(value))]  # fmt: skip
    kept = [traversals.uploaded(value) for value in traversals.TRAVERSALS]
    led = [path for value in traversals.TRAVERSALS if (path := traversals.open_to_the_app(value))]
    out = [path for path in (*kept, *led) if not path.is_relative_to(lab)]
    said = (f"{len(traversals.TRAVERSALS)} values × {len(traversals.PAGES)} pages, {len(traversals.COMMANDS)} "
            f"commands, an upload and a typed path: {len(opened)} files opened outside, {len(out)} paths that lead "
            f"out, {len(broken)} tracebacks")  # fmt: skip
    return "\n          ".join([said, *sorted({*opened, *map(str, out), *broken})])
