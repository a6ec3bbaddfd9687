"""The paper's difficulty distributions, fitted."""

from __future__ import annotations

import numpy as np
import pytest

from trichotomy import estimators


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.32), (0.5, 0.5), (3.0, 2.0)])
def test_a_beta_on_the_grid_is_found_again(alpha: float, beta: float) -> None:
    counts = 1e6 * estimators.beta_difficulty(13, alpha=alpha, beta=beta)
    assert estimators.fit_beta_difficulty(counts) == pytest.approx((alpha, beta), rel=2e-3)


@pytest.mark.parametrize(("slope", "shift"), [(-6.85, 0.5), (-6.85, 0.7), (-3.0, 1.2), (-20.0, 0.3)])
def test_a_sigmoid_is_found_again(slope: float, shift: float) -> None:
    counts = 1e6 * estimators.sigmoid_difficulty(13, slope=slope, shift=shift)
    assert estimators.fit_sigmoid_difficulty(counts) == pytest.approx((slope, shift), rel=2e-3)


def test_a_rising_sigmoid_is_the_falling_one_mirrored() -> None:
    np.testing.assert_allclose(
        estimators.sigmoid_difficulty(9, slope=5.0, shift=0.3),
        estimators.sigmoid_difficulty(9, slope=-5.0, shift=0.7),
        atol=1e-12,
    )


def test_fitted_is_at_least_as_likely_as_printed() -> None:
    counts = np.random.default_rng(4).multinomial(2000, estimators.beta_binomial(11, 0.7, 0.4))
    a, b = estimators.fit_beta_difficulty(counts)
    slope, shift = estimators.fit_sigmoid_difficulty(counts)
    mean = float(counts @ np.arange(12) / counts.sum() / 11)
    for fitted, printed in (
        (estimators.beta_difficulty(11, alpha=a, beta=b), estimators.beta_difficulty(11)),
        (
            estimators.sigmoid_difficulty(11, slope=slope, shift=shift),
            estimators.sigmoid_difficulty(11, mean),
        ),
    ):
        assert estimators.log_likelihood(counts, fitted) >= estimators.log_likelihood(counts, printed)


def test_the_maximum_is_one() -> None:
    counts = np.array([20, 16, 17, 19, 24, 30])
    a, b = estimators.fit_beta_difficulty(counts)
    best = estimators.log_likelihood(counts, estimators.beta_difficulty(5, alpha=a, beta=b))
    for da, db in ((1.05, 1), (0.95, 1), (1, 1.05), (1, 0.95)):
        other = estimators.beta_difficulty(5, alpha=a * da, beta=b * db)
        assert estimators.log_likelihood(counts, other) < best


def test_shift_reaches_the_mean() -> None:
    for accuracy in (0.05, 0.5, 0.9):
        shift = estimators.sigmoid_shift(accuracy)
        h = estimators.sigmoid_difficulty(7, shift=shift)
        assert h @ np.arange(8) / 7 == pytest.approx(accuracy, abs=1e-6)


@pytest.mark.parametrize("counts", [[3, 4], [5, 0, 0, 0], [0, 0, 0, 9]])
def test_nothing_to_fit_is_undefined(counts: list[int]) -> None:
    assert np.isnan(estimators.fit_beta_difficulty(counts)).all()
    assert np.isnan(estimators.fit_sigmoid_difficulty(counts)).all()
