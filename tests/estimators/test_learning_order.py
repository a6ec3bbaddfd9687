"""Agreement on the order of learning, its mean over pairs and what each item does to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from trichotomy import estimators
from trichotomy.errors import InputError

E = 6


def times(M: int = 4, N: int = 80, seed: int = 0) -> NDArray:
    """Times of observers that share an order, with noise; some items are never learned."""
    rng = np.random.default_rng(seed)
    learned = rng.integers(0, E, N) + rng.integers(-2, 3, (M, N))
    return np.where((learned < 0) | (learned >= E), -1, learned)


def slow_mean(learned: NDArray, weights: NDArray, known: NDArray) -> float:
    """Weighted mean of SciPy's correlations, each over the items known for both."""
    late = np.where(learned < 0, E, learned)
    total = weight = 0.0
    for a in range(len(late)):
        for b in range(a + 1, len(late)):
            both = known[a] & known[b]
            total += weights[a, b] * stats.spearmanr(late[a, both], late[b, both]).statistic
            weight += weights[a, b]
    return total / weight


@given(st.integers(0, 10_000))
def test_pairs_with_gaps_are_spearmans_over_what_both_know(seed: int) -> None:
    learned = times(3, 40, seed)
    known = np.random.default_rng(seed).random(learned.shape) < 0.7
    late = np.where(learned < 0, E, learned)
    ours = estimators.order_agreement(learned, never=E, known=known)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        both = known[a] & known[b]
        if len(set(late[a, both])) > 1 and len(set(late[b, both])) > 1:
            expected = stats.spearmanr(late[a, both], late[b, both]).statistic
            assert ours[a, b] == ours[b, a] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("gaps", [False, True])
def test_the_mean_and_the_influence_of_an_item_by_adding_one(gaps: bool) -> None:
    learned = times()
    M, N = learned.shape
    known = np.random.default_rng(1).random((M, N)) < (0.8 if gaps else 2)
    weights = np.random.default_rng(2).random((M, M))
    value, influence, pairs = estimators.order_influence(learned, weights, never=E, known=known)
    assert value == pytest.approx(slow_mean(learned, np.triu(weights, 1), known))
    assert pairs == 6
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    copies = 300
    for i in range(0, N, 9):  # one item more among many copies of all: the derivative
        more = np.append(np.tile(np.arange(N), copies), i)
        after, _, _ = estimators.order_influence(learned[:, more], weights, never=E, known=known[:, more])
        assert (after - value) * len(more) / N == pytest.approx(influence[i], abs=2e-5)


def test_the_standard_error_is_the_bootstraps() -> None:
    learned = times(N=200)
    weights = np.ones((4, 4))
    _, influence, _ = estimators.order_influence(learned, weights, never=E)
    rng = np.random.default_rng(3)
    drawn = [
        estimators.order_influence(learned[:, rng.integers(200, size=200)], weights, never=E)[0]
        for _ in range(300)
    ]
    assert np.sqrt(np.sum(influence**2)) == pytest.approx(np.std(drawn), rel=0.12)


def test_order_of_items_and_observers_does_not_matter() -> None:
    learned, rng = times(), np.random.default_rng(4)
    items, observers = rng.permutation(80), rng.permutation(4)
    weights = rng.random((4, 4))
    weights = weights + weights.T
    value, influence, _ = estimators.order_influence(learned, weights, never=E)
    moved, of_moved, _ = estimators.order_influence(
        learned[observers][:, items], weights[np.ix_(observers, observers)], never=E
    )
    assert moved == pytest.approx(value)
    np.testing.assert_allclose(of_moved, influence[items], atol=1e-12)


def test_an_observer_that_learns_all_at_once_has_no_order() -> None:
    learned = times()
    learned[3] = 2
    ours = estimators.order_agreement(learned, never=E)
    assert np.isnan(ours[3]).all()
    assert np.isfinite(ours[:3, :3]).all()
    value, _, pairs = estimators.order_influence(learned, np.ones((4, 4)), never=E)
    assert pairs == 3
    assert value == pytest.approx(ours[:3, :3][np.triu_indices(3, 1)].mean())
    nothing, zeros, none = estimators.order_influence(learned, np.eye(4), never=E)
    assert np.isnan(nothing)
    assert none == 0
    assert not zeros.any()


def test_never_is_last_and_tied() -> None:
    assert estimators.order_agreement([[0, 1, 2, -1, -1], [0, 1, 2, 3, 3]], never=9)[0, 1] == pytest.approx(1)


def test_one_observer_alone_is_refused() -> None:
    with pytest.raises(InputError, match="observers by items"):
        estimators.order_agreement([1, 2, 3], never=4)
