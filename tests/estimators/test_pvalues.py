"""Fisher's exact test on log scale and the corrections for many pairs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from literal import cells, tables
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from trichotomy import estimators
from trichotomy.errors import UnknownNameError

ALTERNATIVES = ("two-sided", "greater", "less")


def enumerated(counts: tuple[int, ...], alternative: str, *, mid: bool) -> float:
    """Sum of the hypergeometric probabilities, in exact arithmetic."""
    both, a_only, b_only, none = (int(v) for v in counts)
    n, right_a, right_b = both + a_only + b_only + none, both + a_only, both + b_only
    ways = {
        x: comb(right_a, x) * comb(n - right_a, right_b - x)
        for x in range(max(0, right_a + right_b - n), min(right_a, right_b) + 1)
    }
    if alternative == "two-sided":
        extreme = {x for x in ways if ways[x] <= ways[both]}
        level = {x for x in ways if ways[x] == ways[both]}
    else:
        extreme = {x for x in ways if (x >= both if alternative == "greater" else x <= both)}
        level = {both}
    total = sum(Fraction(ways[x], 2 if mid and x in level else 1) for x in extreme)
    return float(total / sum(ways.values()))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(
    "counts",
    [
        (7, 2, 3, 8), (2, 7, 8, 3), (0, 5, 5, 0), (5, 0, 0, 5), (1, 0, 0, 0), (1, 0, 0, 1), (0, 1, 1, 0), (12, 5, 0, 0),
        (0, 0, 3, 4), (97, 1, 1, 1), (1, 1, 1, 97), (10, 10, 10, 10), (3, 17, 17, 3), (150, 20, 24, 6), (480, 9, 8, 3),
    ],
)  # fmt: skip
def test_fisher_is_scipys(counts: tuple[int, ...], alternative: str) -> None:
    theirs = stats.fisher_exact(np.reshape(counts, (2, 2)), alternative=alternative).pvalue
    ours = np.exp(float(estimators.fisher_log_p(cells(*counts), alternative=alternative)))
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("share", [-0.2, -0.05, -0.001, 0.0, 0.0015, 0.04, 0.2])
@pytest.mark.parametrize(("right_a", "right_b"), [(38_000, 35_000), (49_000, 48_500), (25_000, 25_000)])
def test_fisher_is_scipys_for_fifty_thousand_items(
    right_a: int, right_b: int, share: float, alternative: str
) -> None:
    n = 50_000
    expected = right_a * right_b / n
    limit = min(right_a, right_b) if share > 0 else max(0, right_a + right_b - n)
    both = round(expected + abs(share) * (limit - expected))
    counts = (both, right_a - both, right_b - both, n - right_a - right_b + both)
    theirs = stats.fisher_exact(np.reshape(counts, (2, 2)), alternative=alternative).pvalue
    ours = np.exp(float(estimators.fisher_log_p(cells(*counts), alternative=alternative)))
    assert ours == pytest.approx(theirs, rel=1e-7)


@pytest.mark.parametrize("both", [27_500, 30_000, 34_900])
def test_deep_tails_keep_their_logarithm(both: int) -> None:
    n, right_a, right_b = 50_000, 38_000, 35_000
    counts = (both, right_a - both, right_b - both, n - right_a - right_b + both)
    if both > right_a * right_b / n:
        ours = float(estimators.fisher_log_p(cells(*counts), alternative="greater"))
        theirs = stats.hypergeom.logsf(both - 1, n, right_a, right_b)
    else:
        ours = float(estimators.fisher_log_p(cells(*counts), alternative="less"))
        theirs = stats.hypergeom.logcdf(both, n, right_a, right_b)
    if both == 34_900:
        assert ours < -5000  # exp of it is zero
    assert ours == pytest.approx(theirs, rel=1e-8)


def test_the_deepest_tail_is_one_term() -> None:
    n = 50_000  # two observers of one accuracy that never differ: 1 / C(n, right)
    log_ways = float(np.sum(np.log(np.arange(20_001, n + 1))) - np.sum(np.log(np.arange(1, 30_001))))
    ours = float(estimators.fisher_log_p(cells(30_000, 0, 0, 20_000), alternative="greater"))
    assert ours == pytest.approx(-log_ways, rel=1e-10)


@given(tables(12), st.sampled_from(ALTERNATIVES))
def test_fisher_sums_the_outcomes(counts: tuple[float, ...], alternative: str) -> None:
    if sum(counts) == 0:
        return
    ours = float(np.exp(estimators.fisher_log_p(cells(*counts), alternative=alternative)))
    assert ours == pytest.approx(enumerated(counts, alternative, mid=False), rel=1e-9)


@given(tables(12), st.sampled_from(ALTERNATIVES))
def test_mid_p_counts_equally_probable_outcomes_by_half(counts: tuple[float, ...], alternative: str) -> None:
    if sum(counts) == 0:
        return
    ours = float(np.exp(estimators.fisher_log_p(cells(*counts), alternative=alternative, mid_p=True)))
    assert ours == pytest.approx(enumerated(counts, alternative, mid=True), rel=1e-9)


@pytest.mark.parametrize("counts", [(1, 0, 0, 1), (0, 1, 1, 0), (2, 1, 1, 2), (1, 2, 2, 1), (3, 2, 2, 3)])
def test_two_sided_mid_p_where_two_outcomes_are_the_most_probable(counts: tuple[int, ...]) -> None:
    ours = float(np.exp(estimators.fisher_log_p(cells(*counts), mid_p=True)))
    assert ours == pytest.approx(enumerated(counts, "two-sided", mid=True), rel=1e-9)


@given(tables(30), st.sampled_from(ALTERNATIVES))
def test_fisher_is_symmetric_and_a_probability(counts: tuple[float, ...], alternative: str) -> None:
    both, a_only, b_only, none = counts
    here = float(estimators.fisher_log_p(cells(*counts), alternative=alternative))
    swapped = float(estimators.fisher_log_p(cells(both, b_only, a_only, none), alternative=alternative))
    mirrored = float(estimators.fisher_log_p(cells(none, b_only, a_only, both), alternative=alternative))
    assert here <= 0
    assert (swapped, mirrored) == pytest.approx((here, here), abs=1e-8)
    if 0 in (both + a_only, both + b_only, none + a_only, none + b_only):
        assert here == pytest.approx(0, abs=1e-8)


def test_many_tables_at_once_are_the_single_ones() -> None:
    counts = np.random.default_rng(1).integers(0, 40, size=(4, 3, 5)).astype(float)
    together = estimators.fisher_log_p(cells(*counts))
    assert together.shape == (3, 5)
    for index in np.ndindex(3, 5):
        alone = float(estimators.fisher_log_p(cells(*counts[(slice(None), *index)])))
        assert together[index] == pytest.approx(alone, abs=1e-12)


def test_an_unknown_alternative_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="greater"):
        estimators.fisher_log_p(cells(1, 2, 3, 4), alternative="greatest")


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize(
    ("accuracy_a", "accuracy_b", "items"), [(0.5, 0.5, 30), (0.9, 0.8, 200), (0.95, 0.6, 60)]
)
def test_p_values_are_never_anti_conservative(
    accuracy_a: float, accuracy_b: float, items: int, alternative: str
) -> None:
    rng = np.random.default_rng(31)
    shares = np.outer([accuracy_a, 1 - accuracy_a], [accuracy_b, 1 - accuracy_b]).ravel()
    drawn = rng.multinomial(items, shares, size=6000).T.astype(float)
    p = np.exp(estimators.fisher_log_p(cells(*drawn), alternative=alternative))
    for a in (0.001, 0.01, 0.05, 0.1, 0.5):
        monte_carlo = 3 * np.sqrt(a * (1 - a) / p.size)
        assert np.mean(p <= a) <= a + monte_carlo
    assert np.mean(p <= 0.5) > 0.1


CORRECTIONS = [(estimators.holm, "holm"), (estimators.benjamini_hochberg, "fdr_bh")]


@pytest.mark.parametrize(("correct", "name"), CORRECTIONS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_corrections_are_statsmodels(correct: Callable[..., Any], name: str, seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.4, 2, size=45)
    p[:4] = p[4]  # ties
    theirs = multipletests(p, method=name)[1]
    np.testing.assert_allclose(np.exp(correct(np.log(p))), theirs, rtol=1e-10)


@pytest.mark.parametrize(("correct", "name"), CORRECTIONS)
def test_undefined_p_values_are_not_counted(correct: Callable[..., Any], name: str) -> None:
    p = np.array([[0.01, np.nan, 0.2], [0.04, 0.03, np.nan]])
    ours = np.exp(correct(np.log(p)))
    assert ours.shape == p.shape
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(p))
    np.testing.assert_allclose(ours[~np.isnan(p)], multipletests(p[~np.isnan(p)], method=name)[1], rtol=1e-10)


@pytest.mark.parametrize("correct", [estimators.holm, estimators.benjamini_hochberg])
def test_corrections_work_where_p_underflows(correct: Callable[..., Any]) -> None:
    log_p = np.array([-9000.0, -8000.0, -1.0])
    ours = correct(log_p)
    factors = [3, 2, 1] if correct is estimators.holm else [3, 1.5, 1]
    np.testing.assert_allclose(ours, log_p + np.log(factors), atol=1e-9)


@pytest.mark.parametrize("correct", [estimators.holm, estimators.benjamini_hochberg])
def test_corrections_of_nothing(correct: Callable[..., Any]) -> None:
    np.testing.assert_array_equal(correct(np.array([np.nan])), [np.nan])


@given(st.lists(st.floats(-30, 0), min_size=1, max_size=20))
def test_corrected_p_values_never_fall_below_the_given(log_p: list[float]) -> None:
    given_p = np.array(log_p)
    strict: NDArray = estimators.holm(given_p)
    mild: NDArray = estimators.benjamini_hochberg(given_p)
    assert np.all(given_p - 1e-12 <= mild)
    assert np.all(mild <= strict + 1e-12)
    assert np.all(strict <= 0)
