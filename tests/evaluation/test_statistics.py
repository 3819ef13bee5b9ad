from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from digits.errors import UsageError
from digits.evaluation import statistics
from digits.evaluation.statistics import (
    Interval,
    accuracy_difference,
    disagreement,
    mcnemar,
    mean_interval,
    over_seeds,
    ratio,
    spread_ratio,
    t_quantile,
)


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a simulation of hundreds of intervals."""
    monkeypatch.setattr(statistics, "RESAMPLES", 1000)


def read(rng: np.random.Generator, families: int, each: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What two models read of drawings in `each` copies, which are easier for one or the other as a whole."""
    names = np.repeat(np.arange(families), each)
    hard, leaning = rng.normal(1.2, 1.0, families), rng.normal(0.15, 0.4, families)
    shared, first, second = rng.normal(0, [[1.0], [0.5], [0.5]], (3, len(names)))
    return (hard + leaning)[names] + shared + first > 0, hard[names] + shared + second > 0, names


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 9), (7, 7), (3, 12), (40, 61), (1500, 1400)])
def test_mcnemar_is_the_exact_binomial_test_of_the_images_that_one_model_alone_reads(first: int, second: int) -> None:
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(second, first) == mcnemar(first, second)


def test_only_images_that_exactly_one_model_reads_count_as_disagreement() -> None:
    labels = np.array([1, 2, 3, 4, 5, 6])
    first = np.array([1, 2, 3, 0, 0, 6])
    second = np.array([1, 0, 0, 4, 0, 6])
    assert disagreement(first, second, labels) == (2, 1)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_t_quantiles_are_those_of_scipy_for_every_number_of_degrees(level: float) -> None:
    for freedom in (*range(1, 40), 99, 100, 1000, 21_545):
        assert t_quantile(freedom, level) == pytest.approx(stats.t.ppf(0.5 + level / 2, freedom), rel=1e-11)


@pytest.mark.parametrize("values", [[0.91, 0.93], [0.98, 0.981, 0.97], [0.5, 0.6, 0.55, 0.52, 0.58, 0.61]])
def test_an_interval_over_seeds_is_the_t_interval_of_scipy(values: list[float]) -> None:
    found = mean_interval(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert found.as_list() == pytest.approx([np.mean(values), low, high])


def test_an_interval_over_seeds_is_that_of_the_differences_and_not_of_two_spreads() -> None:
    first, second = [0.90, 0.95, 0.99], [0.89, 0.942, 0.979]
    found = over_seeds(first, second)
    assert found.as_list() == pytest.approx(mean_interval([0.01, 0.008, 0.011]).as_list())
    assert not found.contains(0)
    assert stats.ttest_ind(first, second).pvalue > 0.5, "unpaired, nothing would be seen"


@pytest.mark.parametrize("values", [[], [0.9]])
def test_one_seed_has_no_interval(values: list[float]) -> None:
    with pytest.raises(UsageError, match=f"expected at least 2, received {len(values)}"):
        mean_interval(values)
    with pytest.raises(UsageError, match="needs seeds"):
        over_seeds(values, values)


def test_a_ratio_of_spreads_leaves_open_what_the_test_of_pitman_and_morgan_does_not_reject() -> None:
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 1, 12)
    first, second = shared + rng.normal(0, 0.5, 12), 0.4 * shared + rng.normal(0, 0.3, 12)
    found = spread_ratio(list(first), list(second))
    assert found.value == pytest.approx(np.std(first, ddof=1) / np.std(second, ddof=1))
    for edge in (found.low, found.high):
        scaled = edge * second
        assert stats.pearsonr(first + scaled, first - scaled).pvalue == pytest.approx(0.05), "on the edge of it"
    turned = spread_ratio(list(second), list(first))
    assert turned.as_list() == pytest.approx([1 / found.value, 1 / found.high, 1 / found.low])


def test_spreads_need_three_seeds_and_a_spread() -> None:
    with pytest.raises(UsageError, match="expected at least 3, received 2"):
        spread_ratio([0.9, 0.8], [0.9, 0.7])
    with pytest.raises(UsageError, match="There is no spread to compare"):
        spread_ratio([0.9, 0.8, 0.7], [0.9, 0.9, 0.9])


def test_the_difference_of_accuracies_is_that_of_all_images_and_the_same_each_time() -> None:
    first, second, families = read(np.random.default_rng(0), 30, 20)
    found = accuracy_difference(first, second, families)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert found == accuracy_difference(first, second, families)
    assert found != accuracy_difference(first, second, families, seed=1)
    turned = accuracy_difference(second, first, families)
    assert turned.as_list() == pytest.approx([-found.value, -found.high, -found.low], abs=0.01)


def test_families_are_names_whose_order_and_size_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    first, second, families = read(rng, 30, 20)
    kept = rng.random(600) < np.linspace(0.1, 1, 30)[families]
    order = rng.permutation(int(kept.sum()))
    plain = accuracy_difference(first[kept], second[kept], families[kept])
    mixed = accuracy_difference(first[kept][order], second[kept][order], (100 + 7 * families)[kept][order])
    assert mixed == plain
    assert plain.value == pytest.approx(first[kept].mean() - second[kept].mean())


def test_drawing_families_by_kind_is_drawing_families() -> None:
    first, second, families = read(np.random.default_rng(8), 12, 9)
    sums = np.bincount(families, weights=first.astype(float) - second)
    drawn = sums[np.random.default_rng(1).integers(12, size=(20_000, 12))].sum(axis=1) / first.size
    share = stats.norm.cdf(-np.sqrt(12 / 11) * stats.t.ppf(0.975, 11))
    found = accuracy_difference(first, second, families)
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [share, 1 - share]), abs=0.01)


@pytest.mark.usefixtures("few_resamples")
def test_the_clustered_interval_covers_the_truth_and_the_other_is_too_sure_of_itself() -> None:
    rng = np.random.default_rng(11)
    first, second, _ = read(rng, 200_000, 1)
    truth, tries, clustered, plain = first.mean() - second.mean(), 200, 0, 0
    for _ in range(tries):
        first, second, families = read(rng, 20, 20)
        clustered += accuracy_difference(first, second, families).contains(truth)
        plain += accuracy_difference(first, second).contains(truth)
    assert clustered / tries == pytest.approx(0.95, abs=0.035)
    assert plain / tries < 0.85


def test_without_families_every_image_is_its_own() -> None:
    first, second, _ = read(np.random.default_rng(2), 500, 1)
    found = accuracy_difference(first, second)
    assert found == accuracy_difference(first, second, np.arange(500))
    error = np.std(first.astype(float) - second) / np.sqrt(500)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05), "as the normal approximation has it"


def test_the_same_number_of_images_says_less_the_fewer_drawings_they_are_of() -> None:
    rng = np.random.default_rng(4)
    widths = []
    for families in (4, 10, 40, 1000):
        found = [accuracy_difference(*read(rng, families, 1000 // families)) for _ in range(5)]
        widths.append(np.mean([one.high - one.low for one in found]))
    assert all(few > 1.2 * more for few, more in pairwise(widths)), widths


def test_one_drawing_gives_no_interval() -> None:
    right = np.arange(1000) % 3 > 0
    with pytest.raises(UsageError, match="expected at least 2 families, received 1 in 1000 images"):
        accuracy_difference(right, ~right, np.full(1000, 7))


def test_models_that_read_the_same_images_differ_by_nothing() -> None:
    right = np.arange(50) % 3 > 0
    assert accuracy_difference(right, right).as_list() == [0, 0, 0]


def test_a_ratio_is_the_median_over_all_pairs() -> None:
    rounds = [[(2.0, 1.0), (3.0, 2.0)], [(1.0, 1.0)], [(5.0, 4.0), (1.1, 1.0), (8.0, 5.0)]]
    found = ratio(rounds)
    assert found.value == np.median([2, 1.5, 1, 1.25, 1.1, 1.6])
    assert 1.0 <= found.low <= found.value <= found.high <= 2.0
    assert found == ratio(rounds)


def test_medians_of_resamples_are_those_of_their_values() -> None:
    rng = np.random.default_rng(6)
    values = np.sort(rng.random(7))
    times = rng.integers(0, 4, (50, 7)) + np.eye(7, dtype=np.int64)[rng.integers(7, size=50)]
    expected = [np.median(np.repeat(values, row)) for row in times]
    assert statistics._medians(values, times) == pytest.approx(expected)


@pytest.mark.usefixtures("few_resamples")
def test_the_interval_of_a_ratio_covers_the_truth_when_the_machine_has_moods() -> None:
    rng = np.random.default_rng(12)
    covered = sum(
        ratio([[(float(np.exp(mood + rng.normal(0, 0.02))), 1.0)] * 2 for mood in rng.normal(0, 0.1, 12)]).contains(1)
        for _ in range(200)
    )
    assert covered / 200 == pytest.approx(0.95, abs=0.035)


def test_an_interval_of_a_ratio_needs_rounds() -> None:
    with pytest.raises(UsageError, match="expected at least 2 rounds, received 1"):
        ratio([[(1.0, 2.0), (1.1, 2.0)], []])


def test_an_interval_contains_its_edges() -> None:
    found = Interval(0.5, 0.0, 1.0)
    assert [found.contains(value) for value in (-0.1, 0, 1, 1.1)] == [False, True, True, False]
