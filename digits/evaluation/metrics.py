"""What logits say: loss, accuracy, confusion. NumPy only; the logits come out of a framework."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.files import Json
from digits.models import Classifier

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
CHUNK, NUMBERS = 4096, 2**22  # images at a time, and what their hidden layers may be: it bounds the memory


def outputs(classifier: Classifier, inputs: Floats) -> tuple[Floats, Floats]:
    """Return the last hidden layer (n, units) and the logits (n, 10) for (n, width) inputs."""
    size = _chunk(classifier, inputs)
    chunks = [classifier.outputs(inputs[start : start + size])[-2:] for start in range(0, len(inputs), size)]
    return np.concatenate([chunk[0] for chunk in chunks]), np.concatenate([chunk[-1] for chunk in chunks])


def _chunk(classifier: Classifier, inputs: Floats) -> int:
    """Return how many images to ask about at a time: fewer where hidden layers are pictures."""
    if len(inputs) <= CHUNK // 8:
        return CHUNK
    numbers = int(sum(values.shape[1] for values in classifier.outputs(inputs[:1])))
    return min(CHUNK, max(CHUNK // 8, NUMBERS // numbers))


def probabilities(logits: Floats) -> NDArray[np.float64]:
    """Return the softmax of (n, 10) logits, in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def losses(logits: Floats, labels: Labels) -> NDArray[np.float64]:
    """Return the cross-entropy of each image (n,), in nats."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=1)
    logsum = top + np.log(np.exp(wide - top[:, None]).sum(axis=1))
    return np.asarray(logsum - wide[np.arange(len(labels)), labels])


def loss(logits: Floats, labels: Labels) -> float:
    """Return the mean cross-entropy, in nats."""
    return float(np.mean(losses(logits, labels)))


def accuracy(logits: Floats, labels: Labels) -> float:
    """Return the share of images whose largest logit is their label's."""
    return float(np.mean(logits.argmax(axis=1) == labels))


def confusion(answers: Labels, labels: Labels) -> NDArray[np.int64]:
    """Return the (10, 10) counts; rows are the truth, columns the answers."""
    return np.bincount(labels.astype(np.int64) * 10 + answers, minlength=100).reshape(10, 10)


def summary(logits: Floats, labels: Labels) -> Json:
    """Return `images`, `accuracy` and `confusion`, as the command line prints them."""
    counts = confusion(logits.argmax(axis=1), labels)
    return {"images": len(labels), "accuracy": accuracy(logits, labels), "confusion": counts.tolist()}
