"""Partition, histogram with its nulls, rarefaction, influence and outsiders, labelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint
from studies import LAST, study

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.stats import one_per_condition

NULLS = {
    "binomial", "poisson_binomial", "two_spike", "comonotone", "beta_a9", "sigmoid_a9", "beta_binomial", "per_class",
    "beta_fitted", "sigmoid_fitted",
}  # fmt: skip


def right_of(d: tri.Decisions) -> np.ndarray:
    return tri.correctness(d).values[:, 0]


@pytest.mark.parametrize("tolerance", [0, 1, 2])
def test_partition_of_complete_decisions(zoo: tri.Decisions, tolerance: int) -> None:
    result, s = tri.partition(zoo, tolerance=tolerance), right_of(zoo).sum(axis=0)
    np.testing.assert_array_equal(result["right"], s)
    expected = np.where(s >= 5 - tolerance, 2, np.where(s <= tolerance, 0, 1))
    np.testing.assert_array_equal(result["category"], expected)
    assert result["difficulty"].values.tolist() == ["impossible", "in-between", "trivial"]
    count = np.bincount(expected, minlength=3)
    np.testing.assert_array_equal(result["count"], count)
    np.testing.assert_allclose(result["share"], count / 160)
    np.testing.assert_allclose(
        result["ci"].values.T, proportion_confint(count, 160, method="wilson"), atol=1e-12
    )
    assert float(result["share"].sum()) == pytest.approx(1.0)
    assert result["item"].values.tolist() == zoo["item"].values.tolist()
    assert result.attrs["n"] == 160
    assert result.attrs["tolerance"] == tolerance
    assert result.attrs["chosen"] == zoo["observer"].values.tolist()


def test_items_that_somebody_did_not_answer_are_left_out(patchy: tri.Decisions) -> None:
    result, c = tri.partition(patchy), right_of(patchy)
    complete = (c >= 0).all(axis=0)
    assert 0 < complete.sum() < 160
    np.testing.assert_array_equal(result["category"].values == -1, ~complete)
    np.testing.assert_array_equal(result["right"].values[complete], c[:, complete].sum(axis=0))
    assert result.attrs["left_out"] == int(np.sum(~complete))
    assert result.attrs["n"] == int(result["count"].sum()) == complete.sum()


def test_one_observer_per_condition_is_the_last_instance(zoo: tri.Decisions) -> None:
    result = tri.partition(zoo, one_per="condition")
    assert result.attrs["chosen"] == ["vgg/2", "resnet/2", "vit"]
    np.testing.assert_array_equal(result["right"], right_of(zoo)[[1, 3, 4]].sum(axis=0))


def test_the_last_instance_is_the_highest_number_not_the_last_in_order(zoo: tri.Decisions) -> None:
    turned = zoo.isel(observer=[1, 0, 3, 2, 4])
    assert one_per_condition(turned)["observer"].values.tolist() == ["vgg/2", "resnet/2", "vit"]


THE_PAPERS_COUNT = [
    "base", "nesterov", "initialization-3", "order-2", "half-data-2",
    "base (plus-1)", "base (plus-2)", "half-data-2 (different-data)",
]  # fmt: skip


def test_the_papers_count_has_base_three_times_and_one_half_data_network_twice() -> None:
    d = study()
    found = one_per_condition(d, paper_compatible=True)
    assert found["observer"].values.tolist() == THE_PAPERS_COUNT
    assert found["condition"].values.tolist()[-3:] == ["plus-1", "plus-2", "different-data"]
    c = tri.correctness(found).sel(epoch=LAST)
    for again, once in (("base (plus-1)", "base"), ("base (plus-2)", "base")):
        np.testing.assert_array_equal(c.sel(observer=again), c.sel(observer=once))
    np.testing.assert_array_equal(
        c.sel(observer="half-data-2 (different-data)"), c.sel(observer="half-data-2")
    )
    distinct = one_per_condition(d)
    assert distinct["observer"].values.tolist() == THE_PAPERS_COUNT[:5]


@pytest.mark.parametrize("one_per", [None, "condition"])
def test_partition_and_histogram_by_the_papers_count(one_per: str | None) -> None:
    d = study()
    c = tri.correctness(d).sel(epoch=LAST)
    s = sum(c.sel(observer=name.partition(" ")[0]).values.astype(int) for name in THE_PAPERS_COUNT)
    options = {"one_per": one_per, "paper_compatible": True, "tolerance": 1}
    result = tri.partition(d, **options)
    np.testing.assert_array_equal(result["right"], s)
    assert result.attrs["chosen"] == THE_PAPERS_COUNT
    assert result.attrs["epoch"] == LAST
    histogram = tri.difficulty(d, **options)
    np.testing.assert_array_equal(histogram["count"], np.bincount(s, minlength=9))
    assert histogram.attrs["chosen"] == THE_PAPERS_COUNT
    assert histogram.attrs["paper_compatible"]
    assert not tri.difficulty(d).attrs["paper_compatible"]


def test_the_papers_count_from_a_store_and_without_some_networks(tmp_path) -> None:
    d = study(40)
    tri.write(d, tmp_path / "s.zarr")
    stored = tri.partition(tri.open(tmp_path / "s.zarr"), paper_compatible=True)
    assert stored.equals(tri.partition(d, paper_compatible=True))
    fewer = one_per_condition(tri.select(d, drop=["half-data-2", "nesterov"]), paper_compatible=True)
    assert fewer["observer"].values.tolist() == [
        "base", "initialization-3", "order-2", "half-data-1", "base (plus-1)", "base (plus-2)",
    ]  # fmt: skip


def test_the_papers_count_needs_a_study(zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match="the paper's count needs the comparisons of a study"):
        tri.partition(zoo, paper_compatible=True)


def test_one_per_knows_conditions_only(zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match="one_per called 'kind'"):
        tri.partition(zoo, one_per="kind")


@pytest.mark.parametrize("statistic", [tri.partition, tri.difficulty])
def test_flagged_items_can_be_set_aside(zoo: tri.Decisions, statistic: Callable[..., Any]) -> None:
    result = statistic(zoo, exclude="label_error")
    assert result.attrs["n"] == 144
    kept = zoo.isel(item=np.flatnonzero(~zoo["label_error"].values))
    assert result["count"].values.tolist() == statistic(kept)["count"].values.tolist()


def test_an_unknown_annotation_is_refused_with_a_hint(zoo: tri.Decisions) -> None:
    with pytest.raises(UnknownNameError, match=r"'label_errors'\. Did you mean label_error"):
        tri.partition(zoo, exclude="label_errors")


def test_excluding_everything_is_refused(zoo: tri.Decisions) -> None:
    d = zoo.assign_coords(all=("item", np.ones(160, dtype=bool)))
    with pytest.raises(InputError, match="no item is left"):
        tri.partition(d, exclude="all")


def test_a_tolerance_that_does_not_fit_is_refused(zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match=r"tolerance 3 does not fit 5 observers.*largest tolerance is 2"):
        tri.partition(zoo, tolerance=3)


@pytest.mark.parametrize(
    "statistic",
    [
        tri.partition, tri.difficulty, tri.rarefaction, tri.influence, tri.outsiders, tri.pruned_consistency,
        tri.residual_consistency,
    ],
)  # fmt: skip
def test_a_common_item_is_needed(statistic: Callable[..., Any], apart: tri.Decisions) -> None:
    with pytest.raises(
        InputError, match="no item was answered by all 2 observers; 'left' answered the fewest"
    ):
        statistic(apart)


@pytest.mark.parametrize("statistic", [tri.partition, tri.difficulty, tri.rarefaction, tri.influence])
def test_the_default_epoch_is_the_last_that_all_have(
    statistic: Callable[..., Any], training: tri.Decisions
) -> None:
    assert statistic(training).attrs["epoch"] == 2
    assert statistic(training, epoch=0).attrs["epoch"] == 0


def test_choosing_observers_comes_before_the_epoch(training: tri.Decisions) -> None:
    d = training.assign_coords(
        condition=("observer", np.array(["x", "y", "y"], dtype=object)), instance=("observer", [0, 1, 0])
    )
    result = tri.partition(d, one_per="condition")
    assert result.attrs["chosen"] == ["base", "other"]
    assert result.attrs["epoch"] == 5


def test_histogram_and_nulls(zoo: tri.Decisions) -> None:
    result, c = tri.difficulty(zoo), right_of(zoo)
    counts = np.bincount(c.sum(axis=0), minlength=6)
    np.testing.assert_array_equal(result["count"], counts)
    assert set(result["null"].values) == NULLS
    np.testing.assert_allclose(result["probability"].sum("number_right"), 1.0)
    p = c.mean(axis=1)
    by_null = result["probability"]
    np.testing.assert_allclose(by_null.sel(null="binomial"), estimators.binomial(5, p.mean()))
    np.testing.assert_allclose(by_null.sel(null="poisson_binomial"), estimators.poisson_binomial(p))
    np.testing.assert_allclose(by_null.sel(null="comonotone"), estimators.comonotone(p))
    classes = [c[:, zoo["target"].values == k] for k in range(4)]
    per_class = estimators.per_class_poisson_binomial(
        [k.mean(axis=1) for k in classes], [k.shape[1] for k in classes]
    )
    np.testing.assert_allclose(by_null.sel(null="per_class"), per_class)
    fitted = estimators.fit_beta_binomial(counts)
    assert (float(result["alpha"]), float(result["beta"])) == fitted
    np.testing.assert_allclose(by_null.sel(null="beta_binomial"), estimators.beta_binomial(5, *fitted))
    shares = counts / 160
    np.testing.assert_allclose(result["total_variation"], np.abs(by_null - shares).sum("number_right") / 2)
    np.testing.assert_allclose(result["trivial"], by_null.values[:, 5])
    np.testing.assert_allclose(result["impossible"], by_null.values[:, 0])


@pytest.mark.parametrize("tolerance", [0, 1])
def test_dichotomy_index_and_its_parts(zoo: tri.Decisions, tolerance: int) -> None:
    result, c = tri.difficulty(zoo, tolerance=tolerance), right_of(zoo)
    counts, p = np.bincount(c.sum(axis=0), minlength=6), c.mean(axis=1)
    index = estimators.dichotomy_index(counts, p, tolerance=tolerance)
    for name, value in (
        ("dichotomy_index", index.index), ("observed", index.observed), ("independent", index.independent),
        ("attainable", index.attainable),
    ):  # fmt: skip
        assert float(result[name]) == pytest.approx(value)
    assert result.attrs["rarefied_to"] == 5
    assert float(result["rarefied_index"]) == pytest.approx(
        estimators.dichotomy_index(counts, p).index, abs=1e-6
    )


def test_flagged_items_are_counted(zoo: tri.Decisions) -> None:
    result, s = tri.difficulty(zoo), right_of(zoo).sum(axis=0)
    np.testing.assert_array_equal(result["flagged"], np.bincount(s[zoo["label_error"].values], minlength=6))
    late = zoo.assign_coords(late=("item", (zoo["session"].values > 0).astype(float)))
    other = tri.difficulty(late, flags="late")
    np.testing.assert_array_equal(other["flagged"], np.bincount(s[late["late"].values > 0], minlength=6))
    with pytest.raises(InputError, match="is not true or false but a number"):
        tri.difficulty(zoo.assign_coords(size=("item", np.arange(zoo.sizes["item"]))), flags="size")


def test_flags_are_zero_without_an_annotation_and_refused_if_unknown(patchy: tri.Decisions) -> None:
    assert int(tri.difficulty(patchy)["flagged"].sum()) == 0
    with pytest.raises(UnknownNameError, match="no annotation called 'wrong_label'"):
        tri.difficulty(patchy, flags="wrong_label")


def test_flags_must_annotate_items(zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match="describes observers"):
        tri.difficulty(zoo, flags="condition")


def test_no_targets_no_per_class_null() -> None:
    d = tri.from_arrays(correct=np.random.default_rng(1).integers(0, 2, size=(3, 30)))
    assert set(tri.difficulty(d)["null"].values) == NULLS - {"per_class"}


def test_one_observer_has_a_histogram_but_no_fit(alone: tri.Decisions) -> None:
    result = tri.difficulty(alone)
    assert result["count"].values.tolist() == [1, 3]
    assert np.isnan([float(result[n]) for n in ("alpha", "beta", "rarefied_index", "dichotomy_index")]).all()
    assert "beta_binomial" not in result["null"].values


def test_rarefaction_ends_at_the_observed_shares(zoo: tri.Decisions) -> None:
    result, share = tri.rarefaction(zoo), tri.partition(zoo)["share"]
    assert result["observers_drawn"].values.tolist() == [1, 2, 3, 4, 5]
    assert float(result["trivial"][-1]) == pytest.approx(float(share[2]))
    assert float(result["impossible"][-1]) == pytest.approx(float(share[0]))
    assert float(result["trivial"][0]) == pytest.approx(right_of(zoo).mean())
    with_tolerance = tri.rarefaction(zoo, tolerance=1)
    np.testing.assert_array_equal(np.isnan(with_tolerance["trivial"]), [True, True, False, False, False])


def test_influence_is_deletion_sorted_by_its_size(zoo: tri.Decisions) -> None:
    result = tri.influence(zoo, tolerance=1)
    whole = tri.partition(zoo, tolerance=1)["share"].values
    for name in zoo["observer"].values:
        without = tri.partition(tri.select(zoo, drop=[name]), tolerance=1)["share"].values
        row = result.sel(observer=name)
        assert float(row["trivial"]) == pytest.approx(without[2])
        assert float(row["impossible"]) == pytest.approx(without[0])
        assert float(row["change"]) == pytest.approx(without[2] + without[0] - whole[2] - whole[0])
    assert np.all(np.diff(np.abs(result["change"])) <= 0)
    assert sorted(result["observer"].values) == sorted(zoo["observer"].values)


def test_influence_uses_the_items_that_all_answered(patchy: tri.Decisions) -> None:
    c = right_of(patchy)
    complete = c[:, (c >= 0).all(axis=0)]
    result = tri.influence(patchy)
    assert result.attrs["n"] == complete.shape[1]
    without = np.delete(complete, 4, axis=0).sum(axis=0)
    assert float(result.sel(observer="vit")["trivial"]) == pytest.approx(np.mean(without == 4))


def test_outsiders_are_the_broken_ones() -> None:
    rng = np.random.default_rng(6)
    good = rng.random((10, 2000)) < rng.beta(4, 0.5, size=2000)
    broken = rng.random((2, 2000)) < 0.3
    names = [*(f"good-{k}" for k in range(10)), "broken-a", "broken-b"]
    d = tri.from_arrays(correct=np.concatenate([good, broken]), observers=names)
    assert sorted(tri.outsiders(d)) == ["broken-a", "broken-b"]
    assert tri.outsiders(tri.select(d, drop="broken-*")) == []


def test_three_observers_have_no_outsider() -> None:
    c = np.ones((3, 50), dtype=np.int8)
    c[0] = 0
    assert tri.outsiders(tri.from_arrays(correct=c)) == []


def test_relabelling_changes_nothing(zoo: tri.Decisions) -> None:
    rng = np.random.default_rng(7)
    moved = zoo.isel(observer=rng.permutation(5), item=rng.permutation(160))
    before, after = tri.partition(zoo), tri.partition(moved)
    np.testing.assert_array_equal(after["category"], before["category"].sel(item=after["item"].values))
    for name in ("count", "probability", "dichotomy_index", "rarefied_index", "alpha", "flagged"):
        np.testing.assert_allclose(
            tri.difficulty(moved)[name], tri.difficulty(zoo)[name], rtol=1e-9, atol=1e-12
        )


def test_decisions_that_cannot_be_judged_are_told_from_those_not_made() -> None:
    with pytest.raises(InputError, match="the items have no target; give targets where"):
        tri.difficulty(tri.from_arrays([[0, 1, 2], [2, 1, 0]]))
    nothing = tri.from_arrays([[tri.MISSING] * 3] * 2, target=[0, 1, 2])
    with pytest.raises(InputError, match="nobody has answered an item at epoch 0"):
        tri.difficulty(nothing)
