"""What the notebook printed, cell by cell, on its author's machine: shown beside what the same preset gives here.

Its PyTorch cell prints every tenth epoch, counted from 0, before that epoch's update; its Keras cells print training
accuracy an epoch and, at the end, loss and accuracy on test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """One of its trainings: lines of (epoch, loss, accuracy, test loss, test accuracy), None where it is silent."""

    framework: str
    lines: tuple[tuple[int, float | None, float | None, float | None, float | None], ...]
    seconds: float

    @property
    def test_accuracy(self) -> float:
        """The last test accuracy that it printed."""
        return next(line[4] for line in reversed(self.lines) if line[4] is not None)


FULL_BATCH = (
    (0, 2.8490, 0.1086, 2.7807, 0.1114),
    (10, 1.8657, 0.3191, 2.0796, 0.3867),
    (20, 1.0565, 0.7252, 1.0842, 0.6876),
    (30, 1.0628, 0.6834, 0.8513, 0.7492),
    (40, 0.4573, 0.9005, 0.4585, 0.8957),
    (50, 0.4990, 0.8752, 0.4219, 0.8974),
    (60, 0.2463, 0.9544, 0.2469, 0.9530),
    (70, 0.1901, 0.9673, 0.1931, 0.9658),
    (80, 0.1527, 0.9756, 0.1569, 0.9733),
    (90, 0.1259, 0.9812, 0.1307, 0.9791),
)
ADAM = (0.8229, 0.9916, 0.9883, 0.9957, 0.9952, 0.9935, 0.9959, 0.9964, 0.9967, 0.9980)
PRINTED = {
    "notebook-full-batch-sgd": Printed("pytorch", FULL_BATCH, 94.2),
    "notebook-adam": Printed(
        "tensorflow",
        (
            *((epoch, None, accuracy, None, None) for epoch, accuracy in enumerate(ADAM[:-1], 1)),
            (10, None, ADAM[-1], 0.0689, 0.9924),
        ),
        48.8,
    ),
    "notebook-sgd": Printed("tensorflow", ((10, None, None, 0.0478, 0.9860),), 20.8),
}
