"""What the notebook printed, cell by cell, on its author's machine: shown beside what the same preset gives here.

Its PyTorch cell prints every tenth epoch, counted from 0, before that epoch's update; its Keras cells print training
accuracy an epoch and, at the end, loss and accuracy on test. Only what is in quotation marks are its own words.
"""

from __future__ import annotations

from dataclasses import dataclass

from digits.files import Json
from digits.training.presets import preset
from digits.training.recipe import Recipe


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


@dataclass(frozen=True)
class Told:
    """How a preset is called on the page, what it does, and what differs between its printed figures and ours."""

    title: str
    story: str
    difference: str


AFTER = "Ours are measured after an epoch, on all test images and on up to 10,000 training images. "
DRAWS = "The first weights, the order and the split are drawn otherwise, so the figures can be near, never equal."
TOLD = {
    "notebook-full-batch-sgd": Told(
        "The notebook's SGD, full batch",
        "The notebook's PyTorch model: one update an epoch, made from all training images, a hundred times. Plain "
        "SGD at 0.01, ten times the rate of its Keras SGD: a mean over all images is a steady direction, so a step "
        "may be longer.",
        "The notebook counts epochs from 0 and prints before that epoch's update, so its epoch 10 has seen ten "
        "updates, as ours has. " + AFTER + DRAWS,
    ),
    "notebook-adam": Told(
        "The notebook's Adam",
        "The notebook's first TensorFlow model: Adam at its default rate, 0.001, in batches of 128. Adam "
        "scales every step by the gradients it has seen, so one default rate serves inputs from 0 to 255 as well as "
        "others.",
        "The notebook's training accuracy is Keras's mean over the batches of an epoch, while the network still "
        "learns. " + AFTER + DRAWS,
    ),
    "notebook-sgd": Told(
        "The notebook's SGD, batch 512",
        "The notebook's second TensorFlow model: SGD at 0.001, a tenth of Keras's default, in batches of 512. In "
        "its words: “SGD works on learning rates lower than the default”. Inputs up to 255 make gradients large.",
        "The notebook printed this model's test figures at its end only. " + AFTER + DRAWS,
    ),
}
CONCLUSION = (
    "Both have their own advantages, but considering the time of processing, it seems the TensorFlow models will "
    "converge in a significantly shorter amount of time."
)
ANY = ("framework", "dataset", "threads", "seed", "device")  # of a recipe that is still the preset's


def preset_of(recipe: Recipe) -> str | None:
    """Return which of the notebook's presets `recipe` is, whatever its framework, data set, seed and machine."""
    fixed = {name: getattr(recipe, name) for name in ANY}
    return next((name for name in PRINTED if preset(name, **fixed) == recipe), None)


def are_its_images(report: Json) -> bool:
    """Tell from a data set's report whether it holds as many images of each digit as the notebook's folders."""
    return bool(min(report["per_digit"]) >= 10_772 and max(report["per_digit"]) <= 10_773)
