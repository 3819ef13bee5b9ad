from __future__ import annotations

import numpy as np
import pytest

from digits.evaluation.calibration import reliability
from digits.evaluation.metrics import probabilities
from digits.evaluation.temperature import HIGHEST, LOWEST, calibrated, temperature


def answers(images: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, 10) that are as sure as they are right, and labels drawn from their own probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2.5, (images, 10))
    return logits, np.array([generator.choice(10, p=chances) for chances in probabilities(logits)])


@pytest.mark.parametrize("boast", [0.5, 1.0, 3.0])
def test_the_temperature_is_by_how_much_the_logits_boast(boast: float) -> None:
    logits, labels = answers(4_000)
    assert temperature(logits * boast, labels) == pytest.approx(boast, rel=0.06)


def test_what_was_fitted_on_some_images_calibrates_others_and_changes_no_answer() -> None:
    logits, labels = answers(6_000)
    found = temperature(4 * logits[:3_000], labels[:3_000])
    before = reliability(4 * logits[3_000:], labels[3_000:])
    after = reliability(4 * logits[3_000:] / found, labels[3_000:])
    assert after["error"] < 0.03
    assert before["error"] > 0.15
    assert after["accuracy"] == before["accuracy"]


def test_a_hundred_images_that_are_all_read_rightly_do_not_make_the_network_certain() -> None:
    labels = np.arange(100) % 10
    for size in (3.0, 8.0, 30.0):
        assert 0.4 < temperature(size * np.eye(10)[labels], labels) <= 1.0
    assert temperature(1e-6 * np.eye(10)[labels], labels) == pytest.approx(1, abs=1e-3)


def test_the_more_images_the_less_the_prior_says() -> None:
    logits, labels = answers(3_000)
    few, many = (temperature(4 * logits[:images], labels[:images]) for images in (20, 3_000))
    assert 1 < few < many
    assert many == pytest.approx(4, rel=0.06)


def test_it_stays_within_bounds_whatever_the_logits() -> None:
    labels = np.arange(5_000) % 10
    assert temperature(-1e6 * np.eye(10)[labels], labels) == pytest.approx(HIGHEST, rel=1e-3)
    assert LOWEST < temperature(1e-2 * np.eye(10)[labels], labels) < 0.5


def test_a_temperature_widens_or_narrows_and_none_leaves_the_network_as_it_is() -> None:
    logits = np.array([[2.0, 1.0, *[0.0] * 8]], np.float32)
    assert np.array_equal(calibrated(logits, None), probabilities(logits))
    assert np.allclose(calibrated(logits, 2.0), probabilities(logits / 2))
    assert calibrated(logits, 5.0).max() < calibrated(logits, None).max() < calibrated(logits, 0.2).max()
