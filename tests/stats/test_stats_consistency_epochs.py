"""Consistency over the epochs: at each epoch what the statistics of one epoch say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from test_stats_learned import EPOCHS, forming

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.stats import raw_conditional_independence


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_each_epoch_is_its_mean_consistency(missing: float) -> None:
    d = forming(N=150, missing=missing)
    result = tri.consistency_over_epochs(d)
    for epoch in EPOCHS:
        here, there = result.sel(epoch=epoch), tri.mean_consistency(d, epoch=epoch)
        np.testing.assert_allclose(here["kappa"], there["mean"])
        np.testing.assert_allclose(here["ci"][0], there["ci"][0])
        np.testing.assert_array_equal(here["pairs"], there["pairs"])
        assert float(here["conditional_independence"]) == pytest.approx(
            raw_conditional_independence(d, epoch=epoch)
        )


def test_kappa_to_the_own_end_and_its_interval() -> None:
    d = forming(N=150)
    result, c = tri.consistency_over_epochs(d), d["correct"].values
    own = np.array([[cohen_kappa_score(c[m, e], c[m, -1]) for e in range(4)] for m in range(5)])
    np.testing.assert_allclose(result["observer_to_final"].values[:, :4], own)
    np.testing.assert_allclose(result["to_final"].values[:4], own.mean(axis=0))
    assert np.isnan(result["to_final"].values[4])
    rng, drawn = np.random.default_rng(0), []
    for _ in range(300):
        i = rng.integers(150, size=150)
        drawn.append(np.mean([cohen_kappa_score(c[m, 2][i], c[m, -1][i]) for m in range(5)]))
    low, high = result["to_final_ci"].values[2]
    assert (high - low) / 2 / 1.96 == pytest.approx(np.std(drawn), rel=0.15)


def test_pairs_of_kinds_have_their_own_scopes() -> None:
    d = forming().assign_coords(
        kind=("observer", np.array(["model", "model", "model", "human", "human"], dtype=object))
    )
    result = tri.consistency_over_epochs(d)
    assert result["scope"].values.tolist()[3:] == ["human-human", "human-model", "model-model"]
    c = d["correct"].values
    expected = np.mean([cohen_kappa_score(c[a, 3], c[b, 3]) for a in range(3) for b in (3, 4)])
    assert float(result["kappa"].sel(epoch=3, scope="human-model")) == pytest.approx(expected)
    assert result["pairs"].sel(epoch=3).values.tolist()[3:] == [1, 6, 3]


def test_other_items_at_each_epoch_still_have_a_consistency() -> None:
    rng = np.random.default_rng(1)
    correct = np.full((3, 2, 40), -1)
    correct[:, 0, :20], correct[:, 1, 20:] = rng.integers(0, 2, (3, 20)), rng.integers(0, 2, (3, 20))
    result = tri.consistency_over_epochs(tri.from_arrays(correct=correct, epochs=[1, 2]))
    assert np.isfinite(result["kappa"].sel(scope="all")).all()
    assert np.isnan(result["to_final"]).all()
    assert result["n"].values.tolist() == [20, 20]


def test_an_epoch_that_nobody_ran_is_undefined_and_one_observer_refused() -> None:
    d = forming()
    correct = d["correct"].values.copy()
    correct[:, 1] = -1
    result = tri.consistency_over_epochs(tri.from_arrays(correct=correct, epochs=EPOCHS)).isel(epoch=1)
    for name in ("kappa", "to_final", "accuracy", "conditional_independence"):
        assert np.isnan(result[name]).all()
    assert int(result["observers"]) == 0
    with pytest.raises(InputError, match="two observers or more"):
        tri.consistency_over_epochs(d.isel(observer=[0]))
