from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from digits.evaluation import metrics
from digits.models import Floats


def logits(images: int = 50, dtype: str = "float32") -> np.ndarray:
    return (np.random.default_rng(2).normal(size=(images, 10)) * 5).astype(dtype)


def labels(images: int = 50) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 10, images)


class Doubling:
    """A classifier of three hidden layers and logits: each doubles the last; it counts the images of each call."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def outputs(self, inputs: Floats) -> list[Floats]:
        self.calls.append(len(inputs))
        return [inputs * 2, inputs * 4, inputs * 8, inputs * 16]


def test_outputs_are_the_last_hidden_layer_and_the_logits_of_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 20)
    classifier = Doubling()
    hidden, last = metrics.outputs(classifier, logits())
    assert classifier.calls == [1, 20, 20, 10]  # the first tells how large the layers are
    assert np.array_equal(hidden, logits() * 8)
    assert np.array_equal(last, logits() * 16)


def test_probabilities_are_scipys_softmax_in_float64() -> None:
    shares = metrics.probabilities(logits())
    assert shares.dtype == np.float64
    assert shares == pytest.approx(softmax(logits().astype(np.float64), axis=1), rel=1e-6)
    assert shares.sum(axis=1) == pytest.approx(np.ones(50), rel=1e-15)


def test_the_loss_is_scipys_cross_entropy() -> None:
    expected = -log_softmax(logits().astype(np.float64), axis=1)[np.arange(50), labels()].mean()
    assert metrics.loss(logits(), labels()) == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_ten_equal_logits_is_the_logarithm_of_ten() -> None:
    assert metrics.loss(np.full((3, 10), 7.0), np.array([0, 4, 9])) == pytest.approx(np.log(10), rel=1e-15)


@pytest.mark.parametrize("shift", [1e4, -1e4])
def test_large_logits_overflow_nothing(shift: float) -> None:
    row = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]])
    assert metrics.probabilities(row + shift) == pytest.approx(metrics.probabilities(row), rel=1e-9)
    assert metrics.loss(row + shift, np.array([3])) == pytest.approx(metrics.loss(row, np.array([3])), rel=1e-9)
    sure = np.where(np.arange(10) == 3, 1e4, 0.0)[None]
    assert metrics.loss(sure, np.array([3])) == 0
    assert metrics.loss(sure, np.array([4])) == 1e4


def test_the_loss_does_not_lose_small_numbers_to_float32() -> None:
    row = np.where(np.arange(10) == 3, 20, 0).astype(np.float32)[None]
    assert metrics.loss(row, np.array([3])) == pytest.approx(9 * np.exp(-20), rel=1e-6)


def test_accuracy_is_the_share_of_images_whose_largest_logit_is_their_labels() -> None:
    answers = np.array([3, 3, 5, 0])
    assert metrics.accuracy(np.eye(10)[answers], np.array([3, 8, 5, 0])) == 0.75


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_confusion_has_the_truth_in_its_rows(kind: type) -> None:
    truth, answers = np.array([9, 9, 9, 0, 1], kind), np.array([9, 4, 4, 0, 1], kind)
    counts = metrics.confusion(answers, truth)
    assert counts.shape == (10, 10)
    assert {(row, column): int(counts[row, column]) for row, column in np.argwhere(counts)} == {
        (9, 9): 1, (9, 4): 2, (0, 0): 1, (1, 1): 1,
    }  # fmt: skip


def test_confusion_counts_each_image_once_and_its_diagonal_is_the_accuracy() -> None:
    counts = metrics.confusion(logits().argmax(axis=1), labels())
    assert counts.sum(axis=1).tolist() == np.bincount(labels(), minlength=10).tolist()
    assert counts.sum(axis=0).tolist() == np.bincount(logits().argmax(axis=1), minlength=10).tolist()
    assert np.trace(counts) / 50 == metrics.accuracy(logits(), labels())


def test_a_summary_is_plain_json() -> None:
    summary = metrics.summary(np.eye(10)[[0, 1, 1, 3]], np.array([0, 1, 2, 3]))
    assert summary.keys() == {"images", "accuracy", "confusion"}
    assert (summary["images"], summary["accuracy"]) == (4, 0.75)
    assert type(summary["accuracy"]) is float
    assert summary["confusion"][2] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert type(summary["confusion"][2][1]) is int
