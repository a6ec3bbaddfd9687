"""Two one-sided tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trichotomy import estimators
from trichotomy.errors import InputError


@pytest.mark.parametrize("difference", [-0.2, -0.05, -0.01, 0.0, 0.03, 0.05, 0.3])
def test_the_larger_of_two_one_sided_p_values(difference: float) -> None:
    above = stats.norm.sf((difference + 0.05) / 0.02)
    below = stats.norm.cdf((difference - 0.05) / 0.02)
    assert float(estimators.two_one_sided(difference, 0.02, margin=0.05)) == pytest.approx(max(above, below))


@given(st.floats(-1, 1), st.floats(1e-3, 1), st.floats(1e-3, 1), st.sampled_from([0.01, 0.05, 0.1]))
def test_below_alpha_is_the_interval_within_the_margin(
    difference: float, error: float, margin: float, alpha: float
) -> None:
    half = stats.norm.ppf(1 - alpha) * error
    reach = abs(difference) + half
    p = float(estimators.two_one_sided(difference, error, margin=margin))
    assert 0 <= p <= 1
    if abs(reach - margin) > 1e-9:
        assert (p < alpha) == (reach < margin)


def test_without_error_the_difference_is_known() -> None:
    found = estimators.two_one_sided([0.0, 0.04, 0.05, -0.2], [0.0, 0.0, 0.0, 0.0], margin=0.05)
    np.testing.assert_array_equal(found, [0, 0, 1, 1])


def test_undefined_stays_undefined() -> None:
    found = estimators.two_one_sided([np.nan, 0.1, 0.0], [0.1, np.nan, 0.1], margin=0.05)
    np.testing.assert_array_equal(np.isnan(found), [True, True, False])


@pytest.mark.parametrize("margin", [0.0, -1.0, np.nan, np.inf])
def test_a_margin_is_a_positive_number(margin: float) -> None:
    with pytest.raises(InputError, match="must be positive"):
        estimators.two_one_sided(0.0, 0.1, margin=margin)
