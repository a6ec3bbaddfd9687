"""When items are learned and forgotten."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import stats

from trichotomy import estimators

HISTORIES = hnp.arrays(np.bool_, st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 8)))


@given(HISTORIES)
def test_learning_epochs_and_forgetting_one_item_at_a_time(correct: NDArray) -> None:
    first, final = estimators.first_learned(correct), estimators.finally_learned(correct)
    forgotten = estimators.forgetting_events(correct)
    M, E, N = correct.shape
    for m in range(M):
        for i in range(N):
            history = correct[m, :, i].tolist()
            assert first[m, i] == (history.index(True) if True in history else -1)
            stays = [e for e in range(E) if all(history[e:])]
            assert final[m, i] == (stays[0] if stays else -1)
            assert forgotten[m, i] == sum(history[e] and not history[e + 1] for e in range(E - 1))


def test_one_observer_and_integers_will_do() -> None:
    correct = np.array([[0, 1, -1], [1, 0, 1], [1, 1, 1]], dtype=np.int8)
    assert estimators.first_learned(correct).tolist() == [1, 0, 1]
    assert estimators.finally_learned(correct).tolist() == [1, 2, 1]
    assert estimators.forgetting_events(correct).tolist() == [0, 1, 0]


def test_order_agreement_is_spearmans() -> None:
    learned = np.random.default_rng(1).integers(-1, 6, size=(4, 50))
    late = np.where(learned < 0, 6, learned)
    ours = estimators.order_agreement(learned, never=6)
    theirs = stats.spearmanr(late, axis=1).statistic
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_order_agreement_is_undefined_without_an_order() -> None:
    ours = estimators.order_agreement(np.array([[0, 1, 2], [4, 4, 4]]), never=5)
    np.testing.assert_allclose(ours, [[1.0, np.nan], [np.nan, np.nan]], atol=1e-12)


@given(hnp.arrays(np.int64, st.tuples(st.integers(2, 4), st.integers(2, 10)), elements=st.integers(-1, 4)))
def test_order_agreement_is_symmetric_and_bounded(learned: NDArray) -> None:
    ours = estimators.order_agreement(learned, never=5)
    np.testing.assert_array_equal(ours, ours.T)
    assert np.all((np.abs(ours) <= 1 + 1e-12) | np.isnan(ours))
    reverse = estimators.order_agreement(learned[::-1, ::-1], never=5)
    np.testing.assert_allclose(reverse, ours[::-1, ::-1], atol=1e-12)


def test_epochs_of_never_learned_items_come_last() -> None:
    learned = np.array([[0, 1, 2, -1], [0, 1, 2, 3]])
    assert estimators.order_agreement(learned, never=9)[0, 1] == pytest.approx(1.0)
