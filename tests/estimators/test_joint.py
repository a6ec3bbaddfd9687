"""Means over pairs and differences of pairs, with intervals that know what the pairs share."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from literal import decisions, kappa, kappas, mean_of_pairs, standard_error
from numpy.typing import NDArray
from scipy import stats

from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError


def test_mean_kappa_is_the_plain_mean_with_its_linearised_error(crowd: NDArray) -> None:
    c = crowd[:, :80]
    ours = estimators.mean_kappa(c)
    assert ours.value == pytest.approx(mean_of_pairs(kappas(c)), abs=1e-12)
    assert ours.n == 15
    expected = standard_error(lambda w: mean_of_pairs(kappas(c, w)), 80)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)
    half = stats.norm.ppf(0.975) * ours.standard_error
    assert (ours.lower, ours.upper) == pytest.approx((ours.value - half, ours.value + half), abs=1e-12)


def test_mean_kappa_with_missing_decisions(gappy: NDArray) -> None:
    c = gappy[:4, :80]
    ours = estimators.mean_kappa(c)
    assert ours.value == pytest.approx(mean_of_pairs(kappas(c)), abs=1e-12)
    expected = standard_error(lambda w: mean_of_pairs(kappas(c, w)), 80)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)


def test_linearised_error_is_near_the_jackknife_over_items(crowd: NDArray) -> None:
    c, N = crowd[:4, :200], 200
    without = [estimators.mean_kappa(np.delete(c, i, axis=1)).value for i in range(N)]
    jackknife = np.sqrt((N - 1) / N * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert estimators.mean_kappa(c).standard_error == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize("which", ["crowd", "gappy"])
def test_bootstrap_and_linearised_intervals_agree(which: str, request: pytest.FixtureRequest) -> None:
    c = request.getfixturevalue(which)
    fast = estimators.mean_kappa(c)
    slow = estimators.mean_kappa(c, method="bootstrap", draws=1500, rng=1)
    assert slow.value == fast.value
    assert slow.standard_error == pytest.approx(fast.standard_error, rel=0.08)
    assert slow.lower == pytest.approx(fast.lower, abs=0.25 * fast.standard_error)
    assert slow.upper == pytest.approx(fast.upper, abs=0.25 * fast.standard_error)


def test_difference_of_two_pairs_that_share_an_observer(crowd: NDArray) -> None:
    c = crowd[:, :80]
    ours = estimators.kappa_difference(c, (0, 1), (1, 2))
    assert ours.value == pytest.approx(kappa(c[0], c[1]) - kappa(c[1], c[2]), abs=1e-12)

    def difference(w: NDArray) -> float:
        return kappa(c[0], c[1], w) - kappa(c[1], c[2], w)

    assert ours.standard_error == pytest.approx(standard_error(difference, 80), rel=1e-4)
    assert ours.n == 2


def test_difference_changes_sign_and_vanishes_for_a_pair_with_itself(crowd: NDArray) -> None:
    there, back = (estimators.kappa_difference(crowd, *p) for p in (((0, 1), (2, 3)), ((2, 3), (0, 1))))
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower), abs=1e-12)
    assert there.value == pytest.approx(-back.value, abs=1e-12)


def test_difference_has_a_bootstrap(crowd: NDArray) -> None:
    fast = estimators.kappa_difference(crowd, (0, 1), (0, 2))
    slow = estimators.kappa_difference(crowd, (0, 1), (0, 2), method="bootstrap", draws=1500)
    assert slow.standard_error == pytest.approx(fast.standard_error, rel=0.08)


def test_an_observer_is_no_pair_with_itself(crowd: NDArray) -> None:
    with pytest.raises(InputError, match="cannot be paired with itself"):
        estimators.kappa_difference(crowd, (0, 0), (1, 2))


def test_the_undefined_pair_leaves_a_mean_but_not_a_difference(crowd: NDArray) -> None:
    c = crowd[:4].copy()
    c[:2] = 1
    mean = estimators.mean_kappa(c)
    assert mean.value == pytest.approx(mean_of_pairs(kappas(c)), abs=1e-12)
    assert mean.n == 5
    difference = estimators.kappa_difference(c, (0, 1), (2, 3))
    assert np.isnan([difference.value, difference.lower, difference.upper, difference.standard_error]).all()


@pytest.mark.parametrize("method", ["linearised", "bootstrap"])
def test_nothing_defined_is_nan(method: str) -> None:
    nothing = estimators.mean_kappa(np.ones((3, 9), dtype=bool), method=method)
    assert np.isnan([nothing.value, nothing.lower, nothing.upper]).all()
    assert nothing.n == 0


@pytest.mark.parametrize("draws", [1, 20])
def test_a_bootstrap_of_two_items_is_finite_or_nan_but_never_a_warning(draws: int) -> None:
    tiny = estimators.mean_kappa(np.array([[1, 0], [1, 0]], dtype=np.int8), method="bootstrap", draws=draws)
    assert tiny.value == 1.0
    assert np.isnan(tiny.standard_error) or tiny.standard_error >= 0


def test_chosen_pairs_only(crowd: NDArray) -> None:
    conditions = np.array(["x", "x", "y", "y", "y", "z"])
    alike = conditions[:, None] == conditions[None, :]
    inside = [kappa(crowd[a], crowd[b]) for a, b in combinations(range(6), 2) if alike[a, b]]
    ours = estimators.mean_kappa(crowd, pairs=alike)
    assert ours.value == pytest.approx(np.mean(inside), abs=1e-12)
    assert ours.n == len(inside) == 4


def test_no_pairs_chosen_is_nan(crowd: NDArray) -> None:
    assert np.isnan(estimators.mean_kappa(crowd, pairs=np.zeros((6, 6), dtype=bool)).value)


def test_clusters_are_summed_before_they_are_compared(crowd: NDArray) -> None:
    c = crowd[:4, :80]
    labels = np.random.default_rng(2).choice(["cat", "dog", "owl", "fox", "elk"], size=80)
    ours = estimators.mean_kappa(c, clusters=labels)
    expected = standard_error(lambda w: mean_of_pairs(kappas(c, w)), 80, clusters=labels)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)
    half = stats.t.ppf(0.975, 4) * ours.standard_error
    assert ours.upper - ours.value == pytest.approx(half, rel=1e-9)
    assert "5 clusters" in ours.method


def test_clusters_of_one_item_are_items(crowd: NDArray) -> None:
    items, clusters = (estimators.mean_kappa(crowd, clusters=k) for k in (None, np.arange(300)[::-1]))
    assert clusters.standard_error == pytest.approx(items.standard_error, rel=1e-9)


def test_cluster_bootstrap_and_linearised_agree(crowd: NDArray) -> None:
    labels = np.random.default_rng(2).integers(40, size=300)
    fast = estimators.mean_kappa(crowd, clusters=labels)
    slow = estimators.mean_kappa(crowd, clusters=labels, method="bootstrap", draws=1500)
    assert slow.standard_error == pytest.approx(fast.standard_error, rel=0.1)
    assert "40 clusters" in slow.method


def test_copied_items_need_clusters(crowd: NDArray) -> None:
    tripled, labels = np.repeat(crowd, 3, axis=1), np.repeat(np.arange(300), 3)
    single = estimators.mean_kappa(crowd).standard_error
    assert estimators.mean_kappa(tripled).standard_error == pytest.approx(single / np.sqrt(3), rel=0.01)
    assert estimators.mean_kappa(tripled, clusters=labels).standard_error == pytest.approx(single, rel=1e-6)


def test_one_cluster_says_nothing_about_the_spread(crowd: NDArray) -> None:
    one = estimators.mean_kappa(crowd, clusters=np.zeros(300))
    assert np.isfinite(one.value)
    assert np.isnan([one.lower, one.upper, one.standard_error]).all()


def test_an_unknown_method_is_refused(crowd: NDArray) -> None:
    with pytest.raises(UnknownNameError, match="bootstrap"):
        estimators.mean_kappa(crowd, method="bootstraps")


@given(decisions(missing=True))
def test_mean_of_any_decisions(correct: NDArray) -> None:
    ours = estimators.mean_kappa(correct)
    assert ours.value == pytest.approx(mean_of_pairs(kappas(correct)), abs=1e-9, nan_ok=True)
    assert np.isnan(ours.value) or -1 <= ours.value <= 1
    assert np.isnan(ours.standard_error) or ours.standard_error >= 0


def test_jackknife_is_the_deletion_of_observers(crowd: NDArray) -> None:
    k = kappas(crowd)
    without = np.array([mean_of_pairs(np.delete(np.delete(k, m, 0), m, 1)) for m in range(6)])
    error = np.sqrt(5 / 6 * np.sum((without - without.mean()) ** 2))
    ours = estimators.jackknife_mean(k)
    assert ours.value == pytest.approx(mean_of_pairs(k), abs=1e-12)
    assert ours.standard_error == pytest.approx(error, abs=1e-12)
    assert ours.upper - ours.value == pytest.approx(stats.t.ppf(0.975, 5) * error, abs=1e-9)


def test_jackknife_leaves_undefined_pairs_out(crowd: NDArray) -> None:
    k = kappas(crowd)
    k[0, 1] = k[1, 0] = np.nan
    without = np.array([mean_of_pairs(np.delete(np.delete(k, m, 0), m, 1)) for m in range(6)])
    ours = estimators.jackknife_mean(k)
    assert ours.value == pytest.approx(mean_of_pairs(k), abs=1e-12)
    assert ours.standard_error == pytest.approx(
        np.sqrt(5 / 6 * np.sum((without - without.mean()) ** 2)), abs=1e-12
    )


def test_jackknife_is_undefined_where_a_deletion_leaves_no_pair() -> None:
    k = np.full((3, 3), np.nan)
    k[0, 1] = k[1, 0] = 0.5
    ours = estimators.jackknife_mean(k)
    assert ours.value == 0.5
    assert np.isnan([ours.lower, ours.upper, ours.standard_error]).all()


def test_jackknife_of_nothing_defined_is_nan() -> None:
    ours = estimators.jackknife_mean(np.full((4, 4), np.nan))
    assert np.isnan([ours.value, ours.lower, ours.upper, ours.standard_error]).all()


def test_jackknife_needs_three_observers() -> None:
    with pytest.raises(InputError, match="three or more; there are 2"):
        estimators.jackknife_mean(np.ones((2, 2)))
