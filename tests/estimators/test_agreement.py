"""2x2 tables, error consistency, its gradient and its bounds."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from literal import cells, decisions, kappas, table, table_kappa, tables
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from trichotomy import estimators

FRACTIONS = st.floats(0.01, 0.99)


def fields(c: estimators.Cells) -> list[NDArray]:
    return [c.both_right, c.a_only, c.b_only, c.both_wrong]


def test_kappa_is_sklearns(crowd: NDArray) -> None:
    ours = estimators.error_consistency(crowd)
    for a in range(len(crowd)):
        for b in range(len(crowd)):
            assert ours[a, b] == pytest.approx(cohen_kappa_score(crowd[a], crowd[b]), abs=1e-12)


def test_boolean_and_integer_decisions_give_the_same_kappas(crowd: NDArray) -> None:
    np.testing.assert_array_equal(
        estimators.error_consistency(crowd == 1), estimators.error_consistency(crowd)
    )


@given(decisions(missing=True))
def test_a_pair_uses_the_items_that_both_answered(correct: NDArray) -> None:
    found = fields(estimators.pair_cells(correct))
    for a in range(len(correct)):
        for b in range(len(correct)):
            assert tuple(f[a, b] for f in found) == table(correct[a], correct[b])


@given(decisions(missing=True))
def test_kappas_are_the_literal_ones(correct: NDArray) -> None:
    ours = estimators.error_consistency(correct)
    np.fill_diagonal(ours, np.nan)
    np.testing.assert_allclose(ours, kappas(correct), atol=1e-12)


@pytest.mark.parametrize("missing", [False, True])
def test_counts_stay_exact_over_many_blocks_of_items(missing: bool) -> None:
    rng = np.random.default_rng(3)
    correct = rng.integers(-1 if missing else 0, 2, size=(4, 2 * 2**14 + 7)).astype(np.int8)
    right, wrong = (correct == 1).astype(np.int64), (correct == 0).astype(np.int64)
    found = fields(estimators.pair_cells(correct))
    expected = [right @ right.T, right @ wrong.T, wrong @ right.T, wrong @ wrong.T]
    np.testing.assert_array_equal(np.array(found), np.array(expected))


@given(
    st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 40), st.booleans(), st.booleans()
)  # fmt: skip
def test_tables_from_responses_are_those_of_correctness(
    seed: int, observers: int, items: int, gaps: bool, unknown: bool
) -> None:
    rng = np.random.default_rng(seed)
    response = rng.integers(-2 if gaps else 0, 3, size=(observers, items)).astype(np.int16)
    target = rng.integers(-1 if unknown else 0, 3, size=items).astype(np.int16)
    correct = np.where((response == -1) | (target < 0), -1, response == target).astype(np.int8)
    from_responses = fields(estimators.pair_cells_from_responses(response, target))
    np.testing.assert_array_equal(np.array(from_responses), np.array(fields(estimators.pair_cells(correct))))


@given(tables())
def test_kappa_of_any_table(counts: tuple[float, float, float, float]) -> None:
    ours = float(estimators.kappa(cells(*counts)))
    np.testing.assert_allclose(ours, table_kappa(counts), atol=1e-12)
    assert np.isnan(ours) or -1 <= ours <= 1


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((9, 0, 0, 0), np.nan),  # both always right
        ((0, 0, 0, 9), np.nan),  # both always wrong
        ((0, 0, 0, 0), np.nan),  # nothing in common
        ((6, 3, 0, 0), 0.0),  # one always right
        ((0, 0, 4, 5), 0.0),  # one always wrong
        ((0, 9, 0, 0), 0.0),  # one always right, the other always wrong: o = e = 0
        ((4, 0, 0, 4), 1.0),
        ((0, 4, 4, 0), -1.0),
    ],
)
def test_kappa_at_the_edges(counts: tuple[int, ...], expected: float) -> None:
    np.testing.assert_equal(float(estimators.kappa(cells(*counts))), expected)


def test_the_diagonal_is_one_or_undefined() -> None:
    correct = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0]], dtype=np.int8)
    np.testing.assert_equal(np.diagonal(estimators.error_consistency(correct)), [1.0, np.nan, np.nan])


@given(decisions(missing=True), st.randoms(use_true_random=False))
def test_order_of_observers_and_items_does_not_matter(correct: NDArray, random: Random) -> None:
    observers, items = list(range(len(correct))), list(range(correct.shape[1]))
    random.shuffle(observers)
    random.shuffle(items)
    before = estimators.error_consistency(correct)
    after = estimators.error_consistency(correct[np.ix_(observers, items)])
    np.testing.assert_array_equal(after, before[np.ix_(observers, observers)])
    np.testing.assert_array_equal(before, before.T)


@given(decisions())
def test_swapping_right_and_wrong_keeps_kappa(correct: NDArray) -> None:
    np.testing.assert_allclose(
        estimators.error_consistency(1 - correct), estimators.error_consistency(correct), atol=1e-12
    )


@given(tables())
def test_observed_agreement_disagreement_and_double_fault(counts: tuple[float, ...]) -> None:
    both, a_only, b_only, none = counts
    n = sum(counts)
    c = cells(*counts)
    expected = [np.nan] * 3 if n == 0 else [(both + none) / n, (a_only + b_only) / n, none / n]
    found = [
        float(f(c)) for f in (estimators.observed_agreement, estimators.disagreement, estimators.double_fault)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_yule_q_follows_from_statsmodels_odds_ratio() -> None:
    counts = (31.0, 7.0, 11.0, 23.0)
    odds = sm.stats.Table2x2(np.reshape(counts, (2, 2))).oddsratio
    assert float(estimators.yule_q(cells(*counts))) == pytest.approx((odds - 1) / (odds + 1), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((3, 0, 2, 0), np.nan), ((3, 0, 2, 4), 1.0), ((0, 1, 2, 4), -1.0), ((0, 0, 0, 0), np.nan)],
)
def test_yule_q_at_the_edges(counts: tuple[int, ...], expected: float) -> None:
    np.testing.assert_equal(float(estimators.yule_q(cells(*counts))), expected)


@given(st.tuples(*[st.floats(0.5, 50)] * 4))
def test_gradient_is_the_finite_difference(counts: tuple[float, ...]) -> None:
    gradient = fields(estimators.kappa_gradient(cells(*counts)))
    for k in range(4):
        step = 1e-5 * max(counts[k], 1)
        up, down = list(counts), list(counts)
        up[k] += step
        down[k] -= step
        slope = (table_kappa(tuple(up)) - table_kappa(tuple(down))) / (2 * step)
        assert float(gradient[k]) == pytest.approx(slope, rel=1e-4, abs=1e-7)


@given(st.tuples(*[st.floats(0.5, 50)] * 4))
def test_gradient_is_orthogonal_to_the_counts(counts: tuple[float, ...]) -> None:
    gradient = fields(estimators.kappa_gradient(cells(*counts)))
    assert sum(float(g) * n for g, n in zip(gradient, counts, strict=True)) == pytest.approx(0, abs=1e-10)


def test_gradient_is_undefined_where_kappa_is() -> None:
    assert all(np.isnan(g) for g in fields(estimators.kappa_gradient(cells(5, 0, 0, 0))))


@given(st.integers(0, 15), st.integers(0, 15))
def test_bounds_are_the_extremes_over_all_tables_of_these_margins(right_a: int, right_b: int) -> None:
    n = 15
    possible = [
        table_kappa((float(x), float(right_a - x), float(right_b - x), float(n - right_a - right_b + x)))
        for x in range(max(0, right_a + right_b - n), min(right_a, right_b) + 1)
    ]
    low, high = estimators.kappa_bounds(right_a / n, right_b / n)
    np.testing.assert_allclose([low, high], [min(possible), max(possible)], atol=1e-9)


@given(tables())
def test_kappa_lies_within_its_bounds(counts: tuple[float, ...]) -> None:
    n = sum(counts)
    if n == 0:
        return
    k = float(estimators.kappa(cells(*counts)))
    low, high = estimators.kappa_bounds((counts[0] + counts[1]) / n, (counts[0] + counts[2]) / n)
    assert np.isnan(k) or low - 1e-9 <= k <= high + 1e-9


@pytest.mark.parametrize(("a", "b"), [(1, 1), (0, 0)])
def test_bounds_are_undefined_where_both_are_constant_alike(a: float, b: float) -> None:
    np.testing.assert_equal(estimators.kappa_bounds(a, b), (np.nan, np.nan))


@pytest.mark.parametrize(
    ("accuracy", "expected"), [(0.9, (0.75, 27 / 28)), (0.7, (0.4375, 0.875)), (0.5, (0.25, 0.75))]
)
def test_accuracies_that_allow_kappa_one_half(accuracy: float, expected: tuple[float, float]) -> None:
    np.testing.assert_allclose(estimators.accuracy_bounds(0.5, accuracy), expected, atol=1e-12)


@given(st.floats(0.01, 0.99), FRACTIONS)
def test_accuracy_bounds_invert_the_highest_kappa(k: float, accuracy: float) -> None:
    low, high = estimators.accuracy_bounds(k, accuracy)
    assert float(estimators.kappa_bounds(accuracy, low)[1]) == pytest.approx(k, abs=1e-9)
    assert float(estimators.kappa_bounds(accuracy, high)[1]) == pytest.approx(k, abs=1e-9)


@given(st.floats(-0.99, -0.01), FRACTIONS)
def test_accuracy_bounds_invert_the_lowest_kappa(k: float, accuracy: float) -> None:
    low, high = estimators.accuracy_bounds(k, accuracy)
    lowest_of_all = float(estimators.kappa_bounds(accuracy, 1 - accuracy)[0])
    assert np.isnan(low) == np.isnan(high) == (k < lowest_of_all - 1e-12)
    if not np.isnan(low):
        assert float(estimators.kappa_bounds(accuracy, low)[0]) == pytest.approx(k, abs=1e-9)
        assert float(estimators.kappa_bounds(accuracy, high)[0]) == pytest.approx(k, abs=1e-9)


@given(st.floats(-0.95, 0.95), FRACTIONS, FRACTIONS)
def test_an_accuracy_is_within_bounds_just_where_kappa_is(k: float, a: float, b: float) -> None:
    low, high = estimators.accuracy_bounds(k, a)
    lowest, highest = estimators.kappa_bounds(a, b)
    margin = min(abs(k - lowest), abs(k - highest))
    if margin > 1e-6:
        assert bool(low <= b <= high) == bool(lowest <= k <= highest)


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_a_constant_observer_has_no_kappa_but_zero(accuracy: float) -> None:
    np.testing.assert_equal(estimators.accuracy_bounds(0.5, accuracy), (np.nan, np.nan))


@pytest.mark.parametrize("accuracy", [0.0, 0.4, 1.0])
def test_kappa_zero_goes_with_every_accuracy(accuracy: float) -> None:
    np.testing.assert_equal(estimators.accuracy_bounds(0.0, accuracy), (0.0, 1.0))


@given(tables())
def test_attainable_kappa_is_a_share_of_its_limit(counts: tuple[float, ...]) -> None:
    n = sum(counts)
    if n == 0:
        return
    k = float(estimators.kappa(cells(*counts)))
    a, b = (counts[0] + counts[1]) / n, (counts[0] + counts[2]) / n
    share = float(estimators.attainable_kappa(k, a, b))
    constant = {counts[0] + counts[1], counts[0] + counts[2]} & {0.0, n}
    assert np.isnan(share) == bool(constant)
    if not constant:
        low, high = estimators.kappa_bounds(a, b)
        assert -1 - 1e-9 <= share <= 1 + 1e-9
        assert share * float(high if k >= 0 else -low) == pytest.approx(k, abs=1e-9)


def test_largest_kappa_of_unequal_accuracies() -> None:
    assert float(estimators.kappa_bounds(0.8, 0.6)[1]) == pytest.approx(0.54545, abs=5e-6)
    assert float(estimators.attainable_kappa(6 / 11, 0.8, 0.6)) == pytest.approx(1.0, abs=1e-12)
