"""The warm worker of one framework: takes framed ink over a pipe, returns what a run says of it.

A request names a `run`; with ink (n, 784) uint8 the reply has the logits (n, 10) and all that the run knows of its
answers; with `why`, of one drawing, which of its ink spoke for the answer, (28, 28). It ends when its pipe closes.

`python -m digits.workers.predict FRAMEWORK`: messages on stdin and stdout; ten idle minutes end it too.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from digits import messages
from digits.attribution import attribute
from digits.child import end_with
from digits.errors import DigitsError, WorkerError
from digits.evaluation import metrics
from digits.evaluation.certainty import Certainty
from digits.evaluation.evaluate import trained
from digits.files import Json
from digits.models import Classifier
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.training.run import find_run

IDLE_SECONDS = 600.0
KEPT = 4  # classifiers that stay loaded


@dataclass(frozen=True)
class Loaded:
    """One run: its recipe, its classifier, and what it knows of its own answers."""

    recipe: Recipe
    classifier: Classifier
    certainty: Certainty

    def read(self, ink: np.ndarray) -> tuple[Json, np.ndarray]:
        """Return what the run says of framed ink (n, 784), the milliseconds of the forward pass, and the logits."""
        inputs = full_inputs(ink, self.recipe)
        start = time.perf_counter()
        hidden, logits = metrics.outputs(self.classifier, inputs)
        milliseconds = (time.perf_counter() - start) * 1000
        said = self.certainty.say(hidden, ink, logits)
        reply = {
            "milliseconds": milliseconds, "probabilities": said.probabilities.tolist(), "far": said.far.tolist(),
            "distance": said.distance.tolist(), "unsure": said.unsure.tolist(), "nearest": said.nearest.tolist(),
            "missing": self.certainty.missing,
        }  # fmt: skip
        return reply, logits

    def why(self, ink: np.ndarray, digit: int | None) -> tuple[Json, np.ndarray]:
        """Return which of the ink (1, 784) spoke for `digit`, by default the answer: (28, 28) float64."""
        found = attribute(self.classifier, ink.reshape(28, 28), self.recipe, digit)
        return {"digit": found.digit, "change": found.change, "gap": found.gap, "steps": found.steps}, found.ink


class Reader:
    """The last few runs that were asked for, loaded and warm."""

    def __init__(self, framework: str) -> None:
        self.framework = framework
        self._kept: OrderedDict[str, Loaded] = OrderedDict()

    def get(self, id: str) -> Loaded:
        """Return a run that is ready to answer, loading it where it is new."""
        if id not in self._kept:
            run = find_run(id)
            classifier = trained(run, framework=self.framework, threads=1)  # one image is fastest on one thread
            loaded = Loaded(run.recipe, classifier, Certainty.of(run))
            loaded.read(np.zeros((1, 784), np.uint8))
            self._kept[id] = loaded
        self._kept.move_to_end(id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[id]

    def answer(self, header: Json, ink: np.ndarray | None) -> tuple[Json, np.ndarray | None]:
        """Return the reply to one request; without ink the run is loaded only."""
        loaded = self.get(header["run"])
        if ink is None:
            return {"id": header["id"]}, None
        reply, array = loaded.why(ink, header["digit"]) if header.get("why") else loaded.read(ink)
        return {"id": header["id"], **reply}, array


def main(framework: str) -> None:
    """Answer until the pipe closes or nobody has asked for ten minutes."""
    requests, replies = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a framework prints must not reach the pipe
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends at once: there is nothing to put in order
    end_with(requests)
    reader = Reader(framework)
    while True:
        try:
            message = messages.receive(requests, wait_seconds=IDLE_SECONDS)
        except WorkerError:
            return
        if message is None:
            return
        try:
            header, logits = reader.answer(*message)
        except DigitsError as error:
            header, logits = {"id": message[0]["id"], "error": str(error)}, None
        except Exception as error:  # one bad request must not cost everybody the warm frameworks
            traceback.print_exc()
            header, logits = {"id": message[0]["id"], "error": f"{type(error).__name__}: {error}"}, None
        messages.send(replies, header, logits)


if __name__ == "__main__":
    main(sys.argv[1])
