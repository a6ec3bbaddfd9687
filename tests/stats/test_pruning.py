"""Consistency among items in between, and what is left beside shared difficulty, labelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import UnknownNameError
from trichotomy.stats import raw_conditional_independence


@pytest.fixture(scope="module")
def many() -> tri.Decisions:
    """Seven observers in four conditions, 300 items."""
    rng = np.random.default_rng(5)
    correct = (rng.random((7, 300)) < rng.beta(1.2, 0.7, size=300)).astype(np.int8)
    return tri.from_arrays(
        correct=correct, observer_coords={"condition": ["a", "a", "b", "c", "c", "d", "e"]}
    )


def test_insample_leaves_the_partitions_items(many: tri.Decisions) -> None:
    result = tri.pruned_consistency(many, method="insample", tolerance=1)
    c = many["correct"].values[:, 0]
    kept = tri.partition(many, tolerance=1)["category"].values == 1
    assert float(result["kappa"][0, 3]) == pytest.approx(cohen_kappa_score(c[0, kept], c[3, kept]), abs=1e-9)
    assert np.isnan(np.diagonal(result["kappa"])).all()
    assert float(result["n"][0, 3]) == kept.sum()
    assert float(result["kept"]) == pytest.approx(kept.mean())
    assert int(result["judges"][0, 3]) == 7
    above = np.triu_indices(7, 1)
    assert float(result["mean"]) == pytest.approx(result["kappa"].values[above].mean())


@pytest.mark.parametrize("families", [True, False])
def test_crossfit_asks_the_others(many: tri.Decisions, families: bool) -> None:
    result = tri.pruned_consistency(many, families=families)
    c, condition = many["correct"].values[:, 0], many["condition"].values
    shares = []
    for a in range(7):
        for b in range(a):
            out = [
                m for m in range(7)
                if m in (a, b) or (families and condition[m] in (condition[a], condition[b]))
            ]  # fmt: skip
            judges = np.delete(c, out, axis=0)
            kept = (judges.sum(axis=0) > 0) & (judges.sum(axis=0) < len(judges))
            expected = cohen_kappa_score(c[a, kept], c[b, kept])
            assert float(result["kappa"][a, b]) == pytest.approx(expected, abs=1e-9)
            assert int(result["judges"][a, b]) == len(judges)
            assert int(result["n"][a, b]) == kept.sum()
            shares.append(kept.mean())
    assert float(result["kept"]) == pytest.approx(np.mean(shares))


def test_labels_of_the_result(many: tri.Decisions) -> None:
    result = tri.pruned_consistency(many, tolerance=1)
    assert result["kappa"].dims == ("observer_a", "observer_b")
    assert result["ci"].dims == ("observer_a", "observer_b", "ci_bound")
    assert result["ci_bound"].values.tolist() == ["lower", "upper"]
    assert result["observer_a"].values.tolist() == many["observer"].values.tolist()
    assert result.attrs["method"] == "pruned, crossfit"
    assert (result.attrs["n"], result.attrs["left_out"], result.attrs["tolerance"]) == (300, 0, 1)
    low, high = result["mean_ci"].values
    assert low < float(result["mean"]) < high
    assert result["mean"].attrs["standard_error"] > 0


def test_conditional_independence_stands_beside_it(many: tri.Decisions) -> None:
    counts = tri.difficulty(many)["count"].values
    fitted = estimators.fit_beta_binomial(counts)
    for method in ("insample", "crossfit"):
        result = tri.pruned_consistency(many, method=method, families=False)
        expected = estimators.conditional_independence(*fitted, 7)[method]
        assert float(result["conditional_independence"]) == pytest.approx(expected, abs=1e-9)
    raw = raw_conditional_independence(many)
    assert raw == pytest.approx(1 / (sum(fitted) + 1), abs=1e-9)
    assert abs(float(tri.mean_consistency(many)["mean"][0]) - raw) < 0.1


def test_too_few_judges_are_nan(zoo: tri.Decisions) -> None:
    result = tri.pruned_consistency(zoo, tolerance=1)
    assert np.isnan(result["kappa"]).all()
    assert np.isnan([float(result[n]) for n in ("mean", "kept", "conditional_independence")]).all()
    assert np.isnan(result["mean_ci"]).all()


def test_pairs_of_big_families_are_nan_and_the_rest_is_not(zoo: tri.Decisions) -> None:
    result = tri.pruned_consistency(zoo)  # vgg and resnet leave one judge, vgg and vit two
    kappa = result["kappa"].to_pandas()
    assert np.isnan(kappa.loc["vgg/1", "resnet/1"])
    assert np.isfinite(kappa.loc["vgg/1", "vit"])
    assert np.isfinite(kappa.loc["vgg/1", "vgg/2"])
    assert int(result["judges"].sel(observer_a="vgg/1", observer_b="resnet/1")) == 1
    defined = kappa.to_numpy()[np.triu_indices(5, 1)]
    assert float(result["mean"]) == pytest.approx(np.nanmean(defined))


@pytest.mark.parametrize("statistic", [tri.pruned_consistency, tri.residual_consistency])
def test_items_that_somebody_did_not_answer_are_left_out(
    statistic: Callable[..., Any], patchy: tri.Decisions
) -> None:
    result = statistic(patchy)
    complete = (tri.correctness(patchy).values[:, 0] >= 0).all(axis=0)
    assert result.attrs["n"] == complete.sum()
    assert result.attrs["left_out"] == np.sum(~complete)
    kept = statistic(patchy.isel(item=np.flatnonzero(complete)))
    np.testing.assert_array_equal(result["kappa"], kept["kappa"])


def test_an_unknown_method_is_refused(zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean crossfit"):
        tri.pruned_consistency(zoo, method="cross-fit")


@pytest.mark.parametrize("statistic", [tri.pruned_consistency, tri.residual_consistency])
def test_the_default_epoch_is_the_last_that_all_have(
    statistic: Callable[..., Any], training: tri.Decisions
) -> None:
    assert statistic(training).attrs["epoch"] == 2


def test_residual_is_the_estimators(many: tri.Decisions) -> None:
    result = tri.residual_consistency(many)
    expected = estimators.residual_consistency(many["correct"].values[:, 0])
    np.testing.assert_array_equal(result["kappa"], expected.kappa)
    assert float(result["mean"]) == expected.mean.value
    np.testing.assert_allclose(result["mean_ci"], [expected.mean.lower, expected.mean.upper])


def test_conditional_independence_stands_beside_the_residual(many: tri.Decisions) -> None:
    result = tri.residual_consistency(many)
    alpha, beta = (float(tri.difficulty(many)[n]) for n in ("alpha", "beta"))
    assert float(result["conditional_independence"]) == pytest.approx(1 / (alpha + beta + 6), abs=1e-9)
    low, high = result["mean_ci"].values
    assert low < float(result["conditional_independence"]) < high


def test_residual_needs_a_third_observer() -> None:
    result = tri.residual_consistency(tri.from_arrays(correct=[[1, 0, 1, 0], [1, 1, 0, 0]]))
    assert np.isnan(result["kappa"]).all()
    assert np.isnan(float(result["mean"]))
    assert np.isnan(float(result["conditional_independence"]))
    assert "fewer than three" in result["mean"].attrs["interval"]


def test_siblings_do_not_judge_their_own_pair() -> None:
    rng = np.random.default_rng(2)
    correct = rng.random((9, 4000)) < 0.6
    correct[1:3] = correct[0]  # one condition of three copies among independent observers
    d = tri.from_arrays(correct=correct, observer_coords={"condition": [*"aaa", *"bcdefg"]})
    honest = tri.pruned_consistency(d)["kappa"].values[0, 1]
    leaking = tri.pruned_consistency(d, families=False)["kappa"].values[0, 1]
    assert honest == pytest.approx(1.0)
    assert leaking == pytest.approx(1.0)
    between = tri.pruned_consistency(d)["kappa"].values[0, 3:]
    assert np.all(np.abs(between) < 0.08)
    assert np.all(tri.pruned_consistency(d, families=False)["kappa"].values[0, 3:] < between + 0.02)
