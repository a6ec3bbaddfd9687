"""Draws with known probabilities: what they promise, and that the weighted mean keeps its promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trichotomy import estimators
from trichotomy.errors import InputError


@given(arrays(float, st.integers(2, 40), elements=st.floats(0.01, 100)), st.data())
def test_probabilities_add_up_and_keep_the_proportions(importance, data):
    size = data.draw(st.integers(1, len(importance)))
    pi = estimators.inclusion_probabilities(importance, size)
    assert pi.sum() == pytest.approx(size)
    assert (pi > 0).all()
    assert (pi <= 1 + 1e-12).all()
    below = pi < 1 - 1e-9
    if below.any():
        ratio = pi[below] / importance[below]
        assert ratio == pytest.approx(np.full(below.sum(), ratio[0]))
        assert (importance[~below] >= importance[below].max() - 1e-9).all()


@pytest.mark.parametrize(("importance", "size"), [([1, 2], 3), ([1, -1], 1), ([0, 1], 2), ([1, np.nan], 1)])
def test_what_cannot_be_drawn_is_refused(importance, size):
    with pytest.raises(InputError):
        estimators.inclusion_probabilities(importance, size)


def test_items_are_drawn_with_their_probabilities():
    rng = np.random.default_rng(0)
    pi = estimators.inclusion_probabilities(rng.random(30) + 0.1, 7)
    count = np.zeros(30)
    for _ in range(4000):
        drawn = estimators.systematic_sample(pi, rng)
        assert len(set(drawn.tolist())) == 7
        count[drawn] += 1
    assert np.abs(count / 4000 - pi).max() < 5 * np.sqrt(0.25 / 4000)


def test_a_draw_is_even_along_the_order():
    pi = np.full(100, 0.1)
    drawn = estimators.systematic_sample(pi, np.random.default_rng(1))
    assert np.bincount(drawn // 10).tolist() == [1] * 10


def test_everything_is_drawn_where_all_are_wanted():
    pi = estimators.inclusion_probabilities([3.0, 1.0, 2.0], 3)
    assert estimators.systematic_sample(pi, np.random.default_rng(2)).tolist() == [0, 1, 2]


def test_the_weighted_accuracy_is_right_on_average_for_observers_never_seen():
    rng = np.random.default_rng(3)
    easy = rng.beta(0.6, 0.3, size=400)
    seen, unseen = rng.random((10, 400)) < easy, rng.random((2, 400)) < rng.permutation(easy)  # err elsewhere
    order = np.argsort(seen.sum(axis=0), kind="stable")
    pi = estimators.inclusion_probabilities(estimators.difference_allocation(seen)[order], 40)
    found, errors = [], []
    for _ in range(1500):
        drawn = estimators.systematic_sample(pi, rng)
        accuracy, error = estimators.weighted_accuracy(unseen[:, order[drawn]], 1 / (400 * pi[drawn]))
        found.append(accuracy)
        errors.append(error)
    spread = np.std(found, axis=0)
    assert np.abs(np.mean(found, axis=0) - unseen.mean(axis=1)).max() < 4 * spread.max() / np.sqrt(1500)
    assert np.sqrt(np.mean(np.square(errors), axis=0)) == pytest.approx(spread, rel=0.35)


def test_importance_is_largest_where_half_are_right_and_never_zero():
    correct = np.tril(np.ones((4, 5), dtype=bool), k=0)[:, ::-1]
    importance = estimators.difference_allocation(np.vstack([correct, np.zeros(5)]).astype(bool))
    assert (importance > 0).all()
    assert estimators.difference_allocation([[1, 1, 0], [1, 0, 0]]).argmax() == 1
