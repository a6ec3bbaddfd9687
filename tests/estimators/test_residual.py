"""Kappa stratified by the rest score, against a loop over strata."""

from __future__ import annotations

from random import Random

import literal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from literal import decisions, mean_of_pairs, standard_error
from numpy.typing import NDArray

from trichotomy import estimators


@given(decisions(observers=(3, 6)))
def test_residual_one_stratum_at_a_time(correct: NDArray) -> None:
    found = estimators.residual_consistency(correct)
    expected = literal.residual(correct)
    np.testing.assert_allclose(found.kappa, expected, atol=1e-9)
    assert found.mean.value == pytest.approx(mean_of_pairs(expected), abs=1e-9, nan_ok=True)
    assert found.mean.n == np.sum(~np.isnan(expected)) // 2


def test_error_of_the_mean_is_the_numerical_derivative(crowd: NDArray) -> None:
    c = crowd[:, :60]
    ours = estimators.residual_consistency(c).mean
    expected = standard_error(lambda w: mean_of_pairs(literal.residual(c, w)), 60)
    assert ours.standard_error == pytest.approx(expected, rel=1e-4)


def test_two_observers_have_one_stratum(crowd: NDArray) -> None:
    residual = estimators.residual_consistency(crowd[:2])
    raw = estimators.mean_kappa(crowd[:2])
    assert residual.kappa[0, 1] == pytest.approx(raw.value, abs=1e-12)
    assert residual.mean.standard_error == pytest.approx(raw.standard_error, rel=1e-6)


@pytest.mark.parametrize("observers", [4, 8])
def test_independence_given_difficulty_leaves_what_few_judges_cannot_see(observers: int) -> None:
    # given a rest score of M - 2 judges, a Beta(a, b) difficulty still varies: kappa = 1 / (a + b + M - 1)
    chance = np.random.default_rng(9).beta(0.8, 0.5, size=60_000)
    correct = np.random.default_rng(10).random((observers, 60_000)) < chance
    found = estimators.residual_consistency(correct).mean
    assert found.value == pytest.approx(1 / (1.3 + observers - 1), abs=4 * found.standard_error)
    assert found.standard_error < 0.005


def test_siblings_stand_out_and_difficulty_does_not() -> None:
    rng = np.random.default_rng(9)
    chance = rng.beta(0.8, 0.5, size=20_000)
    correct = rng.random((8, 20_000)) < chance
    copied = rng.random(20_000) < 0.5
    correct[1] = np.where(copied, correct[0], correct[1])
    found = estimators.residual_consistency(correct).kappa
    assert found[0, 1] > 0.5
    assert np.nanmax(found[2:, 2:]) < 0.16
    assert np.nanmin(estimators.error_consistency(correct)[2:, 2:]) > 0.4


def test_constant_observers_are_zero_or_undefined() -> None:
    correct = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 0], [1, 1, 1, 1]], dtype=np.int8)
    found = estimators.residual_consistency(correct)
    assert np.isnan(found.kappa[0, 3])
    assert found.kappa[0, 1] == 0.0


@given(decisions(observers=(3, 6)), st.randoms(use_true_random=False))
def test_order_does_not_matter(correct: NDArray, random: Random) -> None:
    observers, items = list(range(len(correct))), list(range(correct.shape[1]))
    random.shuffle(observers)
    random.shuffle(items)
    before = estimators.residual_consistency(correct)
    after = estimators.residual_consistency(correct[np.ix_(observers, items)])
    np.testing.assert_allclose(after.kappa, before.kappa[np.ix_(observers, observers)], atol=1e-9)
    assert after.mean.value == pytest.approx(before.mean.value, abs=1e-9, nan_ok=True)
    np.testing.assert_array_equal(before.kappa, before.kappa.T)
    assert np.all(np.isnan(before.kappa) | (np.abs(before.kappa) <= 1 + 1e-9))
