"""Error consistency of pairs, its mean, differences, and agreement about classes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.multitest import multipletests

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError

PAIRS = list(combinations(range(5), 2))


def right_of(d: tri.Decisions) -> np.ndarray:
    """int8[M, N] of 1, 0, -1."""
    response, target = d["response"].values[:, 0], d["target"].values
    return np.where((response == tri.MISSING) | (target < 0), -1, response == target).astype(np.int8)


def test_every_pair_has_sklearns_kappa(zoo: tri.Decisions) -> None:
    result, c = tri.error_consistency(zoo), right_of(zoo)
    for a, b in PAIRS:
        assert float(result["kappa"][a, b]) == pytest.approx(cohen_kappa_score(c[a], c[b]), abs=1e-12)
    assert np.isnan(np.diagonal(result["kappa"])).all()
    np.testing.assert_array_equal(result["kappa"], result["kappa"].values.T)
    assert result["kappa"].dims == ("observer_a", "observer_b")
    assert result["observer_b"].values.tolist() == zoo["observer"].values.tolist()
    assert result["ci"].dims == ("observer_a", "observer_b", "ci_bound")
    assert result["condition_a"].values.tolist() == zoo["condition"].values.tolist()


def test_attributes_name_method_seed_and_source(zoo: tri.Decisions) -> None:
    attrs = tri.error_consistency(zoo, rng=5, draws=200, alternative="greater").attrs
    assert attrs["seed"] == 5
    assert attrs["interval"] == "dirichlet, 200 draws, over items"
    assert attrs["observers"] == 5
    assert attrs["level"] == 0.95
    assert "greater" in attrs["p_value"]
    assert "Cohen 1960" in attrs["reference"]


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_p_values_are_fishers_and_corrected_over_pairs(zoo: tri.Decisions, alternative: str) -> None:
    result, c = tri.error_consistency(zoo, alternative=alternative), right_of(zoo)
    p = []
    for a, b in PAIRS:
        table = [[np.sum((c[a] == x) & (c[b] == y)) for y in (1, 0)] for x in (1, 0)]
        p.append(stats.fisher_exact(table, alternative=alternative).pvalue)
    above = np.triu_indices(5, 1)
    np.testing.assert_allclose(np.exp(result["log_p"].values[above]), p, rtol=1e-8)
    holm, fdr = (multipletests(p, method=m)[1] for m in ("holm", "fdr_bh"))
    np.testing.assert_allclose(np.exp(result["log_p_holm"].values[above]), holm, rtol=1e-8)
    np.testing.assert_allclose(np.exp(result["log_p_fdr"].values[above]), fdr, rtol=1e-8)


def test_a_pair_uses_the_items_that_both_answered(patchy: tri.Decisions) -> None:
    result, c = tri.error_consistency(patchy), right_of(patchy)
    for a, b in PAIRS:
        both = (c[a] >= 0) & (c[b] >= 0)
        assert int(result["n"][a, b]) == both.sum() < 160
        assert float(result["kappa"][a, b]) == pytest.approx(
            cohen_kappa_score(c[a][both], c[b][both]), abs=1e-12
        )
        assert float(result["agreement"][a, b]) == pytest.approx(np.mean(c[a][both] == c[b][both]))
        assert float(result["double_fault"][a, b]) == pytest.approx(np.mean((c[a] + c[b])[both] == 0))


def test_kappa_lies_in_its_interval_and_in_its_bounds(patchy: tri.Decisions) -> None:
    result = tri.error_consistency(patchy)
    off = ~np.eye(5, dtype=bool)
    k, low, high = (result[n].values[off] for n in ("kappa", "lowest", "highest"))
    assert np.all((low <= k) & (k <= high))
    ci = result["ci"].values[off]
    assert np.all((ci[:, 0] < k) & (k < ci[:, 1]))
    np.testing.assert_allclose(result["attainable"].values[off], k / high)


def test_decisions_given_as_right_and_wrong_are_the_same(patchy: tri.Decisions) -> None:
    plain = tri.from_arrays(correct=right_of(patchy), observers=patchy["observer"].values)
    for name in ("kappa", "n", "log_p", "ci"):
        np.testing.assert_array_equal(tri.error_consistency(plain)[name], tri.error_consistency(patchy)[name])


@pytest.mark.parametrize("interval", ["multinomial", "delta"])
def test_other_intervals_by_name(zoo: tri.Decisions, interval: str) -> None:
    result = tri.error_consistency(zoo, interval=interval)
    assert result.attrs["interval"].startswith(interval)
    assert not np.array_equal(result["ci"].values, tri.error_consistency(zoo)["ci"].values, equal_nan=True)


def test_constant_observers_are_marked() -> None:
    d = tri.from_arrays(correct=[[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    result = tri.error_consistency(d)
    assert result["constant"].values.tolist() == [True, False, True, True]
    assert result["kappa"].values[0, 1] == 0
    assert np.isnan(result["kappa"].values[0, 3])
    assert np.isnan(result["ci"].values[0, 3]).all()
    assert np.isnan(result["attainable"].values[0, 1])


def test_pairs_without_common_items_are_nan(apart: tri.Decisions) -> None:
    result = tri.error_consistency(apart)
    assert result["n"].values[0, 1] == 0
    for name in ("kappa", "log_p", "log_p_holm", "log_p_fdr", "agreement", "lowest", "highest", "yule_q"):
        assert np.isnan(result[name].values[0, 1])


@pytest.mark.parametrize(
    "statistic",
    [
        tri.error_consistency, tri.mean_consistency, tri.near_duplicates, tri.overall_agreement,
        tri.response_consistency, tri.pruned_consistency, tri.residual_consistency, tri.influence,
    ],
)  # fmt: skip
def test_one_observer_is_no_pair(statistic: Callable[..., Any], alone: tri.Decisions) -> None:
    with pytest.raises(InputError, match="at least 2 observers; the decisions have 1"):
        statistic(alone)


def test_mean_over_all_pairs_within_and_between_conditions(zoo: tri.Decisions) -> None:
    result, c = tri.mean_consistency(zoo), right_of(zoo)
    conditions = zoo["condition"].values
    kappas = {(a, b): cohen_kappa_score(c[a], c[b]) for a, b in PAIRS}
    within = [k for (a, b), k in kappas.items() if conditions[a] == conditions[b]]
    between = [k for (a, b), k in kappas.items() if conditions[a] != conditions[b]]
    assert result["scope"].values.tolist() == ["all", "within conditions", "between conditions"]
    np.testing.assert_allclose(
        result["mean"], [np.mean(list(kappas.values())), np.mean(within), np.mean(between)], atol=1e-12
    )
    np.testing.assert_array_equal(result["pairs"], [10, 2, 8])
    assert np.all(result["ci"].values[:, 0] < result["mean"].values)
    assert np.all(result["mean"].values < result["ci"].values[:, 1])
    np.testing.assert_array_equal(np.isnan(result["jackknife_ci"].values[:, 0]), [False, True, True])
    assert result.attrs["interval"] == "linearised over items"


def test_mean_has_a_bootstrap_and_clusters(zoo: tri.Decisions) -> None:
    bootstrap = tri.mean_consistency(zoo, method="bootstrap", draws=300, rng=2)
    assert "bootstrap of items, 300 draws" in bootstrap.attrs["interval"]
    assert bootstrap.attrs["seed"] == 2
    assert "4 clusters" in tri.mean_consistency(zoo, clusters="target").attrs["interval"]
    assert "8 clusters" in tri.mean_consistency(zoo, clusters="session").attrs["interval"]


@pytest.mark.parametrize("clusters", ["sessions", "condition", "response"])
def test_clusters_must_annotate_items(zoo: tri.Decisions, clusters: str) -> None:
    with pytest.raises(UnknownNameError, match="no item annotation"):
        tri.mean_consistency(zoo, clusters=clusters)


def test_no_condition_has_two_observers() -> None:
    result = tri.mean_consistency(tri.from_arrays(correct=[[1, 0, 1, 0], [1, 1, 0, 0]]))
    assert np.isnan(result["mean"].values[1])
    assert result["pairs"].values.tolist() == [1, 0, 1]
    assert np.isnan(result["jackknife_ci"].values).all()


def test_difference_of_two_pairs(zoo: tri.Decisions) -> None:
    c = right_of(zoo)
    result = tri.consistency_difference(zoo, ("vgg/1", "vgg/2"), ("vgg/1", "vit"))
    expected = cohen_kappa_score(c[0], c[1]) - cohen_kappa_score(c[0], c[4])
    assert float(result["difference"]) == pytest.approx(expected, abs=1e-12)
    low, high = result["difference_ci"].values
    assert low < expected < high
    assert "vgg/1, vit" in result.attrs["method"]


def test_difference_refuses_unknown_observers(zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match=r"no observer called 'vgg/3'. Did you mean"):
        tri.consistency_difference(zoo, ("vgg/1", "vgg/3"), ("vgg/1", "vit"))


def test_class_kappa_is_sklearns(zoo: tri.Decisions) -> None:
    result, response = tri.response_consistency(zoo), zoo["response"].values[:, 0]
    target = zoo["target"].values
    for a, b in PAIRS:
        assert float(result["kappa"][a, b]) == pytest.approx(
            cohen_kappa_score(response[a], response[b]), abs=1e-12
        )
        wrong = (response[a] != target) & (response[b] != target)
        expected = cohen_kappa_score(response[a][wrong], response[b][wrong])
        assert float(result["kappa_both_wrong"][a, b]) == pytest.approx(expected, abs=1e-12)
        assert int(result["n_both_wrong"][a, b]) == wrong.sum()


def test_class_kappa_needs_responses() -> None:
    with pytest.raises(InputError, match="needs the responses"):
        tri.response_consistency(tri.from_arrays(correct=[[1, 0], [0, 1]]))


def test_overall_agreement(zoo: tri.Decisions) -> None:
    result, response = tri.overall_agreement(zoo), zoo["response"].values[:, 0]
    for about, ratings in (("right or wrong", right_of(zoo)), ("class", response)):
        row = result.sel(about=about)
        assert float(row["fleiss_kappa"]) == pytest.approx(
            fleiss_kappa(aggregate_raters(ratings.T)[0]), abs=1e-12
        )
        theirs = krippendorff.alpha(ratings.astype(float), level_of_measurement="nominal")
        assert float(row["krippendorff_alpha"]) == pytest.approx(theirs, abs=1e-12)


def test_overall_agreement_with_gaps(patchy: tri.Decisions) -> None:
    c = right_of(patchy)
    row = tri.overall_agreement(patchy).sel(about="right or wrong")
    theirs = krippendorff.alpha(np.where(c < 0, np.nan, c.astype(float)), level_of_measurement="nominal")
    assert float(row["krippendorff_alpha"]) == pytest.approx(theirs, abs=1e-12)
    complete = c[:, (c >= 0).all(axis=0)]
    assert float(row["fleiss_kappa"]) == pytest.approx(
        fleiss_kappa(aggregate_raters(complete.T)[0]), abs=1e-12
    )


def test_decisions_without_responses_agree_about_right_and_wrong_only() -> None:
    result = tri.overall_agreement(tri.from_arrays(correct=[[1, 0, 1], [0, 1, 1]]))
    assert result["about"].values.tolist() == ["right or wrong"]


def test_near_duplicates_come_highest_first() -> None:
    c = np.random.default_rng(4).integers(0, 2, size=(4, 100)).astype(np.int8)
    c[1], c[3] = c[0], c[2]
    c[3, :3] = 1 - c[2, :3]
    result = tri.near_duplicates(tri.from_arrays(correct=c, observers=["a", "copy of a", "b", "almost b"]))
    assert result["observer_a"].values.tolist() == ["a", "b"]
    assert result["observer_b"].values.tolist() == ["copy of a", "almost b"]
    assert result["kappa"].values[0] == 1.0
    assert 0.8 <= result["kappa"].values[1] < 1
    assert tri.near_duplicates(tri.from_arrays(correct=c), at_least=1.0).sizes["pair"] == 1


def test_relabelling_observers_moves_their_kappas(zoo: tri.Decisions) -> None:
    order = [3, 0, 4, 2, 1]
    before, after = tri.error_consistency(zoo), tri.error_consistency(zoo.isel(observer=order))
    names = after["observer_a"].values
    for name in ("kappa", "log_p", "log_p_holm", "attainable"):
        moved = before[name].sel(observer_a=names, observer_b=names)
        np.testing.assert_allclose(after[name], moved, atol=1e-12)
    first, second = (tri.mean_consistency(d)["mean"].values for d in (zoo, zoo.isel(observer=order)))
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_one_epoch_is_compared(training: tri.Decisions) -> None:
    c = training["correct"].values
    result = tri.error_consistency(training)
    assert result.attrs["epoch"] == 2
    assert float(result["kappa"][0, 1]) == pytest.approx(cohen_kappa_score(c[0, 2], c[1, 2]), abs=1e-12)
    late = tri.error_consistency(training, epoch=5)
    assert np.isnan(late["kappa"].values[0, 2])
    assert late["n"].values[0, 2] == 0
