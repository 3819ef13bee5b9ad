from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from digits.evaluation.statistics import disagreement, mcnemar


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 9), (7, 7), (3, 12), (40, 61), (1500, 1400)])
def test_mcnemar_is_the_exact_binomial_test_of_the_images_that_one_model_alone_reads(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(second, first) == mcnemar(first, second)


def test_only_images_that_exactly_one_model_reads_count_as_disagreement() -> None:
    labels = np.array([1, 2, 3, 4, 5, 6])
    first = np.array([1, 2, 3, 0, 0, 6])
    second = np.array([1, 0, 0, 4, 0, 6])
    assert disagreement(first, second, labels) == (2, 1)
