"""Consistency among items in between, against loops over pairs and items."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import literal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from literal import decisions, mean_of_pairs, standard_error, table, table_kappa
from numpy.typing import NDArray
from scipy import integrate, stats

from trichotomy import estimators
from trichotomy.errors import InputError

FAMILIES = ["r", "r", "v", "r", "d", "v"]


def off_diagonal(values: NDArray) -> NDArray:
    return np.where(np.eye(len(values), dtype=bool), np.nan, values)


@given(decisions(observers=(3, 6)), st.integers(0, 1))
def test_insample_one_pair_at_a_time(correct: NDArray, tolerance: int) -> None:
    found = estimators.insample_consistency(correct, tolerance=tolerance)
    expected = literal.insample(correct, tolerance)
    np.testing.assert_allclose(off_diagonal(found.kappa), expected, atol=1e-9)
    assert found.mean.value == pytest.approx(mean_of_pairs(expected), abs=1e-9, nan_ok=True)
    s = correct.sum(axis=0)
    kept = int(np.sum((s > tolerance) & (s < len(correct) - tolerance)))
    np.testing.assert_array_equal(found.n, kept)
    np.testing.assert_array_equal(found.judges, len(correct))


@given(decisions(observers=(3, 6)), st.integers(0, 1))
def test_crossfit_one_pair_at_a_time(correct: NDArray, tolerance: int) -> None:
    found = estimators.crossfit_consistency(correct, tolerance=tolerance)
    expected, n = literal.crossfit(correct, tolerance)
    np.testing.assert_allclose(off_diagonal(found.kappa), expected, atol=1e-9)
    off = ~np.eye(len(correct), dtype=bool)
    np.testing.assert_array_equal(found.n[off], n[off])
    np.testing.assert_array_equal(found.judges[off], len(correct) - 2)
    assert found.mean.value == pytest.approx(mean_of_pairs(expected), abs=1e-9, nan_ok=True)
    assert found.mean.n == np.sum(~np.isnan(expected)) // 2


@given(
    decisions(observers=(3, 7)), st.integers(0, 1), st.lists(st.sampled_from("abcd"), min_size=7, max_size=7)
)
def test_crossfit_leaves_both_families_out(correct: NDArray, tolerance: int, labels: list[str]) -> None:
    families = labels[: len(correct)]
    found = estimators.crossfit_consistency(correct, families=families, tolerance=tolerance)
    expected, n = literal.crossfit(correct, tolerance, families=families)
    np.testing.assert_allclose(off_diagonal(found.kappa), expected, atol=1e-9)
    off = ~np.eye(len(correct), dtype=bool)
    np.testing.assert_array_equal(found.n[off], n[off])
    for a, b in zip(*np.nonzero(off), strict=True):
        judges = [m for m in range(len(correct)) if families[m] not in (families[a], families[b])]
        assert found.judges[a, b] == len(judges)


def test_families_of_one_are_no_families(crowd: NDArray) -> None:
    without = estimators.crossfit_consistency(crowd)
    singles = estimators.crossfit_consistency(crowd, families=list("fedcba"))
    np.testing.assert_array_equal(singles.kappa, without.kappa)
    assert singles.mean == without.mean


@pytest.mark.parametrize(("observers", "tolerance"), [(3, 0), (5, 1), (2, 0)])
def test_crossfit_is_undefined_with_too_few_judges(observers: int, tolerance: int, crowd: NDArray) -> None:
    found = estimators.crossfit_consistency(crowd[:observers], tolerance=tolerance)
    assert np.isnan(found.kappa).all()
    assert np.isnan([found.mean.value, found.mean.lower, found.mean.upper]).all()
    assert found.mean.n == 0


def test_crossfit_is_defined_with_just_enough_judges(crowd: NDArray) -> None:
    assert np.isfinite(estimators.crossfit_consistency(crowd[:4]).mean.value)
    assert np.isfinite(estimators.crossfit_consistency(crowd[:6], tolerance=1).mean.value)


def test_one_family_leaves_no_judges(crowd: NDArray) -> None:
    found = estimators.crossfit_consistency(crowd, families=["x"] * 6)
    assert np.isnan(off_diagonal(found.kappa)).all()
    np.testing.assert_array_equal(found.judges, 0)


@pytest.mark.parametrize("method", ["insample", "crossfit"])
def test_a_tolerance_that_does_not_fit_is_refused(method: str, crowd: NDArray) -> None:
    consistency = getattr(estimators, f"{method}_consistency")
    with pytest.raises(InputError, match="tolerance -1"):
        consistency(crowd, tolerance=-1)


def test_insample_refuses_a_tolerance_beyond_half(crowd: NDArray) -> None:
    with pytest.raises(InputError, match="tolerance 3 does not fit 6"):
        estimators.insample_consistency(crowd, tolerance=3)


@pytest.mark.parametrize("method", ["insample", "crossfit", "residual"])
def test_missing_decisions_are_refused(method: str, gappy: NDArray) -> None:
    consistency = getattr(estimators, f"{method}_consistency")
    with pytest.raises(InputError, match="all observers answered"):
        consistency(gappy)


def test_pair_intervals_are_those_of_the_kept_tables(crowd: NDArray) -> None:
    found = estimators.insample_consistency(crowd)
    s = crowd.sum(axis=0)
    cells = estimators.pair_cells(crowd[:, (s > 0) & (s < 6)])
    above = np.triu_indices(6, 1)
    low, high = estimators.kappa_interval(cells.of(above))
    np.testing.assert_allclose(found.lower[above], low)
    np.testing.assert_allclose(found.upper.T[above], high)
    assert np.all(found.lower[above] < found.kappa[above])
    assert np.all(found.kappa[above] < found.upper[above])


@pytest.mark.parametrize("tolerance", [0, 1])
def test_error_of_the_crossfitted_mean_is_the_numerical_derivative(crowd: NDArray, tolerance: int) -> None:
    c = crowd[:, :40]
    ours = estimators.crossfit_consistency(c, tolerance=tolerance).mean
    expected = standard_error(lambda w: mean_of_pairs(literal.crossfit(c, tolerance, w)[0]), 40)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)


def test_error_of_the_crossfitted_mean_with_families(crowd: NDArray) -> None:
    c = crowd[:, :40]
    ours = estimators.crossfit_consistency(c, families=FAMILIES).mean
    expected = standard_error(lambda w: mean_of_pairs(literal.crossfit(c, 0, w, FAMILIES)[0]), 40)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)


def test_error_of_the_insample_mean_is_the_numerical_derivative(crowd: NDArray) -> None:
    c = crowd[:, :40]
    ours = estimators.insample_consistency(c).mean
    expected = standard_error(lambda w: mean_of_pairs(literal.insample(c, 0, w)), 40)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("method", ["insample", "crossfit", "residual"])
def test_linearised_error_is_near_the_bootstrap(method: str, crowd: NDArray) -> None:
    consistency = getattr(estimators, f"{method}_consistency")
    rng = np.random.default_rng(6)
    drawn = [consistency(crowd[:, rng.integers(300, size=300)]).mean.value for _ in range(200)]
    assert consistency(crowd).mean.standard_error == pytest.approx(np.std(drawn, ddof=1), rel=0.2)


@settings(max_examples=20)
@given(decisions(observers=(4, 6)), st.randoms(use_true_random=False))
def test_order_does_not_matter(correct: NDArray, random: Random) -> None:
    observers, items = list(range(len(correct))), list(range(correct.shape[1]))
    random.shuffle(observers)
    random.shuffle(items)
    moved = correct[np.ix_(observers, items)]
    families = np.array(["x", "y", "x", "z", "y", "w"])[: len(correct)]
    for before, after in (
        (estimators.insample_consistency(correct), estimators.insample_consistency(moved)),
        (estimators.crossfit_consistency(correct), estimators.crossfit_consistency(moved)),
        (
            estimators.crossfit_consistency(correct, families=families),
            estimators.crossfit_consistency(moved, families=families[observers]),
        ),
    ):
        np.testing.assert_allclose(after.kappa, before.kappa[np.ix_(observers, observers)], atol=1e-12)
        assert after.mean.value == pytest.approx(before.mean.value, abs=1e-12, nan_ok=True)
        assert after.mean.standard_error == pytest.approx(
            before.mean.standard_error, rel=1e-4, abs=1e-6, nan_ok=True
        )


def pooled(correct: NDArray, tolerance: int, method: str) -> tuple[float, float]:
    """Kappa and kept share of all ordered pairs' cells added up, item by item."""
    M, N = correct.shape
    total = np.zeros(4)
    for a in range(M):
        for b in range(M):
            if a == b:
                continue
            judges = {
                "raw": [],
                "insample": list(range(M)),
                "crossfit": [m for m in range(M) if m not in (a, b)],
            }[method]
            kept = [
                i for i in range(N)
                if method == "raw" or tolerance < correct[judges, i].sum() < len(judges) - tolerance
            ]  # fmt: skip
            total += table(correct[a, kept], correct[b, kept])
    return table_kappa(tuple(total)), float(total.sum() / (N * M * (M - 1)))


@given(decisions(observers=(4, 6)), st.integers(0, 1), st.sampled_from(["raw", "insample", "crossfit"]))
def test_pooled_consistency_follows_from_the_counts_alone(
    correct: NDArray, tolerance: int, method: str
) -> None:
    found = estimators.pooled_consistency(estimators.histogram(correct), tolerance=tolerance)
    if method == "crossfit" and len(correct) - 2 < 2 * tolerance + 2:
        assert np.isnan([found["crossfit"], found["crossfit_kept"]]).all()
        return
    value, kept = pooled(correct, tolerance, method)
    assert found[method] == pytest.approx(value, abs=1e-9, nan_ok=True)
    assert found[f"{method}_kept"] == pytest.approx(kept, abs=1e-12)


@given(decisions(observers=(3, 6)))
def test_pooled_residual_follows_from_the_counts_alone(correct: NDArray) -> None:
    M = len(correct)
    top = bottom = 0.0
    for level in range(M - 1):
        total = np.zeros(4)
        for a in range(M):
            for b in range(M):
                if a != b:
                    inside = correct.sum(axis=0) - correct[a] - correct[b] == level
                    total += table(correct[a, inside], correct[b, inside])
        n = max(total.sum(), 1)
        p, q = (total[0] + total[1]) / n, (total[0] + total[2]) / n
        expected = p * q + (1 - p) * (1 - q)
        top += total[0] + total[3] - total.sum() * expected
        bottom += total.sum() * (1 - expected)
    found = estimators.pooled_consistency(estimators.histogram(correct))["residual"]
    assert found == pytest.approx(top / bottom if bottom > 1e-9 else np.nan, abs=1e-9, nan_ok=True)


def test_pooled_consistency_does_not_depend_on_the_number_of_items(crowd: NDArray) -> None:
    counts = estimators.histogram(crowd)
    assert estimators.pooled_consistency(counts / 300) == pytest.approx(estimators.pooled_consistency(counts))


def test_pooled_consistency_of_no_item_or_one_observer_is_nan() -> None:
    for counts in ([0, 0, 0, 0, 0], [3, 4]):
        assert np.isnan(list(estimators.pooled_consistency(counts).values())).all()


@pytest.mark.parametrize(("alpha", "beta"), [(0.75, 0.3), (2.0, 3.0), (0.1, 0.1)])
def test_raw_conditional_independence_is_the_intraclass_correlation(alpha: float, beta: float) -> None:
    found = estimators.conditional_independence(alpha, beta, 9)
    assert found["raw"] == pytest.approx(1 / (alpha + beta + 1), abs=1e-9)


@pytest.mark.parametrize(("alpha", "beta"), [(0.75, 0.3), (2.0, 3.0), (0.1, 0.1)])
@pytest.mark.parametrize("observers", [3, 11, 64])
def test_residual_conditional_independence_is_that_of_the_posterior(
    observers: int, alpha: float, beta: float
) -> None:
    # after M - 2 judges the difficulty is Beta of total alpha + beta + M - 2, whatever their verdict
    found = estimators.conditional_independence(alpha, beta, observers)
    assert found["residual"] == pytest.approx(1 / (alpha + beta + observers - 1), abs=1e-9)


def test_residual_conditional_independence_needs_a_judge() -> None:
    assert np.isnan(estimators.conditional_independence(1.0, 1.0, 2)["residual"])


@pytest.mark.parametrize("tolerance", [0, 1])
def test_conditional_independence_by_integration(tolerance: int) -> None:
    alpha, beta, M = 1.4, 0.9, 8

    def expectation(of: Callable[..., Any]) -> float:
        density = stats.beta(alpha, beta).pdf
        return float(integrate.quad(lambda p: of(p) * density(p), 0, 1, limit=200)[0])

    def middle(p: float) -> float:
        return float(stats.binom.cdf(M - 3 - tolerance, M - 2, p) - stats.binom.cdf(tolerance, M - 2, p))

    parts = [expectation(lambda p, f=f: f(p) * middle(p)) for f in (lambda p: p * p, lambda p: p * (1 - p))]
    none = expectation(lambda p: (1 - p) ** 2 * middle(p))
    found = estimators.conditional_independence(alpha, beta, M, tolerance=tolerance)
    assert found["crossfit"] == pytest.approx(table_kappa((parts[0], parts[1], parts[1], none)), abs=1e-7)


def test_conditional_independence_follows_each_pairs_judges() -> None:
    def crossfit(observers: int) -> float:
        return estimators.conditional_independence(1.2, 0.6, observers)["crossfit"]

    judges = np.array([6, 6, 3, 1])  # one judge makes no partition
    found = estimators.conditional_independence(1.2, 0.6, 9, judges=judges)
    assert found["crossfit"] == pytest.approx((2 * crossfit(8) + crossfit(5)) / 3, abs=1e-12)
    assert found["raw"] == pytest.approx(1 / 2.8, abs=1e-9)
    none = estimators.conditional_independence(1.2, 0.6, 9, judges=np.array([1, 0]))
    assert np.isnan(none["crossfit"])


def test_conditional_independence_of_an_undefined_fit_is_nan() -> None:
    found = estimators.conditional_independence(np.nan, np.nan, 5)
    assert np.isnan(list(found.values())).all()


def test_the_papers_eleven_models() -> None:
    # counts: Meding et al. 2022, mean decisions of the rebuttal; values follow from them alone
    counts = [3522, 2230, 1893, 1851, 2088, 2243, 2444, 2878, 3409, 4442, 7081, 15919]
    found = estimators.pooled_consistency(counts, tolerance=1)
    chance = estimators.conditional_independence(*estimators.fit_beta_binomial(counts), 11, tolerance=1)
    assert [round(found[k], 3) for k in ("raw", "insample", "crossfit")] == [0.480, 0.097, 0.197]
    assert [round(chance[k], 3) for k in ("raw", "insample", "crossfit")] == [0.475, 0.101, 0.198]


@pytest.mark.parametrize("observers", [5, 9])
def test_independent_observers_of_equally_difficult_items(observers: int) -> None:
    rng = np.random.default_rng(8)
    correct = rng.random((observers, 40_000)) < 0.6
    crossfit = estimators.crossfit_consistency(correct).mean
    insample = estimators.insample_consistency(correct).mean
    residual = estimators.residual_consistency(correct).mean
    assert abs(crossfit.value) < 3 * crossfit.standard_error
    assert abs(residual.value) < 3 * residual.standard_error
    assert insample.upper < 0
    if observers == 5:
        assert insample.value < -0.05
