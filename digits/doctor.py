"""What is wrong with a lab, file by file, and what of it can be mended: `python -m digits doctor`.

Mended is only what costs nothing: leavings of dead processes, and files that the lab works out again.
"""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from digits import drawings, seal, settings
from digits import job as jobs
from digits.dataset.dataset import Dataset, dataset_names
from digits.engine.sweep import KINDS, NEW_SECONDS, orphans, sweep
from digits.errors import DigitsError, IntegrityError
from digits.files import Lock, parse_lines, read_json
from digits.job import Job
from digits.models import weights

LEAST_BYTES = 2**30  # free: a data set and the checkpoints of its runs
COLUMNS = {"index.parquet": {"label", "file", "sha256", "family", "change", "found"},
           "rejected.parquet": {"file", "reason"}}  # fmt: skip
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
        for folder in sorted(settings.part(kind).glob("[!.]*")):
            yield from () if folder.is_symlink() else _job(Job(kind, folder.name))
    for name in dataset_names():
        yield from _dataset(name)
    for id, reason in drawings.shelf()[1].items():
        yield Finding(f"drawings/{id}: {reason}")
    state = settings.part("queue") / "state.json"
    for finding in _file(state) if state.exists() else ():
        yield Finding(finding.what, _removal(state))  # whoever waits draws a new ticket


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
        for path in settings.part(kind).glob(".*"):
            if path.is_dir() and _is_old(path) and not Lock.is_held(path / "job.lock"):
                yield Finding(f"{kind}/{path.name} is half-made, and nobody is at work in it", sweep)
        for path in settings.part(kind).glob("[!.]*/.*"):
            if path.parent.is_symlink() or Lock.is_held(path.parent / "job.lock"):
                continue
            if _is_old(path) and path.is_file():
                yield Finding(f"{kind}/{path.parent.name}/{path.name} was never finished", _removal(path))


def _links() -> Iterator[Finding]:
    """Find links in place of folders: nothing that one leads to is ever read."""
    for kind in (*KINDS, "datasets"):
        for path in settings.part(kind).glob("[!.]*"):
            if path.is_symlink():
                yield Finding(f"{kind}/{path.name} is a link, which is not followed", _removal(path))


def _stale_notes() -> Iterator[Finding]:
    """Find the addresses of warm workers that are gone: a lock says whether one is there, whatever a file says."""
    for note in settings.part("slots").glob("*.json"):
        if not Lock.is_held(note.with_suffix("") / "job.lock"):
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
    if job.kind == "runs" and _is_finished(job):
        for name in ("result.json", "weights.safetensors", "evaluation.npz", "metrics.jsonl"):
            if not (job.folder / name).exists():
                yield Finding(f"runs/{job.id}/{name} is missing")


def _is_finished(job: Job) -> bool:
    try:
        return job.state == "finished"
    except DigitsError:  # it is missing or damaged, which was said
        return False


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
    """Read a whole file as what its name says; what cannot be told from its bytes is not looked at."""
    look = LOOKS.get(path.suffix)
    try:
        if look is not None:
            look(path)
    except FileNotFoundError:
        return  # somebody deleted it meanwhile
    except (DigitsError, OSError) as error:
        shown = path.relative_to(settings.home())
        again = path.name in MADE_AGAIN or path.parent.name == "evaluations"
        again = again and not Lock.is_held(path.parent / "job.lock")
        yield Finding(f"{shown}: {error}", _removal_of_export(path) or (_removal(path) if again else None))


def _lines(path: Path) -> None:
    for _ in parse_lines(path.read_bytes(), path.name):
        pass


def _arrays(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except Exception as error:  # a flipped bit raises whatever the reader meets, as in `files.read_arrays`
        raise IntegrityError(f"{path.name} is damaged", received=error) from error
    if damaged:
        raise IntegrityError(f"{path.name} is damaged", received=f"another CRC-32 of {damaged}")
    if seal.NPZ.broken(path.read_bytes()):
        raise IntegrityError(
            f"{path.name} is damaged", expected="its own CRC-32", received="another, beside its arrays"
        )


def _table(path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            names = set(file.read(use_threads=False).column_names)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise IntegrityError(f"{path.name} is damaged", received=error) from error
    if path.name in COLUMNS and names - COLUMNS[path.name]:
        raise IntegrityError(
            f"{path.name} is damaged", expected=", ".join(sorted(COLUMNS[path.name])), received=names
        )


LOOKS: dict[str, Callable[[Path], object]] = {
    ".json": read_json, ".jsonl": _lines, ".npz": _arrays, ".parquet": _table, ".safetensors": weights.read,
}  # fmt: skip


def counted() -> str:
    """Return how much was looked at, for people."""
    there = sum(len(jobs.all_jobs(kind)) for kind in KINDS)
    return f"{len(dataset_names())} data sets and {there} jobs"
