"""Nulls of the histogram, the fitted beta-binomial and the dichotomy index."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from literal import cells, decisions
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.optimize import linprog

from trichotomy import estimators
from trichotomy.errors import InputError
from trichotomy.estimators import nulls

ACCURACIES = st.lists(st.floats(0, 1), min_size=1, max_size=7)


def enumerated(accuracies: list[float]) -> NDArray:
    """Probability of 0..M right, by all 2**M patterns."""
    result = np.zeros(len(accuracies) + 1)
    for pattern in product((0, 1), repeat=len(accuracies)):
        chances = [p if right else 1 - p for p, right in zip(accuracies, pattern, strict=True)]
        result[sum(pattern)] += np.prod(chances)
    return result


@pytest.mark.parametrize(
    ("observers", "accuracy"), [(1, 0.3), (11, 0.73), (67, 0.99), (300, 0.5), (5, 0.0), (5, 1.0)]
)
def test_binomial_is_scipys(observers: int, accuracy: float) -> None:
    theirs = stats.binom.pmf(np.arange(observers + 1), observers, accuracy)
    np.testing.assert_allclose(estimators.binomial(observers, accuracy), theirs, rtol=1e-9, atol=1e-300)


@given(ACCURACIES)
def test_poisson_binomial_is_the_enumeration(accuracies: list[float]) -> None:
    np.testing.assert_allclose(estimators.poisson_binomial(accuracies), enumerated(accuracies), atol=1e-12)


def test_poisson_binomial_of_equal_accuracies_is_binomial() -> None:
    np.testing.assert_allclose(
        estimators.poisson_binomial(np.full(300, 0.7)), estimators.binomial(300, 0.7), rtol=1e-8, atol=1e-300
    )


@pytest.mark.skipif(
    not hasattr(stats, "poisson_binom"), reason="SciPy older than 1.15 has no Poisson-binomial"
)
def test_poisson_binomial_is_scipys() -> None:
    accuracies = np.random.default_rng(1).uniform(0.05, 0.99, size=67)
    theirs = stats.poisson_binom.pmf(np.arange(68), accuracies)
    np.testing.assert_allclose(estimators.poisson_binomial(accuracies), theirs, atol=1e-12)


def test_poisson_binomial_of_several_populations() -> None:
    accuracies = np.random.default_rng(2).random((3, 4, 5))
    together = estimators.poisson_binomial(accuracies)
    assert together.shape == (3, 4, 6)
    np.testing.assert_allclose(together[1, 2], enumerated(accuracies[1, 2].tolist()), atol=1e-12)


def test_per_class_null_mixes_by_size() -> None:
    accuracies, sizes = np.array([[0.9, 0.8, 0.7], [0.2, 0.3, 0.4]]), [30, 10]
    expected = 0.75 * enumerated([0.9, 0.8, 0.7]) + 0.25 * enumerated([0.2, 0.3, 0.4])
    np.testing.assert_allclose(estimators.per_class_poisson_binomial(accuracies, sizes), expected, atol=1e-12)


def test_two_spike() -> None:
    np.testing.assert_allclose(estimators.two_spike(4, 0.7), [0.3, 0, 0, 0, 0.7], atol=1e-12)


@given(ACCURACIES)
def test_comonotone_is_one_threshold_for_all(accuracies: list[float]) -> None:
    grid = (np.arange(20_000) + 0.5) / 20_000  # items in order; observer m gets the first p_m right
    s = np.sum(grid[None, :] < np.array(accuracies)[:, None], axis=0)
    literal = np.bincount(s, minlength=len(accuracies) + 1) / grid.size
    ours = estimators.comonotone(accuracies)
    np.testing.assert_allclose(ours, literal, atol=1.1e-4)
    assert ours[0] + ours[-1] == pytest.approx(1 - (max(accuracies) - min(accuracies)), abs=1e-12)


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.floats(0, 1, allow_subnormal=False).map(lambda p: round(p, 6)), st.floats(0.01, 1)),
        min_size=1,
        max_size=4,
    ),
)
def test_mixture_is_the_weighted_mean_of_binomials(observers: int, parts: list[tuple[float, float]]) -> None:
    p, w = np.array(parts).T
    literal = sum(v / w.sum() * stats.binom.pmf(np.arange(observers + 1), observers, a) for a, v in parts)
    np.testing.assert_allclose(estimators.mixture(observers, p, w), literal, atol=1e-10)


def test_the_authors_beta_difficulty_lives_on_their_grid() -> None:
    grid = np.linspace(0.01, 0.99, 100)
    density = stats.beta.pdf(grid, 1, 0.32)
    h = estimators.beta_difficulty(11)
    literal = sum(d * stats.binom.pmf(np.arange(12), 11, p) for d, p in zip(density, grid, strict=True))
    np.testing.assert_allclose(h, literal / density.sum(), atol=1e-12)
    assert h @ np.arange(12) / 11 == pytest.approx(0.703, abs=5e-4)
    assert stats.beta.mean(1, 0.32) == pytest.approx(0.758, abs=5e-4)


def test_sigmoid_difficulty_is_a_logistic_over_the_grid() -> None:
    p = 1 / (1 + np.exp(6.85 * (np.linspace(0.01, 0.99, 100) - 0.5)))
    literal = np.mean([stats.binom.pmf(np.arange(8), 7, a) for a in p], axis=0)
    np.testing.assert_allclose(estimators.sigmoid_difficulty(7), literal, atol=1e-12)
    assert estimators.sigmoid_difficulty(7) @ np.arange(8) / 7 == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("accuracy", [0.1, 0.5, 0.7613, 0.99])
def test_sigmoid_difficulty_reaches_an_accuracy(accuracy: float) -> None:
    assert estimators.sigmoid_difficulty(9, accuracy) @ np.arange(10) / 9 == pytest.approx(accuracy, abs=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [(0.75, 0.3), (1, 1), (20, 5), (0.01, 0.02), (3000, 1000)])
@pytest.mark.parametrize("observers", [2, 11, 100])
def test_beta_binomial_is_scipys(observers: int, alpha: float, beta: float) -> None:
    theirs = stats.betabinom.pmf(np.arange(observers + 1), observers, alpha, beta)
    np.testing.assert_allclose(
        estimators.beta_binomial(observers, alpha, beta), theirs, rtol=1e-7, atol=1e-14
    )


@given(ACCURACIES)
def test_every_null_is_a_distribution(accuracies: list[float]) -> None:
    M, mean = len(accuracies), float(np.mean(accuracies))
    for h in (
        estimators.binomial(M, mean), estimators.poisson_binomial(accuracies), estimators.two_spike(M, mean),
        estimators.comonotone(accuracies), estimators.beta_difficulty(M), estimators.sigmoid_difficulty(M, mean),
        estimators.beta_binomial(M, 0.5, 0.2),
    ):  # fmt: skip
        assert h.shape == (M + 1,)
        assert h.min() >= 0
        assert h.sum() == pytest.approx(1.0, abs=1e-9)


@given(ACCURACIES)
def test_nulls_keep_the_mean_accuracy(accuracies: list[float]) -> None:
    M, mean = len(accuracies), float(np.mean(accuracies))
    for h in (
        estimators.binomial(M, mean), estimators.poisson_binomial(accuracies), estimators.two_spike(M, mean),
        estimators.comonotone(accuracies),
    ):  # fmt: skip
        assert h @ np.arange(M + 1) == pytest.approx(M * mean, abs=1e-8)


def log_likelihood(counts: NDArray, alpha: float, beta: float) -> float:
    M = len(counts) - 1
    return float(counts @ stats.betabinom.logpmf(np.arange(M + 1), M, alpha, beta))


@pytest.mark.parametrize(
    "counts",
    [
        [3522, 2230, 1893, 1851, 2088, 2243, 2444, 2878, 3409, 4442, 7081, 15919],  # the paper's 11 models
        [5, 20, 40, 30, 8],
        [400, 3, 2, 1, 600],
        [90, 5, 3, 1, 1, 0],
        [0, 0, 1, 4, 20, 90],
        [7, 3, 9],
    ],
)
def test_fit_is_the_maximum_of_the_likelihood(counts: list[int]) -> None:
    h = np.array(counts, dtype=float)
    alpha, beta = estimators.fit_beta_binomial(h)
    found = log_likelihood(h, alpha, beta)
    best = max(
        -optimize.minimize(
            lambda x: -log_likelihood(h, *np.exp(x)), start, method="Nelder-Mead", bounds=[(-12, 12)] * 2,
            options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000},
        ).fun
        for start in ([0.0, 0.0], [-2.0, -2.0], [2.0, 1.0])
    )  # fmt: skip
    assert found >= best - 1e-6 * abs(best)


@pytest.mark.parametrize(("alpha", "beta"), [(0.75, 0.3), (2.0, 1.0), (0.05, 0.03), (30.0, 12.0)])
def test_fit_recovers_the_truth(alpha: float, beta: float) -> None:
    found = estimators.fit_beta_binomial(1e6 * stats.betabinom.pmf(np.arange(12), 11, alpha, beta))
    assert found == pytest.approx((alpha, beta), rel=1e-4)


def test_fit_does_not_depend_on_the_number_of_items(crowd: NDArray) -> None:
    counts = estimators.histogram(crowd)
    assert estimators.fit_beta_binomial(counts * 1000) == pytest.approx(
        estimators.fit_beta_binomial(counts), rel=1e-5
    )


def test_fit_of_items_all_equally_difficult_is_near_the_binomial() -> None:
    counts = 1e5 * stats.binom.pmf(np.arange(9), 8, 0.6)
    fitted = estimators.fit_beta_binomial(counts)
    assert sum(fitted) > 1e3
    np.testing.assert_allclose(estimators.beta_binomial(8, *fitted), estimators.binomial(8, 0.6), atol=1e-4)


@pytest.mark.parametrize("counts", [[3, 4], [0, 0, 5], [5, 0, 0, 0], [0, 0, 0], [7]])
def test_fit_is_nan_where_undefined(counts: list[int]) -> None:
    assert np.isnan(estimators.fit_beta_binomial(counts)).all()


@settings(max_examples=25)
@given(decisions(observers=(2, 6), items=(2, 40)))
def test_fit_never_fails_and_keeps_its_promise(correct: NDArray) -> None:
    counts = estimators.histogram(correct)
    alpha, beta = estimators.fit_beta_binomial(counts)
    if 0 < correct.mean() < 1:
        moderate = log_likelihood(counts.astype(float), correct.mean() * 2, (1 - correct.mean()) * 2)
        assert log_likelihood(counts.astype(float), alpha, beta) >= moderate - 1e-6
    else:
        assert np.isnan([alpha, beta]).all()


def test_total_variation() -> None:
    assert estimators.total_variation([1, 1, 2], [0.25, 0.25, 0.5]) == pytest.approx(0)
    assert estimators.total_variation([1, 0], [0, 3]) == pytest.approx(1)
    assert estimators.total_variation([3, 1], [1, 1]) == pytest.approx(0.25)


def test_total_variation_of_no_item_is_nan() -> None:
    assert np.isnan(estimators.total_variation([0, 0, 0], [1, 1, 1]))


@given(decisions(observers=(2, 2), items=(2, 40)))
def test_uncorrected_index_of_two_observers_is_kappa(correct: NDArray) -> None:
    index = estimators.dichotomy_index(
        estimators.histogram(correct), correct.mean(axis=1), corrected=False
    )  # fmt: skip
    k = float(estimators.error_consistency(correct)[0, 1])
    assert index.index == pytest.approx(k, abs=1e-9, nan_ok=True)


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20))
def test_index_of_two_equally_accurate_observers_is_kappa_corrected_or_not(
    differing: int, both: int, none: int
) -> None:
    n = both + none + 2 * differing
    accuracy = (both + differing) / n
    k = float(estimators.kappa(cells(both, differing, differing, none)))
    for corrected in (True, False):
        found = estimators.dichotomy_index([none, 2 * differing, both], [accuracy] * 2, corrected=corrected)
        assert found.index == pytest.approx(k, abs=1e-9)


def test_index_is_one_for_a_guttman_population_and_zero_for_independence() -> None:
    accuracies = [0.9, 0.75, 0.6, 0.3]
    for h, expected in ((estimators.comonotone(accuracies), 1), (estimators.poisson_binomial(accuracies), 0)):
        assert estimators.dichotomy_index(h, accuracies).index == pytest.approx(expected, abs=1e-9)


def test_index_names_its_parts() -> None:
    index = estimators.dichotomy_index([20, 30, 10, 40], [0.8, 0.5, 0.4])
    assert index.observed == pytest.approx(0.6)
    assert index.independent == pytest.approx(0.8 * 0.5 * 0.4 + 0.2 * 0.5 * 0.6)
    assert index.attainable == pytest.approx(0.6)
    assert index.index == pytest.approx((0.6 - 0.22) / (0.6 - 0.22))


def most_extreme(accuracies: list[float], tolerance: int) -> float:
    """Largest share of extremes over all joint distributions with these margins, pattern by pattern."""
    M = len(accuracies)
    patterns = np.array(list(product([0, 1], repeat=M)))
    s = patterns.sum(axis=1)
    extreme = (s <= tolerance) | (s >= M - tolerance)
    best = linprog(
        -extreme.astype(float), A_eq=np.vstack([np.ones(len(patterns)), patterns.T]), b_eq=[1.0, *accuracies]
    )
    return -float(best.fun)


@pytest.mark.parametrize("tolerance", [0, 1, 2])
@pytest.mark.parametrize(
    "accuracies",
    [[0.9, 0.9, 0.1, 0.1, 0.5], [0.55, 0.6, 0.7, 0.8, 0.9], [0.2, 0.2, 0.2, 0.2, 0.2], [1.0, 0.0, 0.3, 0.4, 0.9]],
)  # fmt: skip
def test_attainable_extremes_are_those_of_the_best_joint_distribution(
    accuracies: list[float], tolerance: int
) -> None:
    ours = estimators.attainable_extremes(accuracies, tolerance=tolerance)
    assert ours == pytest.approx(most_extreme(accuracies, tolerance), abs=1e-9)


def test_index_with_tolerance() -> None:
    h, accuracies = [10, 5, 5, 30, 50], [0.9, 0.8, 0.75, 0.65]
    found = estimators.dichotomy_index(h, accuracies, tolerance=1)
    independent = enumerated(accuracies)[[0, 1, 3, 4]].sum()
    attainable = most_extreme(accuracies, 1)
    assert found.observed == pytest.approx(0.95)
    assert found.index == pytest.approx((0.95 - independent) / (attainable - independent))


def test_index_is_undefined_where_all_are_always_right() -> None:
    assert np.isnan(estimators.dichotomy_index([0, 0, 0, 9], [1.0, 1.0, 1.0]).index)


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_rarefied_index_averages_the_shares_of_all_subsets(k: int) -> None:
    rng = np.random.default_rng(4)
    correct = rng.random((5, 60)) < rng.random(60) * np.linspace(0.6, 1.2, 5)[:, None]
    parts = np.zeros(3)
    for chosen in combinations(range(5), k):
        sub = correct[list(chosen)]
        index = estimators.dichotomy_index(estimators.histogram(sub), sub.mean(axis=1))
        parts += [index.observed, index.independent, index.attainable]
    parts /= len(list(combinations(range(5), k)))
    found = estimators.rarefied_dichotomy_index(estimators.histogram(correct), correct.mean(axis=1), k)
    assert (found.observed, found.independent, found.attainable) == pytest.approx(tuple(parts), abs=1e-10)
    assert found.index == pytest.approx((parts[0] - parts[1]) / (parts[2] - parts[1]), abs=1e-9)


@given(decisions(observers=(2, 6), items=(2, 40)))
def test_rarefied_to_all_observers_is_the_index(correct: NDArray) -> None:
    counts, accuracies = estimators.histogram(correct), correct.mean(axis=1)
    whole = estimators.dichotomy_index(counts, accuracies)
    rarefied = estimators.rarefied_dichotomy_index(counts, accuracies, len(correct))
    assert rarefied.index == pytest.approx(whole.index, abs=1e-6, nan_ok=True)
    assert rarefied.observed == pytest.approx(whole.observed, abs=1e-9)


@pytest.mark.parametrize("size", [1, 4])
def test_rarefied_index_refuses_sizes_out_of_reach(size: int) -> None:
    with pytest.raises(InputError, match="between 2 and 3"):
        estimators.rarefied_dichotomy_index([1, 2, 3, 4], [0.5, 0.5, 0.6], size)


def test_the_grid_is_the_authors() -> None:
    np.testing.assert_array_equal(nulls.GRID, np.linspace(0.01, 0.99, 100))
