"""The app's side of the warm workers: one a framework, shared by all sessions, started again when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from digits import messages, settings
from digits.attribution import Attribution
from digits.child import wait_for_answer, wait_for_room
from digits.engine.local import environment
from digits.errors import DigitsError, WorkerError
from digits.evaluation.metrics import probabilities
from digits.files import Json
from digits.settings import FRAMEWORK_NAMES

ANSWER_SECONDS, START_SECONDS = 5.0, 60.0
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # of NumPy: a drawing is answered sooner than a second thread wakes
AGAIN = "It starts again with the next drawing."


@dataclass(frozen=True)
class Prediction:
    """What one model says of one image: ten probabilities, the milliseconds of its forward pass, and how sure it is.

    `probabilities` (10,) are calibrated where the run knows its temperature, `raw` (10,) the network's own.
    `distance` is 1 where `far` begins: nothing in training was like the image. `unsure` answers are less probable
    than those of nearly all validation digits. `nearest` are rows of the run's data set whose last hidden layer is
    most like the image's, the nearest first. Where the run cannot tell, `distance` is None and `missing` says why.
    """

    probabilities: NDArray[np.float64]
    milliseconds: float
    raw: NDArray[np.float64] | None = None
    distance: float | None = None
    far: bool = False
    unsure: bool = False
    nearest: tuple[int, ...] = ()
    missing: str = ""

    @property
    def digit(self) -> int:
        """The most probable digit."""
        return int(self.probabilities.argmax())


class Predictor:
    """One framework's worker and the only hand on its pipe. A request that times out ends the worker."""

    def __init__(self, framework: str) -> None:
        self.framework = framework
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._warm: set[str] = set()
        self._ids = count(1)

    def is_warm(self, run: str) -> bool:
        """Tell whether a run is loaded in a living worker."""
        process = self._process
        return run in self._warm and process is not None and process.poll() is None

    def warm(self, run: str) -> None:
        """Load a run. Raises `WorkerError` and what the loading raised."""
        with self._lock:
            self._load(run)

    def predict(self, run: str, ink: NDArray[np.uint8]) -> Prediction:
        """Return what `run` says of framed ink (28, 28) uint8. Raises `WorkerError`."""
        return self.predict_all(run, ink[None])[0]

    def predict_all(self, run: str, inks: NDArray[np.uint8]) -> list[Prediction]:
        """Return what `run` says of each of framed `inks` (n, 28, 28) or (n, 784) uint8, in one message.

        The milliseconds are an image's share of the forward pass of all. Raises `WorkerError`.
        """
        if not len(inks):
            return []
        header, logits = self._request(run, {}, inks.reshape(-1, 784))
        return _predictions(header, logits)

    def why(self, run: str, ink: NDArray[np.uint8], digit: int | None = None) -> Attribution:
        """Return what of framed ink (28, 28) uint8 spoke for `digit`, by default the answer. Raises `WorkerError`."""
        header, found = self._request(run, {"why": True, "digit": digit}, ink.reshape(1, 784))
        return Attribution(int(header["digit"]), found, float(header["change"]), float(header["gap"]),
                           int(header["steps"]))  # fmt: skip

    def _request(self, run: str, about: Json, ink: NDArray[np.uint8]) -> tuple[Json, NDArray[Any]]:
        with self._lock:
            self._load(run)
            header, array = self._ask({"run": run, **about}, ink, ANSWER_SECONDS)
        if array is None:
            raise WorkerError(f"The {self.framework} worker sent no logits")
        return header, array

    def close(self) -> None:
        """End the worker by closing its pipe."""
        with self._lock:
            self._end()

    def _load(self, run: str) -> None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        if run not in self._warm:
            self._ask({"run": run}, None, START_SECONDS)
            self._warm.add(run)

    def _start(self) -> None:
        self._end()
        with self._log() as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "digits.workers.predict", self.framework], bufsize=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=settings.PROJECT,
                env={**environment(), **ONE_THREAD}, start_new_session=True,
            )  # fmt: skip

    def _log(self) -> IO[bytes]:
        """Open what the worker prints into; nothing where the disk takes none: whoever reads need not write."""
        try:
            return (settings.part("logs") / f"predict-{self.framework}.log").open("wb")
        except OSError:
            return Path(os.devnull).open("wb")

    def _end(self) -> None:
        self._warm.clear()
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.kill()
            self._process.wait()
            self._process = None

    def _ask(self, header: Json, array: NDArray[np.uint8] | None, seconds: float) -> tuple[Json, NDArray[Any] | None]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise WorkerError(f"The {self.framework} worker is not running")
        number, end = next(self._ids), time.monotonic() + seconds
        try:
            watched = process, f"that reads in {FRAMEWORK_NAMES[self.framework]}", partial(_in_time, end)
            room = partial(wait_for_room, *watched)
            messages.send(process.stdin.fileno(), {**header, "id": number}, array, wait=room)
            wait_for_answer(*watched)
            reply = messages.receive(process.stdout.fileno(), wait_seconds=seconds)
        except (WorkerError, OSError) as error:
            self._end()
            raise WorkerError(f"The {self.framework} worker did not answer", received=error, do=AGAIN) from error
        if reply is None or reply[0]["id"] != number:
            self._end()
            raise WorkerError(f"The {self.framework} worker ended", do=AGAIN)
        if "error" in reply[0]:
            raise DigitsError(reply[0]["error"])
        return reply


def _in_time(end: float) -> None:
    if time.monotonic() > end:
        raise WorkerError("No answer came in time")


def _predictions(header: Json, logits: NDArray[Any]) -> list[Prediction]:
    """Return what a reply says of each of its (n, 10) `logits`."""
    raw = probabilities(logits)
    each = float(header["milliseconds"]) / len(logits)
    if "probabilities" not in header:
        return [Prediction(one, each, one) for one in raw]
    shares = np.array(header["probabilities"], np.float64)
    distances = [None if np.isnan(one) else float(one) for one in header["distance"]]
    told = zip(shares, raw, distances, header["far"], header["unsure"], header["nearest"], strict=True)
    return [
        Prediction(share, each, own, distance, far, unsure, tuple(nearest), header["missing"])
        for share, own, distance, far, unsure, nearest in told
    ]
