"""Downloads of a build: a process that fetches, watched by the build's worker, which can end it at any time.

The process owns one folder in the build's. How much has arrived is read from there, the same for all libraries; how
much is to come only their hosts know.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from digits import settings
from digits.dataset.sources import Source, open_source
from digits.dataset.sources.downloads import DOWNLOADS, Download
from digits.engine.local import environment
from digits.errors import SourceError, StoppedError
from digits.files import read_json

SECONDS_BETWEEN = 0.2
MOST_COUNTED = 1_000  # files: more are an archive that is being unpacked
MOST_SECONDS = 3_600.0


def download(
    name: str,
    folder: Path,
    *,
    progress: Callable[[str], None] = lambda phase: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Source:
    """Fetch the set `name` of `DOWNLOADS` into the empty `folder` and return it as a source.

    `progress` gets how far it has come, in words. Raises `SourceError` if it does not
    arrive whole, and `StoppedError`; what had arrived is the caller's to remove.
    """
    wanted = DOWNLOADS[name]
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "digits.workers.fetch", wanted.by, json.dumps(wanted.asked), str(folder)]
    given = {**environment(), "KERAS_BACKEND": "torch"}  # the one that is imported soonest; nothing is computed
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=settings.PROJECT, env=given)
    began = time.monotonic()
    try:
        while process.poll() is None:
            seconds = time.monotonic() - began
            if stopped():
                raise StoppedError(f"The download was stopped after {seconds:.0f} s")
            if seconds > MOST_SECONDS:
                raise SourceError(f"{wanted.title} did not arrive", expected=f"in {MOST_SECONDS:.0f} s")
            progress(phase(folder, seconds))
            time.sleep(SECONDS_BETWEEN)
    finally:
        process.kill()
        process.wait()
    return _opened(wanted, name, folder)


def _opened(wanted: Download, name: str, folder: Path) -> Source:
    answer = read_json(folder / "answer.json") if (folder / "answer.json").exists() else {}
    if "path" not in answer:
        reason = answer.get("error", "its process died")
        raise SourceError(f"{wanted.title} could not be downloaded", received=reason, do="Try again later.")
    source = open_source(folder / answer["path"])
    source.kind, source.origin = name, wanted.origin
    source.licence = wanted.licence
    return source


def phase(folder: Path, seconds: float) -> str:
    """Return in words what happens in `folder` after `seconds`."""
    paths = list(islice(folder.rglob("*"), MOST_COUNTED))
    if len(paths) == MOST_COUNTED:
        return f"unpacking, {seconds:.0f} s so far"
    arrived_bytes = 0
    for path in paths:
        with suppress(FileNotFoundError):  # it was renamed in this moment
            arrived_bytes += path.stat().st_size if path.is_file() else 0
    return f"downloading: {arrived_bytes / 1e6:,.1f} MB in {seconds:.0f} s"
