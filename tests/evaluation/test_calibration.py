from __future__ import annotations

import numpy as np
import pytest

from digits.evaluation.calibration import BINS, reliability


def sure(confidence: np.ndarray) -> np.ndarray:
    """Logits (n, 10) of answers 0 that are given with these confidences (n,)."""
    logits = np.full((len(confidence), 10), 0.0)
    logits[:, 0] = np.log(9 * confidence / (1 - confidence))
    return logits


def test_bins_count_images_by_confidence_and_say_how_many_of_them_are_right() -> None:
    found = reliability(sure(np.array([0.95, 0.97, 0.99, 0.55, 0.56])), np.array([0, 0, 3, 0, 1]))
    assert len(found["bins"]) == BINS == 15
    filled = [row for row in found["bins"] if row["images"]]
    assert [row["images"] for row in filled] == [2, 3]
    assert [(row["low"], row["high"]) for row in filled] == [(8 / 15, 9 / 15), (14 / 15, 1.0)]
    assert filled[1]["confidence"] == pytest.approx(0.97)
    assert filled[1]["accuracy"] == pytest.approx(2 / 3)
    assert all(row["confidence"] is row["accuracy"] is None for row in found["bins"] if not row["images"])


def test_the_error_is_the_mean_gap_over_images_and_the_largest_is_the_largest() -> None:
    found = reliability(sure(np.array([0.95, 0.97, 0.99, 0.55, 0.56])), np.array([0, 0, 3, 0, 1]))
    gaps = abs(0.97 - 2 / 3), abs(0.555 - 0.5)
    assert found["error"] == pytest.approx((3 * gaps[0] + 2 * gaps[1]) / 5)
    assert found["largest"] == pytest.approx(gaps[0])
    assert (found["images"], found["accuracy"]) == (5, 0.6)
    assert found["confidence"] == pytest.approx((0.95 + 0.97 + 0.99 + 0.55 + 0.56) / 5)


def test_a_calibrated_model_has_nearly_no_error_and_one_that_boasts_has_its_boast() -> None:
    rng = np.random.default_rng(0)
    true = rng.uniform(0.3, 0.9, 40_000)
    labels = np.where(rng.random(40_000) < true, 0, 1)
    assert reliability(sure(true), labels)["error"] < 0.015
    assert reliability(sure(true + 0.09), labels)["error"] == pytest.approx(0.09, abs=0.01)


def test_certainty_falls_into_the_last_bin_and_an_edge_into_the_lower_one() -> None:
    found = reliability(np.eye(10)[[3, 3]] * 1000, np.array([3, 3]))
    assert (found["bins"][-1]["images"], found["error"]) == (2, 0)
    even = reliability(np.zeros((4, 10)), np.array([0, 1, 2, 3]), bins=10)
    assert [row["images"] for row in even["bins"]] == [4, *[0] * 9], "a tenth is the upper edge of the first of ten"
