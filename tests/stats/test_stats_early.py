"""How early the final partition is told: against scikit-learn and planted answers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, precision_score, recall_score
from test_stats_learned import EPOCHS, forming

import trichotomy as tri
from trichotomy.errors import InputError


def classes(d: tri.Decisions, epoch: int) -> np.ndarray:
    return tri.partition(d, epoch=epoch)["category"].values


@pytest.mark.parametrize("missing", [0.0, 0.02])
def test_every_value_by_its_definition(missing: float) -> None:
    d = forming(N=200, missing=missing)
    result, end = tri.early_partition(d, draws=10), classes(d, 5)
    for e, epoch in enumerate(EPOCHS):
        now = classes(d, epoch)
        both = (now >= 0) & (end >= 0)
        a, b = now[both], end[both]
        row = result.isel(epoch=e)
        assert int(row["n"]) == both.sum()
        assert float(row["agreement"]) == pytest.approx(np.mean(a == b))
        chance = sum(np.mean(a == k) * np.mean(b == k) for k in range(3))
        assert float(row["chance"]) == pytest.approx(chance)
        assert float(row["kappa"]) == pytest.approx(cohen_kappa_score(b, a))
        for name, score in (("recall", recall_score), ("precision", precision_score)):
            expected = score(b, a, labels=[0, 1, 2], average=None, zero_division=np.nan)
            np.testing.assert_allclose(row[name], expected, equal_nan=True)


def test_chance_is_what_shuffled_classes_share() -> None:
    d = forming(N=300)
    result, rng = tri.early_partition(d, draws=10), np.random.default_rng(0)
    now, end = classes(d, 2), classes(d, 5)
    shuffled = np.mean([np.mean(rng.permutation(now) == end) for _ in range(2000)])
    assert float(result["chance"].sel(epoch=2)) == pytest.approx(shuffled, abs=0.003)


def planted() -> tri.Decisions:
    """Of 100 items 80 are of their class from epoch 1 on, 95 from epoch 2, all from epoch 3; at 2 one falls back."""
    end = np.arange(100) % 2
    correct = np.tile(end, (3, 4, 1))
    correct[:, 0, :20] = 1 - end[:20]
    correct[:, 1, :5] = 1 - end[:5]
    return tri.from_arrays(correct=correct, epochs=[1, 2, 3, 4])


def test_planted_partition() -> None:
    result = tri.early_partition(planted())
    assert result["agreement"].values.tolist() == [0.8, 0.95, 1.0, 1.0]
    assert float(result["told"]) == 2
    assert result["told_ci"].values[0] <= 2 <= result["told_ci"].values[1]
    assert float(tri.early_partition(planted(), enough=0.8)["told"]) == 1
    assert float(tri.early_partition(planted(), enough=1)["told"]) == 3


def test_told_is_from_where_on_it_stays() -> None:
    d = planted()
    correct = d["correct"].values.copy()
    correct[:, 2, :30] = 1 - correct[:, 3, :30]
    assert float(tri.early_partition(tri.from_arrays(correct=correct, epochs=[1, 2, 3, 4]))["told"]) == 4


def test_all_of_one_class_leaves_nothing_to_tell() -> None:
    result = tri.early_partition(tri.from_arrays(correct=np.ones((3, 2, 9), dtype=np.int8), epochs=[1, 2]))
    assert result["agreement"].values.tolist() == [1, 1]
    assert np.isnan(result["kappa"]).all()
    assert np.isnan(result["kappa_ci"]).all()


def test_intervals_are_the_bootstraps_of_items() -> None:
    d = forming(N=200)
    result = tri.early_partition(d, draws=400, rng=1).sel(epoch=2)
    now, end, rng = classes(d, 2), classes(d, 5), np.random.default_rng(2)
    drawn = []
    for _ in range(400):
        items = rng.integers(200, size=200)
        drawn.append(cohen_kappa_score(now[items], end[items]))
    np.testing.assert_allclose(result["kappa_ci"], np.quantile(drawn, [0.025, 0.975]), atol=0.03)
    again = tri.early_partition(d, draws=400, rng=1).sel(epoch=2)
    assert result.identical(again)


def test_an_epoch_that_not_all_ran_is_undefined() -> None:
    d = forming()
    correct = d["correct"].values.copy()
    correct[1, 2] = -1
    result = tri.early_partition(tri.from_arrays(correct=correct, epochs=EPOCHS), draws=10)
    assert np.isnan(result["agreement"].values[2])
    assert np.isnan(result["recall_ci"].values[2]).all()
    assert int(result["n"][2]) == 0
    assert np.isfinite(result["agreement"].values[[0, 1, 3, 4]]).all()


def test_order_of_items_and_observers_does_not_matter() -> None:
    d, rng = forming(missing=0.02), np.random.default_rng(3)
    moved = d.isel(item=rng.permutation(60), observer=rng.permutation(5))
    one, other = tri.early_partition(d, draws=10), tri.early_partition(moved, draws=10)
    for name in ("agreement", "kappa", "recall", "precision_ci", "told"):
        np.testing.assert_allclose(one[name], other[name])


def test_other_items_at_each_epoch_are_refused_in_a_sentence() -> None:
    correct = np.full((2, 2, 6), -1)
    correct[:, 0, :3], correct[:, 1, 3:] = 1, 0
    d = tri.from_arrays(correct=correct, epochs=[1, 2])
    with pytest.raises(InputError, match="both at epoch 2 and before"):
        tri.early_partition(d)
    correct[1, 1] = -1
    correct[1, 1, 0] = 1
    with pytest.raises(InputError, match="no item was answered by all 2 observers at epoch 2"):
        tri.early_partition(tri.from_arrays(correct=correct, epochs=[1, 2]))


@pytest.mark.parametrize("enough", [0, 1.2])
def test_a_share_out_of_range_is_refused(enough: float) -> None:
    with pytest.raises(InputError, match=f"enough is {enough}"):
        tri.early_partition(planted(), enough=enough)
