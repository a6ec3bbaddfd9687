"""Similarity of labelled features: who is compared with whom, on which items, and what each class carries."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.representations import Reading
from trichotomy.representations.schema import tree

MEASURES = ["rsa", "cka", "procrustes", "rank-rsa"]
NAMES = ["base", "order-1", "order-2", "half"]
CONDITIONS = {"base": "base", "order-1": "order", "order-2": "order", "half": "half"}


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(120, 5))
    return {
        n: shared @ rng.normal(size=(5, 8)) + (k + 1) / 3 * rng.normal(size=(120, 8))
        for k, n in enumerate(NAMES)
    }


@pytest.fixture(scope="module")
def decisions() -> tri.Decisions:
    d = tri.simulate(4, 120, rng=1)
    labels = np.array([CONDITIONS[n] for n in NAMES], dtype=object)
    return d.assign_coords(observer=np.array(NAMES, dtype=object), condition=("observer", labels))


@pytest.fixture
def f(arrays, decisions):
    return tri.features_from_arrays(arrays, items=decisions["item"].values, conditions=CONDITIONS)


@pytest.mark.parametrize("measure", MEASURES)
def test_all_pairs_are_the_estimators(f, arrays, measure):
    s = tri.similarity(f, measure=measure)
    one = s.sel(observer_a="order-1", observer_b="half")
    direct = estimators.similarity(arrays["order-1"], arrays["half"], measure)
    assert float(one["similarity"]) == pytest.approx(direct.value)
    assert float(one["standard_error"]) == pytest.approx(direct.standard_error)
    assert one["ci"][0] < direct.value < one["ci"][1]
    values = s["similarity"].values
    np.testing.assert_array_equal(values, values.T)
    assert np.isnan(values.diagonal()).all()
    assert float(s["mean"]) == pytest.approx(np.nanmean(values))
    assert s["mean_ci"][0] < s["mean"] < s["mean_ci"][1]
    assert (s.attrs["n"], s.attrs["left_out"], s.attrs["measure"]) == (120, 0, measure)


def test_the_bootstrap_by_name(f):
    s = tri.similarity(f, interval="bootstrap", draws=40)
    delta = tri.similarity(f)
    width, other = (float(r["ci"][0, 1, 1] - r["ci"][0, 1, 0]) for r in (s, delta))
    assert width == pytest.approx(other, rel=0.5)
    assert (s.attrs["seed"], delta.attrs["seed"]) == (0, None)
    with pytest.raises(UnknownNameError, match="interval of rank-rsa"):
        tri.similarity(f, measure="rank-rsa", interval="bootstrap")


def test_items_without_features_are_left_out_of_all_pairs(arrays, decisions):
    broken = {n: x.copy() for n, x in arrays.items()}
    broken["half"][3] = np.nan
    broken["order-1"][7] = 2.0
    f = tri.features_from_arrays(broken, items=decisions["item"].values, conditions=CONDITIONS)
    s = tri.similarity(f)
    kept = np.delete(np.arange(120), [3, 7])
    assert (s.attrs["n"], s.attrs["left_out"]) == (118, 2)
    assert float(s["similarity"][0, 2]) == pytest.approx(
        estimators.rsa(arrays["base"][kept], arrays["order-2"][kept]).value
    )


def test_conditions_are_compared_with_base(f, decisions):
    c = tri.condition_similarity(f, decisions)
    s = tri.similarity(f)["similarity"]
    assert c["condition"].values.tolist() == ["order", "half"]
    assert c["pairs"].values.tolist() == [2, 1]
    assert float(c["similarity"][0]) == pytest.approx(float(s[0, 1:3].mean()))
    assert (c["ci"][:, 0] < c["similarity"]).all()
    assert c["references"].values.tolist() == ["base", "base"]
    same = tri.condition_similarity(f)
    assert same.identical(c)


def test_the_mean_of_one_pair_has_the_pairs_interval(f, decisions):
    c = tri.condition_similarity(f, decisions).sel(condition="half")
    own = tri.similarity(f).sel(observer_a="base", observer_b="half")
    np.testing.assert_allclose(c["ci"], own["ci"])


def test_networks_read_at_several_epochs(arrays):
    own = {Reading("base", 5, "base"): {"penultimate": arrays["base"]},
           Reading("base", 3, "base"): {"penultimate": arrays["half"]},
           Reading("order-1", 3, "order"): {"penultimate": arrays["order-1"]},
           Reading("order-2", 4, "order"): {"penultimate": arrays["order-2"]}}  # fmt: skip
    f = tree(own, np.array([f"i{k}" for k in range(120)], dtype=object), {})
    s = tri.similarity(f)
    assert s["epoch"].values.tolist() == [3, 3, 4]
    assert float(s["similarity"][0, 1]) == pytest.approx(
        estimators.rsa(arrays["half"], arrays["order-1"]).value
    )
    assert tri.condition_similarity(f).attrs["elsewhere"] == {"order-2": 4}
    with pytest.raises(InputError, match="no features are of epoch 9"):
        tri.similarity(f, epoch=9)


@pytest.mark.parametrize("measure", MEASURES)
def test_shares_carried(f, decisions, arrays, measure):
    k = tri.agreement_carried(f, decisions, measure=measure, folds=4)
    category = tri.partition(decisions)["category"].values
    np.testing.assert_allclose(k["share"].sum("difficulty"), 1)
    np.testing.assert_allclose(k["items"], np.bincount(category, minlength=3) / 120)
    found = estimators.similarity(arrays["half"], arrays["base"], measure)
    shares = [found.contributions[category == g].sum() / found.value for g in range(3)]
    np.testing.assert_allclose(k["share"].sel(condition="half"), shares, atol=1e-9)
    for name in ("pairs", "pair_share"):
        total = float(k[name].sum())
        assert total == pytest.approx(1 if name == "pairs" or measure in ("rsa", "cka") else 0)
    assert np.isfinite(k["ci"]).all() == (measure != "rank-rsa")
    trivial = category == 2
    inside = estimators.similarity(arrays["half"][trivial], arrays["base"][trivial], measure).value
    assert float(k["within"].sel(condition="half", difficulty="trivial")) == pytest.approx(inside)


def test_items_are_joined_by_id(f, decisions):
    turned = decisions.isel(item=slice(None, None, -1))
    one, other = (tri.agreement_carried(f, d, folds=0) for d in (decisions, turned))
    np.testing.assert_allclose(one["share"], other["share"])
    part = tri.agreement_carried(f, decisions.isel(item=slice(60)), folds=0)
    assert (part.attrs["n"], part.attrs["left_out"]) == (60, 60)
    renamed = decisions.assign_coords(item=[f"other{k}" for k in range(120)])
    with pytest.raises(InputError, match="no id is in both"):
        tri.agreement_carried(f, renamed)


def test_wrong_requests(f, arrays):
    with pytest.raises(UnknownNameError, match="Did you mean penultimate"):
        tri.similarity(f, layer="penultimat")
    with pytest.raises(UnknownNameError, match="Did you mean cka"):
        tri.similarity(f, measure="ckaa")
    with pytest.raises(InputError, match="two networks or more"):
        tri.similarity(tri.features_from_arrays({"a": arrays["base"]}))
    with pytest.raises(InputError, match="one number per item"):
        tri.similarity(tri.features_from_arrays({n: x[:, :1] for n, x in arrays.items()}))
    with pytest.raises(InputError, match="all missing or constant"):
        tri.similarity(tri.features_from_arrays({**arrays, "dead": np.zeros((120, 8))}))
