"""Intervals of means over pairs cover the mean of the population, worked out pattern by pattern."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import literal
import numpy as np
import pytest
from literal import mean_of_pairs
from numpy.typing import NDArray

from trichotomy import estimators
from trichotomy.estimators import Estimate

M, N = 6, 1000
PATTERNS = np.array(list(product((0, 1), repeat=M)), dtype=np.int8).T
"""int8[6, 64], every way in which six observers can decide about one item."""

OURS: dict[str, Callable[[NDArray], Estimate]] = {
    "raw": estimators.mean_kappa,
    "insample": lambda c: estimators.insample_consistency(c).mean,
    "crossfit": lambda c: estimators.crossfit_consistency(c).mean,
    "residual": lambda c: estimators.residual_consistency(c).mean,
}
TRUTH: dict[str, Callable[[NDArray], NDArray]] = {
    "raw": lambda w: literal.kappas(PATTERNS, w),
    "insample": lambda w: literal.insample(PATTERNS, 0, w),
    "crossfit": lambda w: literal.crossfit(PATTERNS, 0, w)[0],
    "residual": lambda w: literal.residual(PATTERNS, w),
}


def population() -> NDArray:
    """Probability of each pattern: observers of unequal ability, items of five difficulties."""
    ability, difficulty = np.linspace(-0.5, 1.5, M), np.array([-3.0, -1.5, 0.0, 1.5, 3.0])
    weight = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    right = 1 / (1 + np.exp(difficulty[:, None] - ability[None, :]))
    chance = np.where(PATTERNS[None] == 1, right[:, :, None], 1 - right[:, :, None]).prod(axis=1)
    return weight @ chance


def covered(method: str, replicates: int, *, of: Callable[[NDArray], Estimate] | None = None) -> float:
    """Share of samples of items whose interval holds the population's mean."""
    shares = population()
    truth = mean_of_pairs(TRUTH[method](shares))
    rng = np.random.default_rng(41)
    hits = 0
    for _ in range(replicates):
        drawn = np.repeat(PATTERNS, rng.multinomial(N, shares), axis=1)
        found = (of or OURS[method])(drawn)
        hits += found.lower <= truth <= found.upper
    return hits / replicates


@pytest.mark.parametrize("method", OURS)
def test_linearised_intervals_of_means_cover(method: str) -> None:
    assert 0.92 <= covered(method, 300) <= 0.98


@pytest.mark.long
@pytest.mark.parametrize("method", OURS)
def test_linearised_intervals_of_means_cover_closely(method: str) -> None:
    share = covered(method, 2000)
    assert 0.93 <= share <= 0.97


@pytest.mark.long
def test_bootstrap_calibrates_like_the_linearised_interval() -> None:
    slow = covered("raw", 500, of=lambda c: estimators.mean_kappa(c, method="bootstrap", draws=300, rng=3))
    fast = covered("raw", 500)
    assert abs(slow - fast) <= 0.02
    assert 0.92 <= slow <= 0.98


@pytest.mark.parametrize("method", ["insample", "crossfit", "residual", "raw"])
def test_estimates_reach_the_population(method: str) -> None:
    shares = population()
    drawn = np.repeat(PATTERNS, np.random.default_rng(42).multinomial(200_000, shares), axis=1)
    found = OURS[method](drawn)
    assert found.value == pytest.approx(mean_of_pairs(TRUTH[method](shares)), abs=4 * found.standard_error)
    assert found.standard_error < 0.005
