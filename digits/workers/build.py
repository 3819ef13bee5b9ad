"""The building worker: makes a data set, then starts the trainings that were asked for with it.

`python -m digits.workers.build BUILD`. What it downloads lies in the build's folder until the set is there.
"""

from __future__ import annotations

import shutil
import time

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.parquet import write_rejected
from digits.dataset.refused import RefusedError
from digits.dataset.sources import Source, open_source
from digits.dataset.sources.combined import Combined
from digits.dataset.sources.downloads import DOWNLOADS
from digits.engine import following
from digits.engine.download import download
from digits.errors import SourceError
from digits.files import Json, write_json
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Build the data set of `desk`'s job."""
    spec = desk.job.spec()
    desk.say(state="running", phase="opening the source", started=time.time())
    try:
        source = opened(desk)
        began = time.monotonic()

        def progress(done: int, total: int) -> None:
            left = (time.monotonic() - began) / done * (total - done) if done else None
            desk.say(urgent=False, phase="reading", done=done, total=total, seconds_left=left)

        staging = desk.job.folder / "staging"
        report = build(source, spec["name"], staging=staging, progress=progress, stopped=desk.stopped)
    except RefusedError as error:
        write_rejected(desk.job.folder, error.rejected)
        raise
    finally:
        shutil.rmtree(desk.job.folder / "download", ignore_errors=True)
    write_json(desk.job.folder / "result.json", report)
    desk.say(**following.start_all(desk.job, owner=desk.status["owner"]))


def opened(desk: Desk) -> Source:
    """Return the source that the job names; a download is fetched first."""
    spec = desk.job.spec()
    if "parts" in spec:
        return Combined([Dataset.open(name) for name in spec["parts"]], take=spec["take"], seed=spec["seed"])
    if spec["source"] in DOWNLOADS:

        def progress(phase: str) -> None:
            desk.say(urgent=False, phase=phase, done=0, total=0)

        return download(spec["source"], desk.job.folder / "download", progress=progress, stopped=desk.stopped)
    try:
        source = open_source(spec["source"], labels=spec.get("labels"), fit=bool(spec.get("fit")))
    except SourceError as error:
        raise SourceError(_as_called(str(error), spec)) from error
    source.origin = _as_called(source.origin, spec)
    source.licence = spec.get("licence") or source.licence
    return source


def _as_called(text: str, spec: Json) -> str:
    """Return `text` with the names that a person gave, in place of those under which uploads are kept."""
    for kept, name in spec.get("called", {}).items():
        text = text.replace(kept, name)
    return text


if __name__ == "__main__":
    work(main, "builds")
