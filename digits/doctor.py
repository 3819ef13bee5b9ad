"""What is wrong with a lab, file by file, and what of it can be mended: `python -m digits doctor`.

Mended is only what costs nothing: leavings of dead processes, and files that the lab works out again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digits import contents, drawings, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine.sweep import KINDS, NEW_SECONDS, orphans, sweep
from digits.errors import DigitsError, IntegrityError
from digits.files import Lock
from digits.job import Job

LEAST_BYTES = 2**30  # free: a data set and the checkpoints of its runs
# What the lab works out again where it is missing, and a damaged checkpoint, without which a run begins again.
MADE_AGAIN = ("portrait.npz", "shapes.npz", "leaks.json", "checkpoint.safetensors")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; `mend` puts it right, where that is possible."""

    what: str
    mend: Callable[[], object] | None = None


def findings() -> Iterator[Finding]:
    """Yield what is wrong, as it is found."""
    yield from _disk()
    yield from _leavings()
    for path in orphans():
        yield Finding(f"{path.parent.name}/{path.name} is of nothing that is there any more", sweep)
    yield from _stale_notes()
    yield from _links()
    for kind in KINDS:
        for folder in _folders(kind):
            yield from _job(Job(kind, folder.name))
    yield from _no_data_sets()
    for name in dataset_names():
        yield from _dataset(name)
    for id, reason in drawings.shelf()[1].items():
        yield Finding(f"drawings/{id}: {reason}")
    for state in (path for path in _there("queue") if path.name == "state.json"):
        for finding in _file(state):
            yield Finding(finding.what, _removal(state))  # whoever waits draws a new ticket


def _there(kind: str, *, hidden: bool = False) -> list[Path]:
    """Return what lies in a part of the lab, in the order of names; nothing where a copy for reading lacks it."""
    return sorted(Path(one.path) for one in settings.entries(kind) if one.name.startswith(".") == hidden)


def _folders(kind: str) -> list[Path]:
    """Return the folders of jobs or data sets: a file that some program left beside them is none, nor is a link."""
    return [path for path in _there(kind) if path.is_dir() and not path.is_symlink()]


def _removal(path: Path) -> Callable[[], object]:
    """Return what removes a file that may be gone by then."""
    return partial(path.unlink, missing_ok=True)


def _removal_of_export(path: Path) -> Callable[[], object] | None:
    """Return what removes the export that `path` lies in, which is written again when it is asked for; else None."""
    ended = path.parent.parent.name == "exports" and not Lock.is_held(path.parent / "job.lock")
    return partial(shutil.rmtree, path.parent, ignore_errors=True) if ended else None


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.home()).free
    if free < LEAST_BYTES:
        yield Finding(f"{settings.home()} has only {free / 2**20:,.0f} MB free")


def _leavings() -> Iterator[Finding]:
    """Find half-made folders that no living process holds, and temporary files in those that are there."""
    for kind in (*KINDS, "datasets"):
        for path in _there(kind, hidden=True):
            if path.is_dir() and _is_old(path) and not Lock.is_held(path / "job.lock"):
                yield Finding(f"{kind}/{path.name} is half-made, and nobody is at work in it", sweep)
        for path in (path for folder in _folders(kind) for path in folder.glob(".*")):
            if Lock.is_held(path.parent / "job.lock"):
                continue
            if _is_old(path) and path.is_file():
                yield Finding(f"{kind}/{path.parent.name}/{path.name} was never finished", _removal(path))


def _links() -> Iterator[Finding]:
    """Find links in place of folders: nothing that one leads to is ever read."""
    for kind in (*KINDS, "datasets"):
        for path in _there(kind):
            if path.is_symlink():
                yield Finding(f"{kind}/{path.name} is a link, which is not followed", _removal(path))


def _stale_notes() -> Iterator[Finding]:
    """Find the addresses of warm workers that are gone: a lock says whether one is there, whatever a file says."""
    for note in _there("slots"):
        if note.suffix == ".json" and not Lock.is_held(note.with_suffix("") / "job.lock"):
            yield Finding(f"slots/{note.name} names a worker that is gone", _removal(note))


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > NEW_SECONDS
    except FileNotFoundError:  # mended with what was found before, or somebody deleted it
        return False


def _job(job: Job) -> Iterator[Finding]:
    for name in ("job.json", "status.json"):
        if not (job.folder / name).exists():
            yield Finding(f"{job.kind}/{job.id}/{name} is missing")
    for path in sorted(job.folder.rglob("[!.]*")):
        if path.is_file():
            yield from _file(path)
    for name in _needed(job):
        if not (job.folder / name).exists():
            yield Finding(f"{job.kind}/{job.id}/{name} is missing")


def _needed(job: Job) -> tuple[str, ...]:
    try:
        return contents.needed(job)
    except DigitsError:  # what says it is missing or damaged, which was said
        return ()


def _no_data_sets() -> Iterator[Finding]:
    """Find folders that have the name of a data set, and are none."""
    for folder in _folders("datasets"):
        if not any(folder.iterdir()):
            yield Finding(f"datasets/{folder.name} is empty, and takes a name", partial(_remove_empty, folder))
        elif not (folder / "report.json").is_file():
            yield Finding(f"datasets/{folder.name}/report.json is missing: this is no data set, and takes a name; "
                          "build it again under another name, and remove the folder")  # fmt: skip


def _remove_empty(folder: Path) -> None:
    with suppress(FileNotFoundError):  # somebody was faster
        folder.rmdir()


def _dataset(name: str) -> Iterator[Finding]:
    for path in sorted((settings.part("datasets") / name).glob("[!.]*")):
        yield from _file(path)
    try:
        dataset = Dataset.open(name)
        dataset.check()
        _check_tables(dataset)
    except DigitsError as error:
        yield Finding(f"datasets/{name}: {error}")


def _check_tables(dataset: Dataset) -> None:
    """Check what the checksums of pages do not tell: names and lengths of columns. Raises `IntegrityError`."""
    told = dataset.report
    lengths = {"index.parquet": (len(dataset.files), len(dataset.hashes), told["images"]),
               "rejected.parquet": (len(dataset.rejected()), told["rejected"])}  # fmt: skip
    for name, found in lengths.items():
        if len(set(found)) > 1:
            raise IntegrityError(f"{name} is damaged", expected=f"{found[-1]:,} rows", received=found[:-1])
    for families in (dataset.families, dataset.found_families, dataset.changes):
        if families is not None and len(families) != told["images"]:
            raise IntegrityError(
                "index.parquet is damaged", expected="families of all images", received=len(families)
            )


def _file(path: Path) -> Iterator[Finding]:
    """Find what is wrong with a file."""
    try:
        contents.check(path)
    except FileNotFoundError:
        return  # somebody deleted it meanwhile
    except (DigitsError, OSError) as error:
        shown = path.relative_to(settings.home())
        again = path.name in MADE_AGAIN or path.parent.name == "evaluations"
        again = again and not Lock.is_held(path.parent / "job.lock")
        yield Finding(f"{shown}: {error}", _removal_of_export(path) or (_removal(path) if again else None))


def counted() -> str:
    """Return how much was looked at, for people."""
    there = sum(len(jobs.all_jobs(kind)) for kind in KINDS)
    return f"{len(dataset_names())} data sets and {there} jobs"
