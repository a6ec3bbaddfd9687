"""The exact odds ratio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio

from trichotomy import estimators
from trichotomy.errors import InputError

CELL = st.integers(0, 12)


@settings(max_examples=40)
@given(CELL, CELL, CELL, CELL)
def test_it_is_scipys(a: int, b: int, c: int, d: int) -> None:
    if min(a + b, c + d, a + c, b + d) == 0:
        assert estimators.odds_ratio(a, b, c, d) == pytest.approx((np.nan, 0.0, np.inf), nan_ok=True)
        return
    theirs = odds_ratio([[a, b], [c, d]], kind="conditional")
    interval = theirs.confidence_interval(0.95)
    wanted = (theirs.statistic, interval.low, interval.high)
    assert estimators.odds_ratio(a, b, c, d) == pytest.approx(wanted, rel=2e-4, abs=1e-9)


@given(CELL, CELL, CELL, CELL)
def test_the_other_group_has_the_inverse(a: int, b: int, c: int, d: int) -> None:
    one, other = estimators.odds_ratio(a, b, c, d), estimators.odds_ratio(b, a, d, c)
    with np.errstate(divide="ignore"):
        inverse = np.divide(1.0, [other.estimate, other.upper, other.lower])
    np.testing.assert_allclose(one, inverse, rtol=1e-6)


def test_the_tables_of_fifty_thousand_images_take_no_time() -> None:
    # R 4: fisher.test(matrix(c(1174, 1281, 1742, 45803), 2)) agrees with SciPy's 24.09245 (21.94019, 26.45836)
    found = estimators.odds_ratio(1174, 1742, 1281, 45803)
    assert found == pytest.approx((24.09245324, 21.94018729, 26.45835612), rel=1e-8)


@pytest.mark.long
def test_the_exact_interval_covers() -> None:
    rng = np.random.default_rng(1)
    ratio, hits = 3.0, 0
    p, q = 0.25, 0.1  # odds 1/3 and 1/9
    for _ in range(2000):
        a, c = rng.binomial(60, p), rng.binomial(200, q)
        found = estimators.odds_ratio(a, 60 - a, c, 200 - c)
        hits += found.lower <= ratio <= found.upper
    assert 0.95 <= hits / 2000 < 0.99


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InputError, match="counts of items"):
        estimators.odds_ratio(1, 2, -1, 3)
