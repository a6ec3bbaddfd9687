"""Exact tests and intervals of one proportion, against SciPy, statsmodels and the definition."""

from __future__ import annotations

from math import comb, exp

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from trichotomy import estimators
from trichotomy.errors import UnknownNameError

CASES = [(0, 5), (5, 5), (40, 80), (65, 80), (1, 7), (3, 4), (980, 1000)]


@pytest.mark.parametrize(("k", "n"), CASES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("chance", [0.5, 0.2, 1 / 16])
def test_the_binomial_test_is_scipys(k, n, alternative, chance):
    theirs = binomtest(k, n, chance, alternative=alternative).pvalue
    ours = estimators.binomial_log_p(k, n, chance=chance, alternative=alternative)
    assert float(np.exp(ours)) == pytest.approx(theirs, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("k", "n"), CASES[:5])
def test_mid_p_counts_what_was_seen_by_half(k, n):
    pmf = [comb(n, j) / 2**n for j in range(n + 1)]
    above = sum(pmf[k + 1 :]) + pmf[k] / 2
    ours = estimators.binomial_log_p(k, n, alternative="greater", mid_p=True)
    assert exp(float(ours)) == pytest.approx(above, rel=1e-9)
    less = estimators.binomial_log_p(k, n, alternative="less", mid_p=True)
    assert exp(float(ours)) + exp(float(less)) == pytest.approx(1)
    both = sum(p for p in pmf if p < pmf[k] * (1 - 1e-9)) + sum(
        p / 2 for p in pmf if abs(p / pmf[k] - 1) < 1e-9
    )
    two = estimators.binomial_log_p(k, n, mid_p=True)
    assert exp(float(two)) == pytest.approx(both, rel=1e-9)


def test_a_tiny_p_does_not_underflow():
    log_p = estimators.binomial_log_p(5000, 5000, alternative="greater")
    assert float(log_p) == pytest.approx(5000 * np.log(0.5))


@pytest.mark.parametrize(("k", "n"), CASES)
def test_clopper_and_pearson_are_statsmodels(k, n):
    ours = np.array(estimators.clopper_pearson(k, n)).ravel()
    np.testing.assert_allclose(ours, proportion_confint(k, n, method="beta"), atol=1e-12)


def test_clopper_and_pearson_never_cover_too_little():
    n, k = 12, np.arange(13)
    low, high = estimators.clopper_pearson(k, n)
    for p in np.linspace(0.01, 0.99, 33):
        pmf = np.array([comb(n, j) * p**j * (1 - p) ** (n - j) for j in k])
        assert pmf[(low <= p) & (p <= high)].sum() >= 0.95


def test_nothing_answered_is_undefined():
    assert np.isnan(estimators.binomial_log_p(0, 0))
    assert np.isnan(estimators.clopper_pearson(0, 0)).all()
    with pytest.raises(UnknownNameError):
        estimators.binomial_log_p(1, 2, alternative="grater")
