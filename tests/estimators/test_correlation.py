"""Weighted correlations against SciPy and against repeating the items."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from trichotomy import estimators
from trichotomy.errors import InputError


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = rng.integers(6, size=50) / 5
    return x, np.round(x + rng.standard_normal(50), 1)


def test_without_weights_they_are_scipys(pair):
    assert estimators.weighted_pearson(*pair) == pytest.approx(pearsonr(*pair).statistic)
    assert estimators.weighted_spearman(*pair) == pytest.approx(spearmanr(*pair).statistic)


def test_a_weight_repeats_an_item(pair):
    x, y = pair
    w = np.random.default_rng(1).integers(0, 4, size=(7, 50))
    for row, r, rho in zip(
        w, estimators.weighted_pearson(x, y, w), estimators.weighted_spearman(x, y, w), strict=True
    ):
        a, b = np.repeat(x, row), np.repeat(y, row)
        assert r == pytest.approx(pearsonr(a, b).statistic)
        assert rho == pytest.approx(spearmanr(a, b).statistic)


def test_missing_values_are_left_out(pair):
    x, y = pair
    x[3] = y[8] = np.nan
    known = ~np.isnan(x + y)
    assert estimators.weighted_pearson(x, y) == pytest.approx(pearsonr(x[known], y[known]).statistic)
    assert estimators.weighted_spearman(x, y) == pytest.approx(spearmanr(x[known], y[known]).statistic)


def test_what_does_not_vary_is_undefined(pair):
    x, _ = pair
    for f in (estimators.weighted_pearson, estimators.weighted_spearman):
        assert np.isnan(f(x, np.full(50, 0.1)))
        assert np.isnan(f(x, x, np.zeros(50)))
    with pytest.raises(InputError, match="two values per item"):
        estimators.weighted_pearson(x, x[:5])
