"""The warm worker of one framework: takes framed ink over a pipe, returns logits. It ends when its pipe closes.

`python -m digits.workers.predict FRAMEWORK`: messages on stdin and stdout; ten idle minutes end it too.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import OrderedDict

import numpy as np

from digits import messages
from digits.errors import DigitsError, WorkerError
from digits.evaluation import metrics
from digits.evaluation.evaluate import trained
from digits.files import Json
from digits.models import Classifier
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.training.run import find_run

IDLE_SECONDS = 600.0
KEPT = 4  # classifiers that stay loaded


class Reader:
    """The last few runs that were asked for, loaded and warm."""

    def __init__(self, framework: str) -> None:
        self.framework = framework
        self._kept: OrderedDict[str, tuple[Recipe, Classifier]] = OrderedDict()

    def get(self, id: str) -> tuple[Recipe, Classifier]:
        """Return recipe and classifier of a run, loading it where it is new."""
        if id not in self._kept:
            run = find_run(id)
            classifier = trained(run, framework=self.framework, threads=1)  # one image is fastest on one thread
            classifier.outputs(full_inputs(np.zeros((1, 784), np.uint8), run.recipe))
            self._kept[id] = (run.recipe, classifier)
        self._kept.move_to_end(id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[id]

    def answer(self, header: Json, ink: np.ndarray | None) -> tuple[Json, np.ndarray | None]:
        """Return the reply to one request: logits (n, 10) and the milliseconds of the forward pass."""
        recipe, classifier = self.get(header["run"])
        if ink is None:
            return {"id": header["id"]}, None
        inputs = full_inputs(ink, recipe)
        start = time.perf_counter()
        _, logits = metrics.outputs(classifier, inputs)
        milliseconds = (time.perf_counter() - start) * 1000
        return {"id": header["id"], "milliseconds": milliseconds}, logits


def main(framework: str) -> None:
    """Answer until the pipe closes or nobody has asked for ten minutes."""
    requests, replies = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a framework prints must not reach the pipe
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
