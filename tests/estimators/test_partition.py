"""The partition, its histogram, rarefaction and influence, against counting one item at a time."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from literal import decisions
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.errors import InputError


def shares(correct: NDArray, tolerance: int) -> tuple[float, float]:
    """Trivial and impossible shares, item by item."""
    wrong = [int(np.sum(item == 0)) for item in correct.T]
    right = [int(np.sum(item == 1)) for item in correct.T]
    N = correct.shape[1]
    return sum(w <= tolerance for w in wrong) / N, sum(r <= tolerance for r in right) / N


@given(decisions(observers=(1, 6)), st.integers(0, 2))
def test_partition_counts_the_observers_right(correct: NDArray, tolerance: int) -> None:
    M = len(correct)
    if 2 * tolerance >= M:
        return
    category = estimators.partition(estimators.number_right(correct), M, tolerance=tolerance)
    for i, item in enumerate(correct.T):
        trivial, impossible = sum(item) >= M - tolerance, sum(item) <= tolerance
        expected = (
            estimators.TRIVIAL if trivial else estimators.IMPOSSIBLE if impossible else estimators.IN_BETWEEN
        )
        assert category[i] == expected


@given(decisions(observers=(1, 6)))
def test_histogram_counts_items(correct: NDArray) -> None:
    M = len(correct)
    totals = [int(sum(item)) for item in correct.T]
    assert estimators.histogram(correct).tolist() == [totals.count(s) for s in range(M + 1)]
    assert estimators.histogram(correct == 1).tolist() == [totals.count(s) for s in range(M + 1)]


@given(decisions(observers=(3, 6)), st.integers(0, 1))
def test_extreme_shares_are_the_partitions(correct: NDArray, tolerance: int) -> None:
    found = estimators.extreme_shares(estimators.histogram(correct), tolerance=tolerance)
    assert found == pytest.approx(shares(correct, tolerance), abs=1e-12)


def test_extreme_shares_of_no_item_are_nan() -> None:
    np.testing.assert_equal(estimators.extreme_shares([0, 0, 0]), (np.nan, np.nan))


def test_the_categories_are_named_by_their_codes() -> None:
    assert estimators.CATEGORIES[estimators.TRIVIAL] == "trivial"
    assert estimators.CATEGORIES[estimators.IMPOSSIBLE] == "impossible"
    assert estimators.CATEGORIES[estimators.IN_BETWEEN] == "in-between"


@pytest.mark.parametrize(("tolerance", "observers"), [(-1, 5), (1, 2), (2, 4), (3, 5)])
def test_a_tolerance_that_does_not_fit_is_refused(tolerance: int, observers: int) -> None:
    with pytest.raises(InputError, match=f"tolerance {tolerance} does not fit {observers} observers"):
        estimators.partition(np.zeros(3, dtype=int), observers, tolerance=tolerance)


def test_missing_decisions_have_no_partition() -> None:
    with pytest.raises(InputError, match="all observers answered"):
        estimators.number_right(np.array([[1, -1], [0, 1]], dtype=np.int8))


@given(decisions(observers=(2, 6)), st.integers(0, 1))
def test_rarefaction_is_the_mean_over_all_subsets(correct: NDArray, tolerance: int) -> None:
    M = len(correct)
    sizes = list(range(1, M + 1))
    trivial, impossible = estimators.rarefaction(estimators.histogram(correct), sizes, tolerance=tolerance)
    for k in sizes:
        if k <= 2 * tolerance:
            assert np.isnan([trivial[k - 1], impossible[k - 1]]).all()
            continue
        subsets = [shares(correct[list(chosen)], tolerance) for chosen in combinations(range(M), k)]
        assert (trivial[k - 1], impossible[k - 1]) == pytest.approx(tuple(np.mean(subsets, axis=0)), abs=1e-9)


@given(decisions(observers=(3, 6)), st.integers(0, 1))
def test_rarefied_to_all_observers_is_the_observed_share(correct: NDArray, tolerance: int) -> None:
    counts = estimators.histogram(correct)
    found = estimators.rarefaction(counts, [len(correct)], tolerance=tolerance)
    expected = estimators.extreme_shares(counts, tolerance=tolerance)
    np.testing.assert_allclose(np.ravel(found), expected, atol=1e-12)


def test_rarefied_shares_fall_with_the_number_of_observers(crowd: NDArray) -> None:
    trivial, impossible = estimators.rarefaction(estimators.histogram(crowd), np.arange(1, 7))
    assert np.all(np.diff(trivial) < 0)
    assert np.all(np.diff(impossible) < 0)
    assert trivial[0] + impossible[0] == pytest.approx(1.0, abs=1e-12)


def test_rarefaction_holds_for_many_observers() -> None:
    trivial, impossible = estimators.rarefaction(np.ones(1001), [1, 500, 1000])
    # for s uniform on 0..M, E[C(s, k) / C(M, k)] = 1 / (k + 1)
    np.testing.assert_allclose(trivial, [1 / 2, 1 / 501, 1 / 1001], rtol=1e-8)
    np.testing.assert_allclose(impossible, trivial, rtol=1e-8)


@pytest.mark.parametrize("size", [0, 4])
def test_rarefaction_refuses_sizes_out_of_reach(size: int) -> None:
    with pytest.raises(InputError, match="between 1 and 3"):
        estimators.rarefaction([1, 2, 3, 4], [size])


def test_rarefaction_refuses_a_negative_tolerance() -> None:
    with pytest.raises(InputError, match="tolerance -1"):
        estimators.rarefaction([1, 2, 3, 4], [2], tolerance=-1)


def test_rarefaction_of_no_item_is_nan() -> None:
    np.testing.assert_equal(np.ravel(estimators.rarefaction([0, 0, 0], [2])), [np.nan, np.nan])


@given(decisions(observers=(4, 6)), st.integers(0, 1))
def test_influence_is_deletion(correct: NDArray, tolerance: int) -> None:
    trivial, impossible = estimators.influence(correct, tolerance=tolerance)
    for m in range(len(correct)):
        without = shares(np.delete(correct, m, axis=0), tolerance)
        assert (trivial[m], impossible[m]) == pytest.approx(without, abs=1e-12)


def test_influence_refuses_a_tolerance_that_one_observer_less_does_not_allow() -> None:
    with pytest.raises(InputError, match="tolerance 1 does not fit 2 observers"):
        estimators.influence(np.ones((3, 4), dtype=bool), tolerance=1)


@given(decisions(observers=(2, 6)), st.randoms(use_true_random=False))
def test_order_does_not_matter(correct: NDArray, random: Random) -> None:
    observers, items = list(range(len(correct))), list(range(correct.shape[1]))
    random.shuffle(observers)
    random.shuffle(items)
    moved = correct[np.ix_(observers, items)]
    np.testing.assert_array_equal(estimators.histogram(moved), estimators.histogram(correct))
    np.testing.assert_array_equal(estimators.number_right(moved), estimators.number_right(correct)[items])
    for after, before in zip(estimators.influence(moved), estimators.influence(correct), strict=True):
        np.testing.assert_allclose(after, before[observers], atol=1e-12)
