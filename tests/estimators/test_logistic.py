"""Logistic regression against statsmodels, and where it is undefined."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from trichotomy import estimators


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_statsmodels(seed):
    rng = np.random.default_rng(seed)
    x = rng.random(40) * 7 + 100
    n = rng.integers(1, 9, size=40)
    k = rng.binomial(n, 1 / (1 + np.exp(-(0.4 * (x - 103)))))
    theirs = sm.GLM(np.column_stack([k, n - k]), sm.add_constant(x), family=sm.families.Binomial()).fit()
    ours = estimators.logistic_fit(x, k, n)
    np.testing.assert_allclose([ours.intercept, ours.slope], theirs.params, rtol=1e-6)
    np.testing.assert_allclose([ours.intercept_se, ours.slope_se], theirs.bse, rtol=1e-4)


def test_many_at_once_are_each_alone():
    rng = np.random.default_rng(9)
    x = rng.random(30)
    n = rng.integers(1, 5, size=(6, 30))
    k = rng.binomial(n, 0.3 + 0.5 * x)
    together = estimators.logistic_fit(x, k, n)
    for b in range(6):
        np.testing.assert_allclose(together.slope[b], estimators.logistic_fit(x, k[b], n[b]).slope)


@pytest.mark.parametrize("right", [[0, 0, 0, 1, 1, 1], [1] * 6, [0] * 6])
def test_separated_answers_have_no_slope(right):
    fit = estimators.logistic_fit(np.arange(6.0), right, 1)
    assert np.isnan(fit.slope)
    assert np.isnan(fit.intercept_se)


def test_a_constant_has_no_slope():
    assert np.isnan(estimators.logistic_fit([2.0, 2.0], [0, 1], 1).slope)
