"""Divergence of Gaussians."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from trichotomy import estimators
from trichotomy.errors import InputError


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 1), (3, 4), (9, 10), (0.5, 1.5), (99, 100)])
def test_by_numerical_integration(a: float, b: float) -> None:
    p, q = stats.norm(128, a), stats.norm(128, b)

    def integrand(x: float) -> float:
        return float(p.pdf(x) * (p.logpdf(x) - q.logpdf(x)))

    expected, _ = integrate.quad(integrand, 128 - 12 * a, 128 + 12 * a, epsabs=1e-13, points=[128])
    assert float(estimators.gaussian_divergence(a, b)) == pytest.approx(expected, rel=1e-6)


def test_equal_deviations_do_not_diverge_and_others_do() -> None:
    assert float(estimators.gaussian_divergence(3, 3)) == 0
    a, b = np.meshgrid(np.arange(1, 20), np.arange(1, 20))
    assert np.all(estimators.gaussian_divergence(a, b)[a != b] > 0)


def test_of_the_papers_first_two_classes() -> None:
    assert float(estimators.gaussian_divergence(1, 2)) == pytest.approx(np.log(2) + 1 / 8 - 1 / 2)


@pytest.mark.parametrize("wrong", [0, -1, np.nan])
def test_a_deviation_is_positive(wrong: float) -> None:
    with pytest.raises(InputError, match="must be positive"):
        estimators.gaussian_divergence([1, wrong], 2)
