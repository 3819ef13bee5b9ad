"""What each file of the lab must be, told from its whole bytes by its name; and which files there must be."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from digits import seal
from digits.embedding import maps
from digits.errors import IntegrityError
from digits.files import parse_lines, read_json
from digits.job import Job
from digits.models import weights
from digits.training import duel, run, taught

COLUMNS = {"index.parquet": {"label", "file", "sha256", "family", "change", "found"},
           "rejected.parquet": {"file", "reason"}}  # fmt: skip
# What no reader does without. That of a data set's report is checked wherever it is opened.
ENTRIES: dict[tuple[str, str], dict[str, type]] = {
    ("datasets", "families.json"): {"index": str},
    ("runs", "job.json"): run.ASKED, ("runs", "result.json"): run.FOUND, ("duels", "job.json"): duel.ASKED,
    ("maps", "job.json"): maps.ASKED, ("maps", "result.json"): maps.FOUND,
}  # fmt: skip
FINISHED = {
    "runs": ("result.json", "weights.safetensors", "evaluation.npz", "metrics.jsonl"),
    "duels": ("result.json", "split.npz", "evaluation.npz", "turns.jsonl"),
    "maps": ("result.json", "map.npz", "sheet.png"),
}


def check(path: Path) -> None:
    """Check the file `path` of a job or a data set; what its bytes do not tell is not looked at.

    Raises `IntegrityError`, and `FileNotFoundError`.
    """
    look = LOOKS.get(path.suffix)
    if look is not None:
        look(path)


def needed(job: Job) -> tuple[str, ...]:
    """Return the files that a `job` cannot do without. Raises `NotFoundError` and `IntegrityError`."""
    spec = job.spec()
    begun = (taught.STROKES, taught.DRAWINGS) if job.kind == "runs" and "tuning" in spec else ()
    return (*begun, *FINISHED.get(job.kind, ())) if job.state == "finished" else begun


def _object(path: Path) -> None:
    entries = {"state": str} if path.name == "status.json" else ENTRIES.get((path.parent.parent.name, path.name), {})
    read_json(path, **entries)


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
    ".json": _object, ".jsonl": _lines, ".npz": _arrays, ".parquet": _table, ".safetensors": weights.read,
}  # fmt: skip
