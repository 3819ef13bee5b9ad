"""What a killed process leaves behind: half-written folders that no reader ever looks at. They are removed here.

Nothing that a living process holds, and nothing that a person made, is touched.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from digits import job as jobs
from digits import settings
from digits.errors import ConflictError
from digits.files import Lock, read_json

KINDS = ("builds", "runs", "maps", "exports", "inspections")
UPLOAD_SECONDS = 3600.0  # an upload that no build mentions may be about to get one
NEW_SECONDS = 60.0  # so may a folder that was made a moment ago be about to get its lock


def sweep() -> None:
    """Remove the leavings of every dead job, half-made and half-removed folders, and uploads that were built."""
    for kind in KINDS:
        for folder in settings.part(kind).glob(".*"):
            if _age_seconds(folder) > NEW_SECONDS and not Lock.is_held(folder / "job.lock"):
                shutil.rmtree(folder, ignore_errors=True)
    for folder in settings.part("datasets").glob(".deleted-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for kind, tidy in (("builds", sweep_build), ("exports", sweep_export)):
        for job in jobs.all_jobs(kind):
            tidy(job.folder)
    _sweep_maps()
    _sweep_uploads()


def _sweep_maps() -> None:
    """Remove maps of runs that are gone: nothing can show them any more."""
    runs = {job.id for job in jobs.all_jobs("runs")}
    for job in jobs.all_jobs("maps"):
        if job.spec().get("run") not in (None, *runs):
            with suppress(ConflictError):  # it is being drawn
                job.delete()


def _sweep_uploads() -> None:
    wanted = {Path(job.spec()["source"]) for job in jobs.all_jobs("builds") if job.alive}
    for upload in settings.part("uploads").iterdir():
        if upload not in wanted and _age_seconds(upload) > UPLOAD_SECONDS:
            upload.unlink(missing_ok=True)


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # another sweep was faster
        return 0.0


def sweep_export(folder: Path) -> None:
    """Remove what the dead worker of the export in `folder` had not finished."""
    if not Lock.is_held(folder / "job.lock"):
        for unfinished in folder.glob(".*.part"):
            unfinished.unlink(missing_ok=True)


def sweep_build(folder: Path) -> None:
    """Remove what the dead worker of the build in `folder` had not finished, and the upload that it read."""
    if Lock.is_held(folder / "job.lock") or not (folder / "job.json").exists():
        return
    shutil.rmtree(folder / "staging", ignore_errors=True)
    source, lab = Path(read_json(folder / "job.json")["source"]), folder.parent.parent
    if source.parent == lab / "uploads":
        source.unlink(missing_ok=True)
