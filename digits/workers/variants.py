"""The trainer's side of augmentation: processes beside it draw epochs ahead, and leave them in files.

Where one dies, cannot write, or leaves a file that is damaged, the trainer draws the epoch itself, to the same bits,
and its log says so. To fail would throw hours of training away for want of what takes a second to make.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.child import Child
from digits.engine.local import environment
from digits.errors import DigitsError, StoppedError, WorkerError
from digits.training import variants
from digits.training.recipe import Recipe

Bytes = NDArray[np.uint8]
MOST_EPOCHS, MOST_BYTES = 8, 256 * 2**20  # that are drawn ahead of the one that trains; one is in any case
PROCESSES = 2  # they step back for the training, but when it waits for an epoch, two cores have nothing else to do


@dataclass(frozen=True)
class Drawer:
    """A process that draws, and the epochs that it was `asked` for and has not answered, in their order."""

    child: Child
    asked: deque[int]


class Ahead:
    """The variants of each epoch of one training, from the framed ink (n, 784) of its images.

    Its files lie in the folder of `key`, where a run in the other framework looks for them, and stay while one waits
    that will. It is to be closed.
    """

    def __init__(self, recipe: Recipe, ink: Bytes, key: str) -> None:
        self.recipe, self.ink, self.key = recipe, ink, key
        self.folder = settings.part("variants") / key
        self._source = variants.source(ink, recipe)
        size = max(1, ink.nbytes * recipe.variants)
        self._window = max(1, min(MOST_EPOCHS, MOST_BYTES // size))
        self._drawers: list[Drawer] = []
        try:
            self._leave_images()
            for _ in range(PROCESSES):
                self._drawers.append(self._start())
        except OSError as error:
            self._tell("No process could be started that draws variants", error)
            self._end()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _leave_images(self) -> None:
        """Put what is drawn from into the folder, and take away what a killed process left there."""
        self.folder.mkdir(exist_ok=True)
        for unfinished in self.folder.glob(".*"):
            unfinished.unlink(missing_ok=True)
        variants.save(self.folder / "images.npy", self.ink, self._source)

    def _start(self) -> Drawer:
        recipe = json.dumps(self.recipe.as_json())
        command = [sys.executable, "-m", "digits.workers.augment", str(self.folder), recipe]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        return Drawer(Child("that draws variants", command, {**environment(), **threads}), deque())

    def begin(self, epoch: int) -> None:
        """Have `epoch` and those after it drawn, whenever they will be asked for."""
        with suppress(WorkerError):  # whoever asks for an epoch will be told
            if self._drawers:
                self._order(epoch)

    def _order(self, epoch: int) -> None:
        """Deal the epochs from `epoch` on out, as far as they may be drawn ahead."""
        for number in range(epoch, min(epoch + self._window, self.recipe.epochs) + 1):
            drawer = self._drawers[number % len(self._drawers)]
            if number not in drawer.asked:
                drawer.child.send({"epoch": number})
                drawer.asked.append(number)

    def __call__(self, epoch: int, pause: Callable[[], None]) -> Bytes:
        """Return the variants (variants · n, 784) uint8 of `epoch`; `pause` is called meanwhile, and may raise."""
        try:
            if self._drawers:
                return self._drawn(epoch, pause)
        except StoppedError:
            raise
        except DigitsError as error:
            self._tell(f"The variants of epoch {epoch} are drawn by the trainer", error)
            if isinstance(error, WorkerError):
                self._end()
        return variants.draw(self.ink, self.recipe, epoch)

    def _drawn(self, epoch: int, pause: Callable[[], None]) -> Bytes:
        """Return what a process drew for `epoch`. Raises `WorkerError`, `IntegrityError`, or what it said."""
        self._order(epoch)
        drawer = self._drawers[epoch % len(self._drawers)]
        while drawer.asked and drawer.asked[0] <= epoch:
            drawer.asked.popleft()
            drawer.child.answer(pause)
        path = self.folder / f"{epoch}.npy"
        ink = variants.read(path, self._source)
        self._tidy(path)
        return ink

    def _tidy(self, path: Path) -> None:
        """Remove what nobody else waits for; what cannot be told or removed is left to the sweep."""
        with suppress(DigitsError, OSError, TypeError):
            if not variants.awaited(self.key) or variants.total_bytes() > variants.MOST_BYTES:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """End the processes, and remove the files unless another run waits for them."""
        self._end()
        with suppress(DigitsError, OSError, TypeError):
            if not variants.awaited(self.key):
                shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        for drawer in self._drawers:
            drawer.child.close()
        self._drawers = []

    def _tell(self, what: str, error: Exception) -> None:
        sys.stderr.write(f"{what}: {error}\n")
