"""Agreement on the order of learning between and within groups: against SciPy, and planted orders."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from test_stats_learned import forming

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError


def slow(d: tri.Decisions, pairs, *, final: bool = False, both: bool = False) -> float:
    """Mean of Spearman's correlations over epochs 1 to 3 in their order, 9 for never."""
    c = d["correct"].values[:, 1:]
    E = c.shape[1]
    values = []
    for a, b in pairs:
        learned = []
        for m in (a, b):
            right = c[m] == 1
            stays = np.flip(np.cumprod(np.flip(right, axis=0), axis=0), axis=0).astype(bool)
            use = stays if final else right
            learned.append(np.where(use.any(axis=0), use.argmax(axis=0), E))
        x, y = learned
        kept = (c[a] >= 0).all(axis=0) & (c[b] >= 0).all(axis=0)
        if both:
            kept &= (x < E) & (y < E)
        values.append(stats.spearmanr(x[kept], y[kept]).statistic)
    return float(np.mean(values))


@pytest.mark.parametrize("missing", [0.0, 0.03])
def test_every_mean_by_its_definition(missing: float) -> None:
    d = forming(N=120, missing=missing)
    result = tri.learning_order(d, by="first")
    within = [(0, 1), (2, 3)]
    pairs = {
        "all": list(combinations(range(5), 2)),
        "within groups": within,
        "between groups": [p for p in combinations(range(5), 2) if p not in within],
    }
    for scope, own in pairs.items():
        row = result.sel(scope=scope)
        assert row["scope_mean"].values == pytest.approx(
            [slow(d, own), slow(d, own, final=True), slow(d, own, both=True)]
        )
        assert row["scope_pairs"].values.tolist() == [len(own)] * 3
    assert float(result["mean"].sel(group_a="a", group_b="b")) == pytest.approx(
        slow(d, [(0, 2), (0, 3), (1, 2), (1, 3)])
    )
    assert float(result["mean"].sel(group_a="b", group_b="b")) == pytest.approx(slow(d, [(2, 3)]))
    assert np.isnan(result["mean"].sel(group_a="c", group_b="c"))
    assert int(result["pairs"].sel(group_a="c", group_b="a")) == 2
    np.testing.assert_array_equal(result["mean"], result["mean"].values.T)
    final = tri.learning_order(d, by="final")
    assert float(final["mean"].sel(group_a="a", group_b="a")) == pytest.approx(slow(d, [(0, 1)], final=True))


def noisy(seed: int, *, same: bool, N: int = 400) -> tri.Decisions:
    """Four observers of two groups that learn in the same or in their own order, each with noise of its own."""
    rng = np.random.default_rng(seed)
    own = rng.random((2, N))
    order = own[[0, 0, 0, 0]] if same else own[[0, 0, 1, 1]]
    epoch = np.argsort(np.argsort(order + 0.4 * rng.standard_normal((4, N)), axis=1), axis=1) * 8 // N
    correct = (np.arange(9)[None, :, None] > epoch[:, None, :]).astype(np.int8)
    return tri.from_arrays(
        correct=correct, epochs=range(1, 10),
        observer_coords={"condition": np.array(["net", "net", "person", "person"], dtype=object)},
    )  # fmt: skip


def test_noise_is_corrected_for() -> None:
    same, other = (
        tri.learning_order(noisy(1, same=s)).sel(group_a="net", group_b="person") for s in (True, False)
    )
    assert float(same["mean"]) < 0.5
    low, high = same["corrected_ci"].values
    assert low < 1 < high
    assert float(same["corrected"]) == pytest.approx(1, abs=0.15)
    assert float(other["corrected"]) == pytest.approx(0, abs=0.2)


def test_the_corrected_interval_is_the_bootstraps() -> None:
    d = noisy(2, same=True)
    result = tri.learning_order(d).sel(group_a="net", group_b="person")
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(80):
        part = d.isel(item=rng.integers(400, size=400))
        part = part.assign_coords(item=np.array([str(k) for k in range(400)], dtype=object))
        drawn.append(float(tri.learning_order(part)["corrected"][0, 1]))
    low, high = result["corrected_ci"].values
    assert (high - low) / 2 / 1.96 == pytest.approx(np.std(drawn), rel=0.3)


def test_groups_that_do_not_agree_within_are_not_corrected() -> None:
    rng = np.random.default_rng(4)
    correct = (rng.random((4, 4, 50)) < 0.6).astype(np.int8)
    d = tri.from_arrays(
        correct=correct, epochs=range(1, 5),
        observer_coords={"condition": np.array(["a", "a", "b", "b"], dtype=object)},
    )  # fmt: skip
    assert np.isnan(tri.learning_order(d)["corrected"]).all()


def test_groups_may_be_kinds_or_any_coordinate() -> None:
    d = noisy(5, same=True).assign_coords(lab=("observer", np.array(["x", "y", "x", "y"], dtype=object)))
    result = tri.learning_order(d, groups="lab")
    assert result["group_a"].values.tolist() == ["x", "y"]
    assert tri.learning_order(d, groups="kind")["group_a"].values.tolist() == ["model"]
    with pytest.raises(UnknownNameError, match="laboratory"):
        tri.learning_order(d, groups="laboratory")
    with pytest.raises(UnknownNameError, match="target"):
        tri.learning_order(d, groups="target")


def test_wrong_inputs() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean first\?|finally"):
        tri.learning_order(forming(), by="firsts")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="two observers or more"):
        tri.learning_order(forming().isel(observer=[0]))
    correct = np.full((2, 2, 4), -1)
    correct[:, 0, :2], correct[:, 1, 2:] = 1, 0
    with pytest.raises(InputError, match="the same item at all its epochs"):
        tri.learning_order(tri.from_arrays(correct=correct, epochs=[1, 2]))
