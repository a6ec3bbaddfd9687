"""Measures of held-out observers against SciPy and slow definitions; the jackknife against a variance that is known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from trichotomy import estimators


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    truth = rng.random(9)
    return np.round(truth[:, None] + rng.normal(0, 0.3, (9, 5)), 1), truth


def test_rank_correlation_is_scipys(scored):
    scores, truth = scored
    wanted = [spearmanr(column, truth).statistic for column in scores.T]
    assert estimators.rank_correlation(scores, truth) == pytest.approx(wanted)


def test_rank_correlation_of_a_constant_is_undefined():
    assert np.isnan(estimators.rank_correlation(np.ones((4, 1)), np.arange(4.0))).all()


def test_swapped_pairs_is_the_slow_definition(scored):
    scores, truth = scored
    for column, found in zip(scores.T, estimators.swapped_pairs(scores, truth), strict=True):
        wrong = [
            0.5 if column[a] == column[b] else float((column[a] > column[b]) != (truth[a] > truth[b]))
            for a, b in combinations(range(9), 2)
        ]
        assert found == pytest.approx(np.mean(wrong))


def test_swapped_pairs_is_kendalls_tau_without_ties():
    rng = np.random.default_rng(1)
    scores, truth = rng.random((8, 3)), rng.random(8)
    tau = [kendalltau(column, truth).statistic for column in scores.T]
    assert estimators.swapped_pairs(scores, truth) == pytest.approx((1 - np.array(tau)) / 2)


def test_pairs_equal_in_truth_are_left_out():
    assert estimators.swapped_pairs([[1.0], [2.0], [3.0]], [0.5, 0.5, 0.6]) == pytest.approx([0])
    assert np.isnan(estimators.swapped_pairs([[1.0], [2.0]], [0.5, 0.5])).all()


def test_difference_error_is_the_slow_definition(scored):
    scores, truth = scored
    slow = [
        np.mean([((c[a] - c[b]) - (truth[a] - truth[b])) ** 2 for a, b in combinations(range(9), 2)])
        for c in scores.T
    ]
    assert estimators.difference_error(scores, truth) == pytest.approx(slow)


def test_halves_keep_families_whole_and_are_about_half():
    families = np.repeat([f"f{k}" for k in range(9)], [1, 1, 2, 2, 3, 3, 4, 4, 12])
    for one, other in estimators.halves(families, 20, np.random.default_rng(2)):
        assert sorted([*one, *other]) == list(range(32))
        assert not set(families[one]) & set(families[other])
        assert 10 <= len(one) <= 22


def test_the_jackknife_of_equal_groups_is_the_plain_one():
    rng = np.random.default_rng(3)
    x = rng.normal(size=12)
    without = np.array([np.delete(x, k).mean() for k in range(12)])
    low, high = estimators.jackknife_interval(x.mean(), without, np.ones(12))
    from scipy.stats import t

    reach = t.ppf(0.975, 11) * x.std(ddof=1) / np.sqrt(12)
    assert (low, high) == pytest.approx((x.mean() - reach, x.mean() + reach))


def test_the_jackknife_of_unequal_groups_covers():
    """A mean over groups of very different sizes; leaving out a large group must not widen the interval."""
    sizes = np.array([1, 1, 1, 2, 4, 6, 7, 10, 11, 21])
    group = np.repeat(np.arange(10), sizes)
    rng = np.random.default_rng(4)
    covered, width = 0, []
    for _ in range(600):
        x = rng.normal(size=64)
        without = [x[group != k].mean() for k in range(10)]
        low, high = estimators.jackknife_interval(x.mean(), without, sizes)
        covered += low <= 0 <= high
        width.append((high - low) / 2)
    assert 0.92 < covered / 600 < 0.995
    assert np.median(width) == pytest.approx(2.26 / 8, rel=0.2)


def test_the_jackknife_is_undefined_where_a_part_is():
    assert np.isnan(estimators.jackknife_interval(1.0, [1.0, np.nan, 1.0], [1, 1, 1])).all()
    assert np.isnan(estimators.jackknife_interval(1.0, [1.0], [1])).all()
