"""Agreement on ordered scales, against scikit-learn and krippendorff."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from trichotomy import estimators
from trichotomy.errors import UnknownNameError


@pytest.fixture
def ratings():
    rng = np.random.default_rng(3)
    truth = rng.integers(5, size=70)
    return np.clip(truth + rng.integers(-1, 2, size=(4, 70)), 0, 4)


@pytest.mark.parametrize("weights", ["quadratic", "linear"])
def test_weighted_kappa_is_scikit_learns(ratings, weights):
    kappa, n = estimators.weighted_kappa(ratings, weights=weights)
    for a in range(4):
        for b in range(a):
            theirs = cohen_kappa_score(ratings[a], ratings[b], weights=weights)
            assert kappa[a, b] == kappa[b, a] == pytest.approx(theirs)
    assert (n[~np.eye(4, dtype=bool)] == 70).all()
    more, _ = estimators.weighted_kappa(ratings, weights=weights, levels=9)
    np.testing.assert_allclose(more, kappa)


def test_a_pair_uses_what_both_rated(ratings):
    r = ratings.copy()
    r[0, :20] = -1
    kappa, n = estimators.weighted_kappa(r)
    assert n[0, 1] == 50
    assert kappa[0, 1] == pytest.approx(estimators.weighted_kappa(r[:, 20:])[0][0, 1])
    assert np.isnan(estimators.weighted_kappa(np.ones((2, 9), int))[0]).all()


@pytest.mark.parametrize("metric", ["ordinal", "interval", "nominal"])
@pytest.mark.parametrize("missing", [0.0, 0.4, 0.8])
def test_alpha_is_krippendorffs(ratings, metric, missing):
    r = np.where(np.random.default_rng(5).random(ratings.shape) < missing, -1, ratings)
    data = np.where(r < 0, np.nan, r.astype(float))
    theirs = krippendorff.alpha(data, level_of_measurement=metric)
    assert estimators.krippendorff_alpha(r, metric=metric) == pytest.approx(theirs, abs=1e-12)
    each = estimators.coincidences(r)
    assert float(estimators.alpha_of(each.sum(axis=0), metric=metric)) == pytest.approx(theirs, abs=1e-12)


def test_weights_on_coincidences_repeat_items(ratings):
    w = np.random.default_rng(6).integers(0, 3, size=70)
    each = estimators.coincidences(ratings)
    weighted = estimators.alpha_of(np.tensordot(w, each, 1))
    again = estimators.krippendorff_alpha(np.repeat(ratings, w, axis=1), metric="ordinal")
    assert float(weighted) == pytest.approx(again)


def test_other_names_are_refused(ratings):
    with pytest.raises(UnknownNameError, match="quadratic"):
        estimators.weighted_kappa(ratings, weights="quadrat")
    with pytest.raises(UnknownNameError, match="ordinal"):
        estimators.krippendorff_alpha(ratings, metric="ordinl")
    assert np.isnan(estimators.krippendorff_alpha(np.ones((3, 4), int), metric="ordinal"))
