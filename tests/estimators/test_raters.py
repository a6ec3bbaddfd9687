"""Agreement of many raters, and agreement about classes."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from literal import decisions
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from trichotomy import estimators


def ratings(seed: int, classes: int, *, missing: float = 0.0) -> NDArray:
    """Five raters, seventy items, with a tendency to agree."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=70)
    given_ = np.where(rng.random((5, 70)) < 0.6, truth, rng.integers(classes, size=(5, 70)))
    return np.where(rng.random((5, 70)) < missing, -1, given_).astype(np.int16)


@pytest.mark.parametrize("classes", [2, 5])
def test_fleiss_is_statsmodels(classes: int) -> None:
    r = ratings(1, classes)
    theirs = statsmodels_fleiss(aggregate_raters(r.T)[0])
    assert estimators.fleiss_kappa(r) == pytest.approx(theirs, abs=1e-12)


def test_fleiss_leaves_out_items_that_somebody_did_not_rate() -> None:
    r = ratings(2, 3, missing=0.1)
    complete = r[:, (r >= 0).all(axis=0)]
    assert 0 < complete.shape[1] < 70
    assert estimators.fleiss_kappa(r) == pytest.approx(estimators.fleiss_kappa(complete), abs=1e-12)


def test_fleiss_takes_right_and_wrong(crowd: NDArray) -> None:
    theirs = statsmodels_fleiss(aggregate_raters(crowd.T)[0])
    assert estimators.fleiss_kappa(crowd) == pytest.approx(theirs, abs=1e-12)
    assert estimators.fleiss_kappa(crowd == 1) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    "r", [np.ones((4, 9), int), np.zeros((1, 9), int), np.full((3, 4), -1), np.zeros((3, 0), int)]
)
def test_fleiss_and_alpha_are_nan_where_undefined(r: NDArray) -> None:
    assert np.isnan(estimators.fleiss_kappa(r))
    assert np.isnan(estimators.krippendorff_alpha(r))


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
def test_alpha_is_krippendorffs(classes: int, missing: float) -> None:
    r = ratings(3, classes, missing=missing)
    data = np.where(r < 0, np.nan, r.astype(float))
    theirs = krippendorff.alpha(data, level_of_measurement="nominal")
    assert estimators.krippendorff_alpha(r) == pytest.approx(theirs, abs=1e-12)


def test_alpha_takes_right_and_wrong(gappy: NDArray) -> None:
    data = np.where(gappy < 0, np.nan, gappy.astype(float))
    theirs = krippendorff.alpha(data, level_of_measurement="nominal")
    assert estimators.krippendorff_alpha(gappy) == pytest.approx(theirs, abs=1e-12)


@given(decisions(missing=True))
def test_alpha_of_any_ratings(correct: NDArray) -> None:
    rated = (correct >= 0).sum(axis=0)
    usable = correct[:, rated >= 2]
    labels = set(usable[usable >= 0].tolist())
    ours = estimators.krippendorff_alpha(correct)
    if len(labels) < 2:
        assert np.isnan(ours)
    else:
        data = np.where(correct < 0, np.nan, correct.astype(float))
        theirs = krippendorff.alpha(data, level_of_measurement="nominal", value_domain=[0, 1])
        assert ours == pytest.approx(theirs, abs=1e-9)


@given(decisions(missing=True))
def test_order_does_not_matter(correct: NDArray) -> None:
    for statistic in (estimators.fleiss_kappa, estimators.krippendorff_alpha):
        before = statistic(correct)
        assert statistic(correct[::-1, ::-1]) == pytest.approx(before, abs=1e-12, nan_ok=True)
        relabelled = np.where(correct < 0, -1, 7 - 3 * correct)
        assert statistic(relabelled) == pytest.approx(before, abs=1e-12, nan_ok=True)


def test_fleiss_of_two_is_the_dichotomy_of_the_pooled_margins() -> None:
    # Scott's pi by hand: o = 3/4, pooled shares 5/8 and 3/8
    r = np.array([[1, 1, 0, 0], [1, 1, 1, 0]])
    expected = 25 / 64 + 9 / 64
    assert estimators.fleiss_kappa(r) == pytest.approx((0.75 - expected) / (1 - expected), abs=1e-12)


def test_response_kappa_is_sklearns() -> None:
    r = ratings(4, 4)
    values, n = estimators.response_kappa(r)
    np.testing.assert_array_equal(n, 70)
    for a in range(5):
        for b in range(5):
            assert values[a, b] == pytest.approx(cohen_kappa_score(r[a], r[b]), abs=1e-12)


def test_response_kappa_leaves_out_unanswered_items_pair_by_pair() -> None:
    r = ratings(5, 4, missing=0.2)
    r[0, :5] = -2
    values, n = estimators.response_kappa(r)
    for a in range(5):
        for b in range(a):
            both = (r[a] >= 0) & (r[b] >= 0)
            assert n[a, b] == n[b, a] == both.sum()
            assert values[a, b] == pytest.approx(cohen_kappa_score(r[a][both], r[b][both]), abs=1e-12)


def test_response_kappa_among_items_that_both_get_wrong() -> None:
    r = ratings(6, 4, missing=0.1)
    target = np.random.default_rng(7).integers(-1, 4, size=70)
    values, n = estimators.response_kappa(r, target, both_wrong=True)
    for a in range(5):
        for b in range(a):
            items = [
                i for i in range(70)
                if target[i] >= 0 and r[a, i] >= 0 and r[b, i] >= 0 and target[i] not in (r[a, i], r[b, i])
            ]  # fmt: skip
            assert n[a, b] == len(items)
            assert values[a, b] == pytest.approx(cohen_kappa_score(r[a][items], r[b][items]), abs=1e-12)


def test_response_kappa_is_undefined_where_all_answers_are_alike() -> None:
    values, n = estimators.response_kappa(np.array([[2, 2, 2], [2, 2, 2], [-1, -1, -1]]))
    assert np.isnan(values).all()
    np.testing.assert_array_equal(n, [[3, 3, 0], [3, 3, 0], [0, 0, 0]])
