"""Equivalence with the seed ceiling."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from studies import LAST, kappa, members, right, study

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError


def ceiling_of(d: tri.Decisions, epoch: int = LAST) -> float:
    pairs = combinations(members("initialization"), 2)
    return float(np.mean([kappa(right(d, a, epoch), right(d, b, epoch)) for a, b in pairs]))


def test_difference_to_the_mean_of_the_seeds_among_themselves() -> None:
    d = study(missing=0.05)
    result, rows = tri.equivalence(d), tri.condition_consistency(d)
    assert result.attrs["ceiling_kappa"] == pytest.approx(ceiling_of(d))
    assert result.attrs["ceiling_pairs"] == 3
    np.testing.assert_allclose(result["kappa"], rows["kappa"])
    np.testing.assert_allclose(result["difference"], rows["kappa"] - ceiling_of(d), atol=1e-12)
    assert result["condition"].values.tolist() == rows["condition"].values.tolist()
    assert result["pairs"].values.tolist() == rows["pairs"].values.tolist()


@pytest.mark.parametrize("condition", ["order", "plus-1", "initialization"])
def test_the_interval_knows_the_items_that_both_means_share(condition: str) -> None:
    """The 90 % interval of a plain bootstrap of items, with kappas by their definition."""
    d = study()
    (c,) = (c for c in tri.comparisons(d) if c.condition == condition)
    own = np.stack([right(d, o, LAST + c.shift) for o in c.observers])
    base, seeds = right(d, "base", LAST), np.stack([right(d, o, LAST) for o in members("initialization")])
    everybody = np.concatenate([own, base[None], seeds])
    k = len(own)
    weights = np.zeros((k + 4, k + 4))
    weights[:k, k] = 1 / k
    for a, b in combinations(range(k + 1, k + 4), 2):
        weights[a, b] = -1 / 3
    slow = estimators.kappa_contrast(
        everybody, weights + weights.T, method="bootstrap", draws=3000, level=0.9
    )
    row = tri.equivalence(d).sel(condition=condition)
    assert float(row["difference"]) == pytest.approx(slow.value, abs=1e-9)
    assert float(row["standard_error"]) == pytest.approx(slow.standard_error, rel=0.08)
    np.testing.assert_allclose(row["ci"], [slow.lower, slow.upper], atol=0.015)


def test_two_one_sided_tests_by_the_normal_approximation() -> None:
    result = tri.equivalence(study(), margin=0.1, level=0.99)
    d, error = result["difference"].values, result["standard_error"].values
    expected = np.maximum(stats.norm.sf((d + 0.1) / error), stats.norm.cdf((d - 0.1) / error))
    np.testing.assert_allclose(result["p_value"], expected, rtol=1e-9)
    np.testing.assert_array_equal(result["equivalent"], expected < 0.01)
    half = stats.norm.ppf(0.99) * error
    np.testing.assert_allclose(result["ci"], np.stack([d - half, d + half], axis=1), atol=1e-12)
    assert (result.attrs["alpha"], result.attrs["level"]) == (0.01, 0.98)


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1, 0.2, 0.4])
def test_equivalent_is_the_whole_interval_within_the_margin(margin: float) -> None:
    result = tri.equivalence(study(), margin=margin)
    inside = (np.abs(result["ci"]) < margin).all("ci_bound")
    np.testing.assert_array_equal(result["equivalent"], inside)
    assert result["equivalent"].dtype == bool


def test_what_is_as_the_seeds_is_found_and_what_is_not_is_not() -> None:
    rng = np.random.default_rng(4)
    ease = rng.beta(0.9, 0.6, size=20_000)
    c = rng.random((6, 20_000)) < ease
    c[5] = np.where(rng.random(20_000) < 0.6, c[0], c[5])  # nearly a copy of base
    names = ["base", "s-1", "s-2", "s-3", "alike", "copy"]
    conditions = np.array([n.split("-")[0] for n in names], dtype=object)
    d = tri.from_arrays(correct=c, observers=names, observer_coords={"condition": conditions})
    result = tri.equivalence(d, ceiling="s")
    assert bool(result["equivalent"].sel(condition="alike"))
    assert not bool(result["equivalent"].sel(condition="copy"))
    assert float(result["p_value"].sel(condition="alike")) < 0.01 < float(
        result["p_value"].sel(condition="copy")
    )  # fmt: skip


def test_few_items_show_nothing_however_small_the_difference() -> None:
    result = tri.equivalence(study(30))
    assert not result["equivalent"].any()
    assert (result["p_value"] > 0.05).all()


def test_the_ceiling_differs_from_itself_by_nothing() -> None:
    own = members("initialization")
    d = study(comparisons=[{"condition": "seeds", "observers": own, "references": own}])
    row = tri.equivalence(d).isel(condition=0)
    assert (float(row["difference"]), float(row["standard_error"]), float(row["p_value"])) == (0, 0, 0)
    assert bool(row["equivalent"])


def test_what_was_not_run_is_not_equivalent() -> None:
    result = tri.equivalence(study().sel(epoch=range(LAST + 1)))
    late = result.sel(condition=["plus-1", "plus-2"])
    for name in ("kappa", "difference", "p_value", "standard_error", "ci"):
        assert np.isnan(late[name]).all(), name
    assert not late["equivalent"].any()
    assert late["pairs"].values.tolist() == [0, 0]


def test_a_constant_network_leaves_the_means_defined() -> None:
    d = study().copy(deep=True)
    at = d["observer"].values.tolist().index("order-1")
    d["response"].values[at, LAST] = d["target"].values
    base = d["observer"].values.tolist().index("base")
    d["response"].values[base, LAST] = d["target"].values
    row = tri.equivalence(d).sel(condition="order")
    assert int(row["pairs"]) == 1
    assert float(row["difference"]) == pytest.approx(-ceiling_of(d))


def test_another_ceiling_and_the_bootstrap() -> None:
    d = study()
    result = tri.equivalence(d, ceiling="half-data", method="bootstrap", draws=300, rng=2)
    apart = kappa(right(d, "half-data-1", LAST), right(d, "half-data-2", LAST))
    assert result.attrs["ceiling_kappa"] == pytest.approx(apart)
    assert "300 draws" in result.attrs["interval"]
    assert result.attrs["seed"] == 2
    fast = tri.equivalence(d, ceiling="half-data")
    first, second = result["standard_error"].values[:-1], fast["standard_error"].values[:-1]
    np.testing.assert_allclose(first, second, rtol=0.2)
    # different-data is that very pair
    assert float(result["difference"].sel(condition="different-data")) == 0


@pytest.mark.parametrize(
    ("ceiling", "message"),
    [
        ("nesterov", "two networks or more of the condition 'nesterov' at epoch 4; there is 1"),
        (
            "initialisation",
            "of the condition 'initialisation' at epoch 4; there are 0; name another .*: half-data, ",
        ),
    ],
)
def test_a_ceiling_needs_two_networks(ceiling: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        tri.equivalence(study(30), ceiling=ceiling)


def test_where_no_condition_has_two_networks_another_must_be_trained() -> None:
    d = tri.select(study(30), observers=["base", "nesterov", "initialization-1"])
    with pytest.raises(InputError, match="there is 1; train another instance"):
        tri.equivalence(d)


@pytest.mark.parametrize("margin", [0, -0.1, np.nan, np.inf])
def test_a_margin_must_be_positive(margin: float) -> None:
    with pytest.raises(InputError, match="margin of equivalence must be positive"):
        tri.equivalence(study(30), margin=margin)


@pytest.mark.parametrize("level", [0.5, 1.0, 95])
def test_a_level_must_make_a_test(level: float) -> None:
    with pytest.raises(InputError, match="level of an equivalence test"):
        tri.equivalence(study(30), level=level)


def test_the_caution_goes_with_the_result() -> None:
    attrs = tri.equivalence(study(30), margin=0.07).attrs
    assert attrs["margin"] == 0.07
    assert attrs["ceiling"] == "initialization"
    assert "networks are given" in attrs["caution"]
