"""Shares of agreement by groups of items against sums over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from test_similarity import features

from trichotomy import estimators
from trichotomy.errors import InputError

GROUPS = np.arange(60) % 3


def literal_blocks(x, y, measure):
    N = len(x)
    if measure == "rsa":
        a, b = (np.corrcoef(m) for m in (x, y))
        above = np.triu_indices(N, 1)
        a, b = a - a[above].mean(), b - b[above].mean()
    else:
        a, b = (_u_centred(m @ m.T) for m in (x, y))
    product = a * b
    np.fill_diagonal(product, 0)
    blocks = np.array([[product[np.ix_(g == GROUPS, h == GROUPS)].sum() for h in range(3)] for g in range(3)])
    return blocks / blocks.sum()


def _u_centred(K):
    N = len(K)
    K = K - np.diag(K.diagonal())
    rows = K.sum(axis=0)
    return K - (rows[:, None] + rows) / (N - 2) + K.sum() / ((N - 1) * (N - 2))


@pytest.mark.parametrize("measure", ["rsa", "cka"])
def test_literal_sums_over_pairs(measure):
    x, y = features(60)
    found = estimators.carried(x, y, GROUPS, count=3, measure=measure, folds=0)
    np.testing.assert_allclose(found.pairs, literal_blocks(x, y, measure), atol=1e-12)
    np.testing.assert_allclose(found.shares, found.pairs.sum(axis=1), atol=1e-12)
    assert found.replicates.shape == (0, 3)
    assert np.isnan(estimators.jackknife_error(found.replicates)).all()


@pytest.mark.parametrize("measure", estimators.MEASURES)
def test_shares_are_those_of_the_contributions(measure):
    x, y = features(60)
    found = estimators.carried(x, y, GROUPS, count=4, measure=measure, folds=3)
    whole = estimators.similarity(x, y, measure)
    shares = [whole.contributions[g == GROUPS].sum() / whole.value for g in range(4)]
    np.testing.assert_allclose(found.shares, shares, atol=1e-12)
    np.testing.assert_allclose(found.replicates.sum(axis=1), 1)
    assert found.shares[3] == 0


def test_a_group_that_agrees_alone_carries_all():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 600, 30))
    group = np.repeat([0, 1], 300)
    shared = 4 * rng.normal(size=(300, 2)) @ rng.normal(size=(2, 30))
    x[group == 1] += shared
    y[group == 1] += shared
    found = estimators.carried(x, y, group, count=2, folds=10)
    assert found.pairs[1, 1] > 0.95
    assert found.shares[0] < 0.05
    assert (estimators.jackknife_error(found.replicates) < 0.05).all()


def test_shares_of_pairs():
    np.testing.assert_allclose(
        estimators.pair_shares([0, 0, 2], 3), np.array([[2, 0, 2], [0, 0, 0], [2, 0, 0]]) / 6
    )


def test_undefined_and_wrong():
    x, y = features(60)
    alike = np.tile(x[0], (60, 1))
    assert np.isnan(estimators.carried(alike, y, GROUPS, count=3, folds=0).shares).all()
    with pytest.raises(InputError, match="groups"):
        estimators.carried(x, y, GROUPS[:50], count=3)
    with pytest.raises(InputError, match="groups"):
        estimators.carried(x, y, GROUPS, count=2)
