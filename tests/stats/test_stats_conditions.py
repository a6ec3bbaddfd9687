"""Conditions against their references and against each other, held against loops over pairs."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from studies import LAST, OBSERVERS, kappa, members, right, study

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError

ANYHOW = settings(derandomize=True, deadline=None, max_examples=15, database=None)


def pruned_items(d: tri.Decisions, epoch: int, tolerance: int) -> np.ndarray:
    """Items in between for all networks that ran the epoch, spelled out."""
    c = tri.correctness(d).sel(epoch=epoch).values
    c = c[(c >= 0).any(axis=1)]
    return np.array([
        bool((c[:, i] >= 0).all() and tolerance < (c[:, i] == 1).sum() < len(c) - tolerance)
        for i in range(c.shape[1])
    ])  # fmt: skip


def test_kappa_of_every_pair_is_cohens_and_the_mean_is_plain() -> None:
    d = study()
    result = tri.condition_consistency(d)
    assert result.attrs["epoch"] == LAST
    for comparison in tri.comparisons(d):
        expected = [
            cohen_kappa_score(right(d, a, LAST + comparison.shift), right(d, b, LAST))
            for a, b in product(comparison.observers, comparison.references)
        ]
        row = result.sel(condition=comparison.condition)
        pairs = result["pair_condition"].values == comparison.condition
        np.testing.assert_allclose(result["pair_kappa"].values[pairs], expected, atol=1e-12)
        assert result["observer_a"].values[pairs].tolist() == list(comparison.observers)
        assert set(result["observer_b"].values[pairs]) == set(comparison.references)
        assert float(row["kappa"]) == pytest.approx(np.mean(expected), abs=1e-12)
        assert int(row["pairs"]) == len(expected)
        assert float(row["ci"][0]) < np.mean(expected) < float(row["ci"][1])


def test_plus_comparisons_read_the_base_network_later() -> None:
    d = study()
    result = tri.condition_consistency(d, epoch=3)
    for shift in (1, 2):
        expected = kappa(right(d, "base", 3 + shift), right(d, "base", 3))
        row = result.sel(condition=f"plus-{shift}")
        assert float(row["kappa"]) == pytest.approx(expected)
        assert float(row["accuracy"]) == pytest.approx(right(d, "base", 3 + shift).mean())
        assert int(row["shift"]) == shift
    assert result["references"].values.tolist()[-3:] == ["base", "base", "half-data-2"]


def test_an_epoch_that_was_not_run_is_undefined_with_no_pairs() -> None:
    result = tri.condition_consistency(study().sel(epoch=range(LAST + 2))).sel(condition=["plus-1", "plus-2"])
    np.testing.assert_array_equal(np.isnan(result["kappa"]), [False, True])
    for name in ("ci", "pruned", "accuracy"):
        assert np.isnan(result[name].values[1]).all(), name
    assert result["pairs"].values.tolist() == [1, 0]
    late = tri.condition_consistency(study(), epoch=5)
    ran = ~np.isnan(late["kappa"])
    assert late["condition"].values[ran].tolist() == ["plus-1"]
    assert late["pairs"].values[ran].tolist() == [1]


@pytest.mark.parametrize("tolerance", [0, 1, 2])
def test_pruned_leaves_out_what_all_networks_of_the_epoch_find_easy_or_hard(tolerance: int) -> None:
    d = study(missing=0.02)
    result = tri.condition_consistency(d, tolerance=tolerance)
    kept = pruned_items(d, LAST, tolerance)
    assert 0 < kept.sum() < kept.size
    assert result.attrs["kept"] == kept.sum()
    for c in tri.comparisons(d):
        expected = [
            kappa(right(d, a, LAST + c.shift)[kept], right(d, b, LAST)[kept])
            for a, b in product(c.observers, c.references)
        ]
        assert float(result.sel(condition=c.condition)["pruned"]) == pytest.approx(np.nanmean(expected))


def test_accuracy_is_the_mean_of_the_conditions_networks_over_what_each_answered() -> None:
    d = study(missing=0.05)
    result = tri.condition_consistency(d)
    for condition in ("nesterov", "initialization", "half-data"):
        own = [right(d, o, LAST) for o in members(condition)]
        expected = np.mean([(c == 1).sum() / (c >= 0).sum() for c in own])
        assert float(result.sel(condition=condition)["accuracy"]) == pytest.approx(expected)


def test_a_pair_uses_the_items_that_both_answered() -> None:
    d = study(missing=0.1)
    result = tri.condition_consistency(d)
    expected = [kappa(right(d, o, LAST), right(d, "base", LAST)) for o in members("initialization")]
    assert float(result.sel(condition="initialization")["kappa"]) == pytest.approx(np.mean(expected))
    assert result.attrs["left_out"] == (tri.correctness(d).sel(epoch=LAST) < 0).any("observer").sum()
    assert "both answered" in result.attrs["undefined"]


def test_the_interval_of_one_pair_is_the_pairs_own() -> None:
    d = study()
    stacked = np.stack([right(d, "base", LAST + 1), right(d, "base", LAST)])
    cells = estimators.pair_cells(stacked).of((np.array([0]), np.array([1])))
    lower, upper = estimators.kappa_interval(cells, level=0.9, rng=3)
    row = tri.condition_consistency(d, level=0.9, rng=3).sel(condition="plus-1")
    np.testing.assert_allclose(row["ci"], [lower[0], upper[0]], atol=1e-12)


def test_the_interval_of_several_pairs_is_joint_over_items() -> None:
    d = study()
    c = np.stack([right(d, o, LAST) for o in [*members("initialization"), "base"]])
    pairs = np.zeros((4, 4), dtype=bool)
    pairs[:3, 3] = True
    expected = estimators.mean_kappa(c, pairs=pairs, method="bootstrap", draws=3000, rng=1)
    low, high = tri.condition_consistency(d).sel(condition="initialization")["ci"].values
    assert high - low == pytest.approx(expected.upper - expected.lower, rel=0.1)
    assert (high + low) / 2 == pytest.approx(expected.value, abs=0.01)


def test_joint_interval_of_pairs_at_different_epochs() -> None:
    later = {"condition": "later", "observers": ["base", "order-1"], "references": ["base"], "shift": 0}
    both = {**later, "condition": "moved", "observers": ["base", "initialization-1"], "shift": 1}
    d = study(comparisons=[later, both])
    result = tri.condition_consistency(d, epoch=2)
    readings = [right(d, "base", 3), right(d, "initialization-1", 3), right(d, "base", 2)]
    pairs = np.zeros((3, 3), dtype=bool)
    pairs[:2, 2] = True
    expected = estimators.mean_kappa(np.stack(readings), pairs=pairs)
    moved = result.sel(condition="moved")
    assert float(moved["kappa"]) == pytest.approx(expected.value)
    np.testing.assert_allclose(moved["ci"], [expected.lower, expected.upper], atol=1e-9)
    assert int(result.sel(condition="later")["pairs"]) == 1  # base is no pair with itself at the same epoch


def test_networks_compared_among_themselves_make_each_pair_once() -> None:
    own = members("initialization")
    d = study(comparisons=[{"condition": "seeds", "observers": own, "references": own}])
    result = tri.condition_consistency(d)
    expected = [kappa(right(d, a, LAST), right(d, b, LAST)) for a, b in combinations(own, 2)]
    assert result["pairs"].values.tolist() == [3]
    assert float(result["kappa"][0]) == pytest.approx(np.mean(expected))


def test_known_answer_made_by_hand() -> None:
    # base right on items 0-3 of 8; a agrees on all; b on 6 of 8, right on 4: o = .75, e = .5, kappa = .5
    c = [[1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 1, 0, 0, 0]]
    d = tri.from_arrays(correct=c, observers=["base", "a", "b"])
    result = tri.condition_consistency(d, tolerance=0)
    np.testing.assert_allclose(result["kappa"], [1.0, 0.5])
    np.testing.assert_allclose(result["accuracy"], [0.5, 0.5])
    # items 3 and 4 are in between: base and a say 1, 0, b says 0, 1: o = 0, e = .5
    np.testing.assert_allclose(result["pruned"], [1.0, -1.0])


def test_a_constant_observer_has_no_kappa_and_is_not_averaged() -> None:
    c = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 1, 0]])
    coords = {"condition": np.array(["base", "x", "x"], dtype=object)}
    d = tri.from_arrays(correct=c, observers=["base", "x-1", "x-2"], observer_coords=coords)
    result = tri.condition_consistency(d)
    assert np.isnan(result["pair_kappa"].values[0])
    assert result["pair_kappa"].values[1] == 0.0
    assert result["pairs"].values.tolist() == [1]
    assert float(result["kappa"][0]) == 0.0


def test_a_tolerance_that_does_not_fit_leaves_pruned_undefined() -> None:
    d = tri.select(study(), observers=["base", "nesterov"])
    result = tri.condition_consistency(d)
    assert np.isnan(result["pruned"]).all()
    assert np.isfinite(result["kappa"].sel(condition="nesterov"))
    with pytest.raises(InputError, match="tolerance -1"):
        tri.condition_consistency(d, tolerance=-1)


def test_an_unknown_epoch_is_refused() -> None:
    with pytest.raises(InputError, match="there is no epoch 9"):
        tri.condition_consistency(study(), epoch=9)


@ANYHOW
@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1]))
def test_the_order_of_items_and_observers_changes_nothing(random: object, missing: float) -> None:
    d = study(60, missing=missing)
    observers, items = list(range(len(OBSERVERS))), list(range(60))
    random.shuffle(observers)  # type: ignore[attr-defined]
    random.shuffle(items)  # type: ignore[attr-defined]
    moved = d.isel(observer=observers, item=items)
    for before, after in (
        (tri.condition_consistency(d), tri.condition_consistency(moved)),
        (tri.condition_matrix(d), tri.condition_matrix(moved)),
        (tri.condition_dynamics(d), tri.condition_dynamics(moved)),
        (tri.equivalence(d), tri.equivalence(moved)),
    ):
        for name in before.data_vars:
            if before[name].dtype.kind != "O":
                np.testing.assert_allclose(after[name], before[name], atol=1e-6, err_msg=str(name))


def test_every_pair_of_conditions() -> None:
    d = study()
    result = tri.condition_matrix(d)
    names = result["condition_a"].values.tolist()
    assert names == ["base", "nesterov", "initialization", "order", "half-data", "plus-1", "plus-2"]
    readings = {name: [(o, LAST) for o in members(name)] for name in names}
    readings |= {f"plus-{k}": [("base", LAST + k)] for k in (1, 2)}
    kept = pruned_items(d, LAST, 1)
    for a, b in product(names, names):
        pairs = combinations(readings[a], 2) if a == b else product(readings[a], readings[b])
        found = [(right(d, *x), right(d, *y)) for x, y in pairs]
        cell = result.sel(condition_a=a, condition_b=b)
        assert int(cell["pairs"]) == len(found)
        if not found:
            assert np.isnan([float(cell["kappa"]), float(cell["pruned"])]).all()
            continue
        assert float(cell["kappa"]) == pytest.approx(np.mean([kappa(x, y) for x, y in found]))
        assert float(cell["pruned"]) == pytest.approx(np.mean([kappa(x[kept], y[kept]) for x, y in found]))
    assert result.attrs["kept"] == kept.sum()
    np.testing.assert_array_equal(result["kappa"], result["kappa"].T)


def test_the_matrix_agrees_with_the_comparisons_with_base() -> None:
    d = study(missing=0.05)
    matrix, rows = tri.condition_matrix(d), tri.condition_consistency(d)
    for name in ("initialization", "half-data", "plus-1", "plus-2"):
        for value in ("kappa", "pruned", "pairs"):
            here = float(matrix.sel(condition_a="base", condition_b=name)[value])
            assert here == pytest.approx(float(rows.sel(condition=name)[value]))
    within = matrix.sel(condition_a="half-data", condition_b="half-data")
    assert float(within["kappa"]) == pytest.approx(float(rows.sel(condition="different-data")["kappa"]))


def test_the_matrix_knows_the_epochs_that_were_not_run() -> None:
    result = tri.condition_matrix(study().sel(epoch=range(LAST + 2)))
    late = result.sel(condition_a="plus-2")
    assert np.isnan(late["kappa"]).all()
    assert late["pairs"].values.tolist() == [0] * 7


def test_the_matrix_of_decisions_that_are_no_study(zoo: tri.Decisions) -> None:
    result = tri.condition_matrix(zoo)
    assert result["condition_a"].values.tolist() == ["vgg", "resnet", "vit"]
    single = tri.error_consistency(zoo)["kappa"].sel(observer_a="vit", observer_b=["vgg/1", "vgg/2"])
    assert float(result["kappa"].sel(condition_a="vit", condition_b="vgg")) == pytest.approx(
        float(single.mean())
    )
    alone = tri.condition_matrix(tri.select(zoo, observers="vgg/*"))
    assert alone["pairs"].values.tolist() == [[1]]


def test_one_name_for_two_things_is_refused() -> None:
    entry = {"condition": "order", "observers": ["base"], "references": ["base"], "shift": 1}
    with pytest.raises(InputError, match="'order' is a condition of networks and a comparison"):
        tri.condition_matrix(study(comparisons=[entry]))


def draw(rng: np.random.Generator, items: int) -> tri.Decisions:
    """Base, two orders and three seeds; the orders are a little more like base than the seeds are."""
    ease = rng.beta(0.9, 0.6, size=items)
    base = rng.random(items)
    like = np.array([0.0, 0.5, 0.5, 0.3, 0.3, 0.3])[:, None]
    u = np.where(rng.random((6, items)) < like, base, rng.random((6, items)))
    u[0] = base
    names = ["base", "order-1", "order-2", "initialization-1", "initialization-2", "initialization-3"]
    conditions = np.array([n.rstrip("-123") for n in names], dtype=object)
    return tri.from_arrays(correct=u < ease, observers=names, observer_coords={"condition": conditions})


def test_intervals_cover_about_as_often_as_they_say() -> None:
    truth = tri.condition_consistency(draw(np.random.default_rng(1), 400_000))["kappa"].values
    ceiling = tri.equivalence(draw(np.random.default_rng(1), 400_000))["difference"].values
    hits, inside = np.zeros(2), np.zeros(2)
    for seed in range(200):
        d = draw(np.random.default_rng([7, seed]), 250)
        ci = tri.condition_consistency(d)["ci"].values
        hits += (ci[:, 0] <= truth) & (truth <= ci[:, 1])
        ci = tri.equivalence(d)["ci"].values
        inside += (ci[:, 0] <= ceiling) & (ceiling <= ci[:, 1])
    assert np.all((hits / 200 > 0.91) & (hits / 200 < 0.985))
    assert np.all((inside / 200 > 0.85) & (inside / 200 < 0.95))
