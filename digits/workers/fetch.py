"""The fetching process: downloads one set by the library that knows how, and leaves it as a file or a folder.

`python -m digits.workers.fetch LIBRARY ASKED FOLDER`, ASKED being JSON. `FOLDER/answer.json` says what came of it:
{"path": …} relative to the folder, or {"error": …}, one sentence. Its owner is `digits.engine.download`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError, SourceError
from digits.files import Json, write_json
from digits.images.frame import frame_all

SILENCE_SECONDS = 60.0  # of a connection: then it counts as cut
MOST_LETTERS = 400


def by_keras(asked: Json, folder: Path) -> Path:
    """Download `asked["url"]`, of SHA-256 `asked["sha256"]`, as `keras.datasets` does."""
    from keras.utils import get_file

    return Path(
        get_file("mnist.npz", asked["url"], file_hash=asked["sha256"], cache_dir=str(folder), cache_subdir="")
    )


def by_openml(asked: Json, folder: Path) -> Path:
    """Download `asked["data_id"]` of OpenML, images that are `asked["side"]` pixels wide, into an `.npz`."""
    from sklearn.datasets import fetch_openml

    # all columns as numbers: of digits as categories, pandas 3 makes whole numbers, at which its parser fails
    as_numbers = {"as_frame": False, "read_csv_kwargs": {"dtype": np.float32}}
    found = fetch_openml(data_id=asked["data_id"], data_home=str(folder / "openml"), n_retries=1, **as_numbers)
    path = folder / "openml.npz"
    np.savez(path, images=pictures(np.asarray(found.data), asked["side"]), labels=digits_of(found.target))
    return path


def by_kagglehub(asked: Json, folder: Path) -> Path:
    """Download the data set `asked["handle"]` of Kaggle; return the folder that holds its digit folders."""
    try:
        import kagglehub
    except ImportError as error:
        raise SourceError("kagglehub is not installed", do="pip install -r requirements.txt") from error
    root = Path(kagglehub.dataset_download(asked["handle"], output_dir=str(folder / "kaggle")))
    for candidate in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
        if all((candidate / str(digit)).is_dir() for digit in range(10)):
            return candidate
    raise SourceError("What Kaggle sent has no digit folders", expected="folders named 0 … 9 at its top or one below")


LIBRARIES = {"keras": by_keras, "openml": by_openml, "kagglehub": by_kagglehub}


def pictures(values: NDArray[np.floating[Any]], side: int) -> NDArray[np.uint8]:
    """Return (n, 28, 28) uint8 ink of `values` (n, side²): 0 to 255, or -1 to 1 with paper at -1.

    What is smaller than 28×28 is framed as MNIST frames its digits. Raises `SourceError` for other values.
    """
    if values.ndim != 2 or values.shape[1] != side * side or not np.isfinite(values).all():
        raise SourceError("The images are others", expected=f"(n, {side * side}) numbers", received=values.shape)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if low >= -1 and high <= 1:
        values = (values + 1) * 127.5
    elif low < 0 or high > 255:
        raise SourceError("The pixels are others", expected="0 to 255, or -1 to 1", received=f"{low:g} to {high:g}")
    ink = values.round().astype(np.uint8).reshape(-1, side, side)
    return ink if side == 28 else frame_all(ink, "centred")


def digits_of(target: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the digits (n,) that `target` (n,) names: "0" to "9", or "1" to "10" for them, as in USPS.

    Raises `SourceError` for other names.
    """
    try:
        numbers = np.array([float(name) for name in target.tolist()])
        labels = numbers.astype(np.int64)
        if (labels != numbers).any():
            raise ValueError(f"{numbers[labels != numbers][0]}")
    except ValueError as error:
        raise SourceError("The labels are others", expected="whole numbers", received=error) from error
    return labels - 1 if labels.size and labels.min() == 1 and labels.max() == 10 else labels


def fetch(library: str, asked: Json, folder: Path) -> Json:
    """Return the answer to a request: where the set lies, or why it does not."""
    try:
        return {"path": str(LIBRARIES[library](asked, folder).resolve().relative_to(folder.resolve()))}
    except Exception as error:  # the edge of the process: each library has errors of its own
        traceback.print_exc()
        return {"error": sentence(error)}


def sentence(error: Exception) -> str:
    """Return `error` as one line."""
    if isinstance(error, DigitsError):
        return str(error)
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def leave_with(owner: int) -> None:
    """End this process when `owner`, who started it, has died."""
    while os.getppid() == owner:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=leave_with, args=(os.getppid(),), daemon=True).start()
    socket.setdefaulttimeout(SILENCE_SECONDS)
    into = Path(sys.argv[3])
    write_json(into / "answer.json", fetch(sys.argv[1], json.loads(sys.argv[2]), into))
