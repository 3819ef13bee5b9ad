"""How long a data set takes to become the notebook's `Digits.csv`, against pandas: one table of ratios.

    python -m benchmarks.export [--rows 10000]

All ways write the same rows to the same disk in the same run, so that the ratios hold on a busy machine too, and the
bytes are compared. Processor seconds say what a machine with nothing else to do would take.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.build import peak_private, processor, thinned
from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.export import Form, export
from digits.dataset.sources import open_source


def main() -> None:
    """Print the machine, the table, whether the bytes are the same, and the memory that ours took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, default=settings.test_data() / "kaggle-digits.zip")
    parser.add_argument("--rows", type=int, default=10_000, help="evenly from all digits")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITS_HOME"] = folder
        lab = Path(folder)
        build(open_source(thinned(options.zip, options.rows, lab)), "benchmark", staging=lab / "staging")
        dataset = Dataset.open("benchmark")
        frame = notebook_frame(dataset)
        export(dataset, lab / "first.csv", form=Form(kind="csv"))  # the table of texts is made once a process
        export(dataset, lab / "first.parquet", form=Form(kind="parquet"))
        with peak_private() as peak:
            ours = sorted(clock(lambda: ours_once(dataset, lab / "ours.csv")) for _ in range(5))[2]
        times = {"ours, CSV (median of 5)": ours}
        times["ours, Parquet"] = clock(lambda: export(dataset, lab / "ours.parquet", form=Form(kind="parquet")))
        times["pyarrow.csv"] = clock(lambda: arrow(frame, lab / "arrow.csv"))
        times["DataFrame.to_parquet"] = clock(lambda: frame.rename(columns=str).to_parquet(lab / "pandas.parquet"))
        times["DataFrame.to_csv, the notebook's way"] = clock(lambda: frame.to_csv(lab / "pandas.csv"))
        sizes = {name: (lab / name).stat().st_size / 1e6 for name in ("ours.csv", "ours.parquet", "pandas.parquet")}
        same = digest(lab / "ours.csv") == digest(lab / "pandas.csv")
    print_table(times, len(frame))
    print(f"The bytes of ours and of to_csv are {'the same' if same else 'NOT the same'}.")
    print(", ".join(f"{name} {size:.1f} MB" for name, size in sizes.items()))
    print(f"ours, CSV: peak private memory {peak[0]:.0f} MB (interpreter, libraries and pandas' frame included)")


def ours_once(dataset: Dataset, path: Path) -> None:
    """Write our CSV: check the images, write, flush to the disk, rename."""
    export(dataset, path, form=Form(kind="csv"), overwrite=True)


def notebook_frame(dataset: Dataset) -> Any:
    """Return the notebook's DataFrame of `dataset`: 3,136 columns of pixels, then the digit."""
    import pandas as pd

    frame = pd.DataFrame(dataset.images.reshape(-1, 3136))
    frame["digit"] = dataset.labels
    return frame


def arrow(frame: Any, path: Path) -> None:
    """Write `frame` with pyarrow's CSV writer, which quotes the header: not the same bytes."""
    import pyarrow
    from pyarrow import csv

    csv.write_csv(pyarrow.Table.from_pandas(frame.rename(columns=str)), path)


def clock(act: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the processor seconds that `act` takes."""
    start, busy = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - start, time.process_time() - busy


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def print_table(times: dict[str, tuple[float, float]], rows: int) -> None:
    """Print seconds, rows a second and the ratio to our CSV."""
    print(f"{settings.cores()} cores, {processor()}, Python {platform.python_version()}, {rows:,} rows")
    print(f"{'way':<40}{'seconds':>10}{'processor s':>13}{'rows/s':>11}{'× ours':>9}{'× ours, processor':>19}")
    seconds, busy = next(iter(times.values()))
    for way, (took, worked) in times.items():
        print(
            f"{way:<40}{took:>10.2f}{worked:>13.2f}{rows / took:>11,.0f}{took / seconds:>9.1f}{worked / busy:>19.1f}"
        )


if __name__ == "__main__":
    main()
