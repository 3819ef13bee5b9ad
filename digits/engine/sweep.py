"""What a killed process leaves behind: half-written folders that no reader ever looks at. They are removed here.

Nothing that a living process holds, and nothing that a person made, is touched.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from digits import drawings, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset, dataset_names
from digits.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from digits.evaluation.kept import forget
from digits.files import Json, Lock, read_json
from digits.job import Job
from digits.training import framed, variants
from digits.training.run import ASKED, Run

KINDS = ("builds", "runs", "duels", "locksteps", "maps", "exports", "inspections", "searches", "evaluations")
UPLOAD_SECONDS = 3600.0  # an upload that no build mentions may be about to get one
NEW_SECONDS = 60.0  # so may a folder that was made a moment ago be about to get its lock


def sweep() -> None:
    """Remove the leavings of every dead job, half-made folders and drawings, and uploads that were built."""
    for kind in KINDS:
        for folder in settings.part(kind).glob(".*"):
            if _age_seconds(folder) > NEW_SECONDS and not Lock.is_held(folder / "job.lock"):
                shutil.rmtree(folder, ignore_errors=True)
    for folder in settings.part("datasets").glob(".deleted-*"):
        shutil.rmtree(folder, ignore_errors=True)
    drawings.sweep()
    for kind, tidy in (("builds", sweep_build), ("exports", sweep_export)):
        for job in jobs.all_jobs(kind):
            tidy(job.folder)
    for look in (_sweep_maps, _sweep_uploads, _sweep_evaluations, _sweep_variants, _sweep_framed):
        with suppress(IntegrityError, NotFoundError, UsageError):  # what is damaged may be what still needs them
            look()


def orphans() -> Iterator[Path]:
    """Yield what `sweep` would remove because what it is of is gone, where that can be told."""
    for look in (_orphaned_maps, _orphaned_uploads, _orphaned_variants, _orphaned_framed):
        with suppress(IntegrityError, NotFoundError, UsageError):
            yield from look()


def _sweep_maps() -> None:
    for folder in _orphaned_maps():
        with suppress(ConflictError, NotFoundError):  # it is being drawn, or is gone
            Job("maps", folder.name).delete()


def _orphaned_maps() -> Iterator[Path]:
    """Yield maps that nothing can show any more: of a hidden layer without its run, of pixels without their images.

    Pixels are shared: whose run asked for them first plays no part, where it is known which images they are of.
    """
    runs = {job.id for job in jobs.all_jobs("runs")}
    there = _fingerprints()
    for job in jobs.all_jobs("maps"):
        with suppress(IntegrityError, NotFoundError):  # it is damaged, or is gone
            spec, path = job.spec(features=str), job.folder / "result.json"
            told = read_json(path, map=str) if path.exists() else {}
            of = told.get("fingerprint") if spec["features"] == "pixels" else None
            shown = of in there if isinstance(of, str) else spec.get("run") in (None, *runs)
            if not shown:
                yield job.folder


def _sweep_evaluations() -> None:
    """Remove what runs read of data sets that are gone, and the jobs that found it: results lie with the runs."""
    runs = [Run(job) for job in jobs.all_jobs("runs")]
    forget(runs, _fingerprints())
    for job in jobs.all_jobs("evaluations"):
        with suppress(ConflictError, IntegrityError, NotFoundError):
            if job.state == "finished":
                job.delete()


def _sweep_variants() -> None:
    for folder in _orphaned_variants():
        shutil.rmtree(folder, ignore_errors=True)


def _orphaned_variants() -> Iterator[Path]:
    """Yield the variants of training images that no living run trains on, or waits for."""
    folders = _there("variants")
    if folders:
        specs = (job.spec(**ASKED) for job in jobs.all_jobs("runs") if job.alive)
        wanted = {variants.key_of(spec) for spec in specs}
        yield from (folder for folder in folders if folder.name not in wanted)


def _sweep_framed() -> None:
    for path in _orphaned_framed():
        path.unlink(missing_ok=True)


def _orphaned_framed() -> Iterator[Path]:
    """Yield the framed images of data sets that are gone, and what a killed process left half-written of others'."""
    there = _fingerprints()
    for path in _there("framed"):
        half = path.name.startswith(".")
        if _age_seconds(path) > NEW_SECONDS if half else not framed.is_of(path, there):
            yield path


def _there(name: str) -> list[Path]:
    """Return what lies in a part of the lab; nothing where that is missing, and cannot be made."""
    return [Path(one.path) for one in settings.entries(name)]


def _fingerprints() -> set[str]:
    """Return those of all data sets. Raises `IntegrityError` and `NotFoundError` where one does not tell."""
    return {Dataset.open(name).fingerprint for name in dataset_names()}


def _sweep_uploads() -> None:
    for upload in _orphaned_uploads():
        upload.unlink(missing_ok=True)


def _orphaned_uploads() -> Iterator[Path]:
    wanted = {path for job in jobs.all_jobs("builds") if job.alive for path in _sources(job.spec(source=str))}
    for upload in _there("uploads"):
        if upload not in wanted and _age_seconds(upload) > UPLOAD_SECONDS:
            yield upload


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
    """Remove what the dead worker of the build in `folder` left half-made, and the uploads that it read."""
    if Lock.is_held(folder / "job.lock") or not (folder / "job.json").exists():
        return
    for unfinished in ("staging", "download"):
        shutil.rmtree(folder / unfinished, ignore_errors=True)
    with suppress(IntegrityError):  # a damaged one does not say what it read
        for source in _sources(read_json(folder / "job.json", source=str)):
            if source.parent == folder.parent.parent / "uploads":
                source.unlink(missing_ok=True)


def _sources(spec: Json) -> list[Path]:
    """Return the files that a build reads."""
    return [Path(spec[name]) for name in ("source", "labels") if isinstance(spec.get(name), str)]
