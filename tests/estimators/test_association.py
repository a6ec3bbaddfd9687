"""Rank correlations from a table of values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trichotomy import estimators
from trichotomy.errors import InputError

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=2, max_size=40)


def varies(pairs: list[tuple[int, int]]) -> bool:
    return all(len(set(side)) > 1 for side in zip(*pairs, strict=True))


@given(PAIRS.filter(varies))
def test_all_three_are_scipys(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs).T
    found = estimators.rank_association(x, y)
    assert found.spearman == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    assert found.kendall == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-9)
    assert found.somers == pytest.approx(stats.somersd(x, y).statistic, abs=1e-9)


@given(PAIRS.filter(varies), st.randoms())
def test_order_of_items_and_rising_changes_of_scale_do_not_matter(pairs, random) -> None:
    x, y = np.array(pairs, dtype=float).T
    found = estimators.rank_association(x, y)
    random.shuffle(pairs)
    a, b = np.array(pairs, dtype=float).T
    assert estimators.rank_association(np.exp(a), b**3) == pytest.approx(found, abs=1e-12)
    assert estimators.rank_association(-x, y) == pytest.approx(tuple(-v for v in found), abs=1e-12)


def test_unknown_values_are_left_out_and_nothing_varying_is_undefined() -> None:
    x, y = [1.0, 2.0, np.nan, 3.0], [1.0, 3.0, 0.0, np.nan]
    assert estimators.rank_association(x, y) == (1.0, 1.0, 1.0)
    for constant in (([1, 1], [1, 2]), ([1, 2], [5, 5]), ([], []), ([np.nan], [1.0])):
        assert np.isnan(estimators.rank_association(*constant)).all()
        assert np.isnan(estimators.rank_association_interval(*constant, draws=5)).all()


def test_the_bootstrap_is_that_of_items() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(4, size=400)
    y = np.clip(x + rng.integers(-3, 4, size=400), 0, 5)
    low, high = estimators.rank_association_interval(x, y, draws=2000, rng=1)
    drawn = np.array([
        estimators.rank_association(x[rows], y[rows]) for rows in rng.integers(400, size=(2000, 400))
    ])  # fmt: skip
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975], axis=0), atol=0.012)


def test_a_seed_gives_the_same_interval_again() -> None:
    x, y = np.random.default_rng(0).integers(5, size=(2, 60))
    one, two = (estimators.rank_association_interval(x, y, draws=50, rng=7) for _ in range(2))
    assert one == two
    assert one != estimators.rank_association_interval(x, y, draws=50, rng=8)


@pytest.mark.long
def test_intervals_cover() -> None:
    rng = np.random.default_rng(5)

    def sample(n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.integers(4, size=n)
        return x, rng.binomial(6, (x + 1) / 6)

    truth = np.array(estimators.rank_association(*sample(1_000_000)))
    hits = []
    for k in range(400):
        low, high = estimators.rank_association_interval(*sample(200), draws=400, rng=k)
        hits.append((np.array(low) <= truth) & (truth <= np.array(high)))
    assert np.all(np.mean(hits, axis=0) > 0.91)
    assert np.all(np.mean(hits, axis=0) < 0.985)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="two values per item"):
        estimators.rank_association([1, 2], [1, 2, 3])
