"""Intervals of a proportion and of one pair's kappa: agreement with references, and coverage."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from literal import cells, tables
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from trichotomy import estimators
from trichotomy.errors import UnknownNameError
from trichotomy.estimators import intervals

METHODS = ("dirichlet", "multinomial", "delta")
ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
ATTAINABLE = (0.0, 0.2, 0.4, 0.6, 0.8)
GRID = [
    (a, b, share, items)
    for a, b in combinations_with_replacement(ACCURACIES, 2)
    for share in ATTAINABLE
    for items in (200, 5000)
]
"""Accuracies of both, kappa as a share of its maximum, items; kappa is symmetric, so each pair stands once."""
PAIRS = 2000


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("right", "n"), [(0, 7), (1, 7), (7, 7), (37, 50), (4999, 5000)])
def test_wilson_is_statsmodels(right: int, n: int, level: float) -> None:
    ours = estimators.wilson(right, n, level=level)
    theirs = proportion_confint(right, n, alpha=1 - level, method="wilson")
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_wilson_takes_arrays_and_fractional_counts() -> None:
    low, high = estimators.wilson([0.0, 2.5, 4.0], [0.0, 5.0, 4.0])
    theirs = proportion_confint(2.5, 5.0, method="wilson")
    np.testing.assert_allclose(low, [np.nan, theirs[0], proportion_confint(4, 4, method="wilson")[0]])
    np.testing.assert_allclose(high, [np.nan, theirs[1], 1.0])


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_mirrors(case: tuple[int, int]) -> None:
    right, n = case
    low, high = estimators.wilson(right, n)
    mirrored = estimators.wilson(n - right, n)
    assert 0 <= low <= right / n <= high <= 1
    np.testing.assert_allclose((1 - mirrored[1], 1 - mirrored[0]), (low, high), atol=1e-12)


@pytest.mark.parametrize("counts", [(40, 7, 5, 12), (400, 1, 3, 9), (20, 20, 20, 20), (1, 30, 40, 2)])
def test_standard_error_is_statsmodels(counts: tuple[int, ...]) -> None:
    theirs = cohens_kappa(np.reshape(counts, (2, 2)))
    assert float(estimators.kappa_standard_error(cells(*counts))) == pytest.approx(
        theirs.std_kappa, rel=1e-10
    )


def test_delta_interval_is_statsmodels() -> None:
    theirs = cohens_kappa(np.array([[40, 7], [5, 12]]))
    ours = estimators.kappa_interval(cells(40, 7, 5, 12), method="delta")
    np.testing.assert_allclose(ours, (theirs.kappa_low, theirs.kappa_upp), atol=1e-10)


def test_dirichlet_interval_is_the_posterior_under_jeffreys_prior() -> None:
    counts = np.array([60.0, 8.0, 5.0, 11.0])
    shares = np.random.default_rng(1).dirichlet(counts + 0.5, size=200_000)
    literal = np.quantile(estimators.kappa(cells(*shares.T)), [0.025, 0.975])
    ours = estimators.kappa_interval(cells(*counts), draws=200_000, rng=2)
    np.testing.assert_allclose(ours, literal, atol=0.004)


def test_multinomial_interval_is_the_bootstrap_of_items() -> None:
    counts = (30, 6, 5, 9)
    a, b = np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)
    rng = np.random.default_rng(5)
    values = []
    for _ in range(5000):
        drawn = rng.integers(len(a), size=len(a))
        values.append(estimators.error_consistency(np.stack([a[drawn], b[drawn]]) == 1)[0, 1])
    ours = estimators.kappa_interval(cells(*counts), method="multinomial", draws=100_000, rng=3)
    np.testing.assert_allclose(ours, np.nanquantile(values, [0.025, 0.975]), atol=0.02)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("counts", [(5, 0, 0, 0), (0, 0, 0, 3), (0, 0, 0, 0)])
def test_an_undefined_kappa_has_no_interval(method: str, counts: tuple[int, ...]) -> None:
    np.testing.assert_equal(estimators.kappa_interval(cells(*counts), method=method), (np.nan, np.nan))


@pytest.mark.parametrize("method", METHODS)
def test_tables_of_any_shape_keep_it(method: str) -> None:
    counts = np.arange(1, 25, dtype=float).reshape(4, 2, 3)
    low, high = estimators.kappa_interval(cells(*counts), method=method, draws=200)
    assert low.shape == high.shape == (2, 3)
    assert np.all(low < high)


@given(tables(), st.sampled_from(METHODS))
def test_bounds_are_ordered_and_within_minus_one_and_one(counts: tuple[float, ...], method: str) -> None:
    low, high = estimators.kappa_interval(cells(*counts), method=method, draws=50)
    undefined = np.isnan(estimators.kappa(cells(*counts)))
    assert np.isnan(low) == np.isnan(high) == undefined
    assert undefined or -1 <= low <= high <= 1


@given(st.one_of(tables(2), tables()), st.sampled_from(METHODS))
def test_an_interval_holds_its_estimate(counts: tuple[float, ...], method: str) -> None:
    k = estimators.kappa(cells(*counts))
    low, high = estimators.kappa_interval(cells(*counts), method=method, draws=200)
    assert np.isnan(k) or low - 1e-12 <= k <= high + 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_observers_that_never_differ_have_an_interval_up_to_one(method: str) -> None:
    assert float(estimators.kappa_interval(cells(50, 0, 0, 50), method=method)[1]) == 1.0


def test_the_same_seed_gives_the_same_interval_and_a_generator_is_used() -> None:
    c = cells(30, 5, 6, 9)
    np.testing.assert_array_equal(estimators.kappa_interval(c, rng=4), estimators.kappa_interval(c, rng=4))
    generator = np.random.default_rng(4)
    first, second = estimators.kappa_interval(c, rng=generator), estimators.kappa_interval(c, rng=generator)
    np.testing.assert_array_equal(first, estimators.kappa_interval(c, rng=4))
    assert first != second


def test_a_higher_level_is_wider() -> None:
    c = cells(30, 5, 6, 9)
    (low, high), (lower, higher) = (estimators.kappa_interval(c, level=level) for level in (0.8, 0.99))
    assert lower < low < high < higher


def test_tables_done_in_parts_are_done_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.default_rng(0).integers(5, 60, size=(4, 7)).astype(float)
    whole = np.array(estimators.kappa_interval(cells(*counts), draws=4000))
    monkeypatch.setattr(intervals, "_DRAWS_AT_ONCE", 9000)
    np.testing.assert_allclose(estimators.kappa_interval(cells(*counts), draws=4000), whole, atol=0.03)


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean dirichlet"):
        estimators.kappa_interval(cells(1, 2, 3, 4), method="dirichlets")


def coverage(
    accuracy_a: float, accuracy_b: float, attainable: float, items: int, rng: np.random.Generator, method: str
) -> float:
    """Share of simulated pairs whose interval holds their kappa; pairs without kappa do not count."""
    highest = float(estimators.kappa_bounds(accuracy_a, accuracy_b)[1])
    k = attainable * highest
    product = accuracy_a * accuracy_b
    both = product + k * (accuracy_a + accuracy_b - 2 * product) / 2
    shares = [both, accuracy_a - both, accuracy_b - both, 1 - accuracy_a - accuracy_b + both]
    drawn = rng.multinomial(items, np.clip(shares, 0, 1), size=PAIRS).T.astype(float)
    low, high = estimators.kappa_interval(cells(*drawn), method=method, rng=rng)
    defined = ~np.isnan(low)
    return float(np.mean((low[defined] <= k) & (k <= high[defined])))


@pytest.mark.parametrize(
    ("accuracy_a", "accuracy_b", "attainable", "items"),
    [
        (0.5, 0.8, 0.2, 200), (0.95, 0.95, 0.0, 200), (0.95, 0.95, 0.8, 200), (0.5, 0.95, 0.4, 200),
        (0.7, 0.95, 0.8, 5000), (0.9, 0.95, 0.0, 5000),
    ],
)  # fmt: skip
def test_default_intervals_cover(accuracy_a: float, accuracy_b: float, attainable: float, items: int) -> None:
    covered = coverage(accuracy_a, accuracy_b, attainable, items, np.random.default_rng(21), "dirichlet")
    assert 0.91 <= covered <= 0.99


def test_plain_bootstrap_fails_where_the_default_holds() -> None:
    covered = {
        method: coverage(0.95, 0.95, 0.0, 200, np.random.default_rng(22), method) for method in METHODS
    }
    assert covered["dirichlet"] > 0.91 > max(covered["multinomial"], covered["delta"])


@pytest.mark.long
def test_default_intervals_cover_over_the_whole_grid() -> None:
    covered: dict[str, NDArray] = {}
    for method in METHODS:
        rng = np.random.default_rng(23)
        grid = GRID if method == "dirichlet" else [cell for cell in GRID if cell[-1] == 200]
        covered[method] = np.array([coverage(*cell, rng, method) for cell in grid])
    default = covered["dirichlet"]
    assert default.min() >= 0.91, GRID[int(default.argmin())]
    assert default.max() <= 0.99, GRID[int(default.argmax())]
    assert 0.93 <= default.mean() <= 0.97
    assert default.min() > max(covered["multinomial"].min(), covered["delta"].min())


def test_normal_quantile() -> None:
    assert intervals.normal_quantile(0.95) == pytest.approx(stats.norm.ppf(0.975), abs=1e-12)
