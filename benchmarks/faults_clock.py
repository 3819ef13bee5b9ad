"""The clock jumps by a day while workers are at work.

Each process that is started meanwhile loads a `sitecustomize` that adds to `time.time` what a file says, whenever it
is asked. The monotonic clock stays as it is, as where a person sets the clock. With `libfaketime`
`time.sleep` fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from benchmarks.faults_jobs import JOBS, prepare
from benchmarks.faults_kills import once
from benchmarks.faults_lab import recipe, say, until, wait
from digits import settings
from digits.embedding.maps import start_map
from digits.embedding.recipe import MapRecipe
from digits.engine import local
from digits.files import Json, read_json
from digits.job import Job
from digits.training.run import Run

DAY_SECONDS = 86_400
NEGATIVE = re.compile(r"[-−]\d[\d:.,]* ?(?:s|min|h|d|left)\b")
HOOK = """
import os, time
_time, _path = time.time, os.environ["DIGITS_FAULT_CLOCK"]
def jumped():
    try:
        with open(_path) as file:
            return _time() + float(file.read() or 0)
    except OSError:  # a warm worker outlives the folder
        return _time()
time.time = jumped
"""
PAGES = """
import json, os, sys
from streamlit.testing.v1 import AppTest
texts = []
for name in sys.argv[1:]:
    app = AppTest.from_file(os.path.abspath("app.py"), default_timeout=120).run()
    if name != "app.py":
        app.switch_page(name).run()
    texts += ["ERROR " + error.value for error in app.exception]
    for kind in (app.markdown, app.caption, app.error, app.warning):
        texts += [str(element.value) for element in kind]
    texts += [str(bar.proto.text) for bar in app.get("progress")]
print(json.dumps(texts))
"""


@contextmanager
def told_time() -> Iterator[Path]:
    """Let processes that are started in the block be told the time that the file says; give the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seconds"
        path.write_text("0")
        (Path(folder) / "sitecustomize.py").write_text(HOOK)
        with mock.patch.dict(os.environ, {"PYTHONPATH": folder, "DIGITS_FAULT_CLOCK": str(path)}):
            yield path


def strange_times(value: object, name: str = "") -> Iterator[str]:
    """Yield what lasts less than nothing or longer than a day, in what a job wrote."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from strange_times(each, str(key))
    elif isinstance(value, list):
        for each in value:
            yield from strange_times(each, name)
    elif isinstance(value, int | float) and "seconds" in name and not 0 <= value < DAY_SECONDS:
        yield f"{name} {value}"


def page_texts() -> list[str]:
    """Open each page; return what stands there, what ended in a traceback as `ERROR …`."""
    names = ["app.py", *sorted(f"pages/{path.name}" for path in (settings.PROJECT / "pages").glob("*.py"))]
    done = subprocess.run([sys.executable, "-c", PAGES, *names], env=local.environment(), cwd=settings.PROJECT,
                          stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
    texts: list[str] = json.loads(done.stdout.splitlines()[-1])
    return texts


def _pages() -> list[str]:
    """Return what the pages show that is an error or lasts less than nothing."""
    return [text for text in page_texts() if text.startswith("ERROR") or NEGATIVE.search(text)]


def _written(job: Job) -> list[Json]:
    lines: list[Json] = Run(job).metrics() if job.kind == "runs" else []
    result = job.folder / "result.json"
    return [job.status(), *lines, *([read_json(result)] if result.exists() else [])]


def _jump(by: int, number: int) -> tuple[int, list[str]]:
    """Let the clock jump while a job of each kind is at work; return how many ended well, and what was strange."""
    with told_time() as path:
        at_work = [JOBS[kind](number) for kind in ("build", "tune")]
        at_work.append(start_map(MapRecipe(dataset="starter", points=1_500, seed=number), owner="ann"))
        at_work += [local.start_training(recipe(framework, epochs=60, seed=number), owner="ann").job
                    for framework in settings.FRAMEWORKS]  # fmt: skip
        until(lambda: any(job.status().get("epoch", 0) > 1 for job in at_work), seconds=120)
        path.write_text(str(by))
        strange = _pages()
        ended = [wait(job) for job in at_work]
        strange += _pages()
        late = local.start_training(recipe("pytorch", epochs=3, seed=number), owner="ann").job
        at_work.append(late)
        ended.append(wait(late))
    for job in at_work:
        strange += strange_times(_written(job))
        if job.kind == "runs" and "tuning" not in job.spec() and not once(Run(job)):
            strange.append(f"{job.id} has an epoch twice or not at all")
    say(f"{by} s: {dict(zip([job.kind for job in at_work], ended, strict=True))}; strange: {strange or 'nothing'}")
    return ended.count("finished"), strange


def clock() -> str:
    """Set the clock a day forward, and a day back."""
    prepare()
    told = {by: _jump(by, number) for number, by in enumerate((DAY_SECONDS, -DAY_SECONDS), 1)}
    return "; ".join(f"{by:+} s: {count} of 6 jobs finished, {len(strange)} strange times or errors"
                     for by, (count, strange) in told.items())  # fmt: skip
