"""First and final learning, and forgetting, summed up: against one history at a time."""

from __future__ import annotations

import sys
from itertools import pairwise, product

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError

EPOCHS = [0, 1, 2, 3, 5]


def forming(M: int = 5, N: int = 60, seed: int = 0, missing: float = 0.0) -> tri.Decisions:
    """Observers that get better; epoch 0 is before training; three conditions."""
    rng = np.random.default_rng(seed)
    easy = rng.beta(0.6, 0.6, N)
    at = np.array([0.3, 0.4, 0.7, 0.9, 1.0])[:, None]
    correct = (rng.random((M, 5, N)) < at * easy).astype(np.int8)
    correct[:, 1:, :4], correct[:, 1:, 4:8] = 1, 0
    correct[rng.random(correct.shape) < missing] = -1
    return tri.from_arrays(
        correct=correct, epochs=EPOCHS,
        observer_coords={"condition": np.array(["a", "a", "b", "b", "c"][:M], dtype=object)},
    )  # fmt: skip


def histories(d: tri.Decisions) -> dict[tuple[int, int], list[int]]:
    """Decisions of each observer on each item after epoch 0, where none is missing."""
    c = d["correct"].values[:, 1:]
    found = {(m, i): c[m, :, i].tolist() for m, i in product(range(c.shape[0]), range(c.shape[2]))}
    return {key: h for key, h in found.items() if min(h) >= 0}


def is_kept(h: list[int]) -> bool:
    return 1 in h and all(h[h.index(1) :])


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_every_share_by_its_definition(missing: float) -> None:
    d = forming(missing=missing)
    result, found = tri.learned(d), histories(d)
    category = tri.partition(d)["category"].values
    np.testing.assert_array_equal(result["category"], category)
    assert result["epoch"].values.tolist() == EPOCHS[1:]
    for code, group in ((None, "all"), (0, "impossible"), (1, "in-between"), (2, "trivial")):
        own = [h for (_, i), h in found.items() if code is None or category[i] == code]
        row = result.sel(group=group)
        assert int(row["histories"]) == len(own) > 0
        assert float(row["never"]) == pytest.approx(np.mean([1 not in h for h in own]))
        assert float(row["unforgettable"]) == pytest.approx(np.mean([is_kept(h) for h in own]))
        for e in range(4):
            assert float(row["first"][e]) == pytest.approx(np.mean([any(h[: e + 1]) for h in own]))
            assert float(row["final"][e]) == pytest.approx(np.mean([all(h[e:]) for h in own]))
        events = [sum(x > y for x, y in pairwise(h)) for h in own if 1 in h]
        for k, share in zip(result["events"].values, row["forgotten"].values, strict=True):
            assert share == pytest.approx(
                np.mean([n == k for n in events]) if events else np.nan, nan_ok=True
            )
    if missing:
        assert result.attrs["incomplete"] > 0
    else:
        assert result.attrs["incomplete"] == 0


def test_of_observers_conditions_and_items() -> None:
    d = forming(missing=0.04)
    result, found = tri.learned(d), histories(d)
    for m in range(5):
        own = [h for (a, _), h in found.items() if a == m]
        assert float(result["observer_unforgettable"][m]) == pytest.approx(np.mean([is_kept(h) for h in own]))
        assert float(result["observer_never"][m]) == pytest.approx(np.mean([1 not in h for h in own]))
        assert int(result["followed"][m]) == len(own)
    of_b = [is_kept(h) for (a, _), h in found.items() if a in (2, 3)]
    assert float(result["condition_unforgettable"].sel(condition="b")) == pytest.approx(np.mean(of_b))
    for i in range(60):
        own = [h for (_, k), h in found.items() if k == i]
        first = [EPOCHS[1:][h.index(1)] if 1 in h else np.inf for h in own]
        median = np.median(first) if own else np.nan
        expected = median if np.isfinite(median) else np.nan
        assert float(result["item_first"][i]) == pytest.approx(expected, nan_ok=True)
    one = tri.learned(d.isel(observer=[2, 3]), epoch=5)
    assert float(result["condition_independent"].sel(condition="b")) == pytest.approx(
        float(one["unforgettable_independent"])
    )
    whole = {i: all(is_kept(h) for (_, k), h in found.items() if k == i) for _, i in found}
    assert float(result["unforgettable_by_all"]) == pytest.approx(np.mean(list(whole.values())))


def test_planted_histories() -> None:
    kinds = np.array(
        [[0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]]
    )  # kept, forgotten once, never, at once
    correct = np.tile(np.repeat(kinds, 5, axis=0).T[None], (3, 1, 1))
    result = tri.learned(tri.from_arrays(correct=correct, epochs=[1, 2, 3, 4]))
    own = result.sel(group="all")
    assert float(own["unforgettable"]) == 0.5
    assert float(own["never"]) == 0.25
    assert own["first"].values.tolist() == [0.25, 0.75, 0.75, 0.75]
    assert own["final"].values.tolist() == [0.25, 0.5, 0.5, 0.75]
    assert own["forgotten"].values == pytest.approx([2 / 3, 1 / 3])
    assert float(result["unforgettable_by_all"]) == 0.5


def test_what_independent_epochs_would_leave_unforgettable() -> None:
    rng = np.random.default_rng(5)
    correct = (rng.random((2, 3, 40_000)) < np.array([0.5, 0.7, 0.8])[None, :, None]).astype(np.int8)
    result = tri.learned(tri.from_arrays(correct=correct, epochs=[1, 2, 3]))
    assert float(result["unforgettable_independent"]) == pytest.approx(
        float(result["unforgettable"][0]), abs=0.01
    )


def test_intervals_cover_what_other_items_give() -> None:
    rng = np.random.default_rng(6)
    hits = []
    for _ in range(200):
        easy = rng.beta(1, 1, 80)
        correct = (rng.random((4, 3, 80)) < easy).astype(np.int8)
        result = tri.learned(tri.from_arrays(correct=correct, epochs=[1, 2, 3]))
        low, high = result["never_ci"].values[0]
        hits.append(low <= 0.25 <= high)  # the mean of (1 - p)^3
    assert 0.88 <= np.mean(hits) <= 0.99


def test_order_of_items_and_observers_does_not_matter() -> None:
    d = forming(missing=0.03)
    rng = np.random.default_rng(7)
    moved = d.isel(item=rng.permutation(60), observer=rng.permutation(5))
    one, other = tri.learned(d), tri.learned(moved)
    for name in ("first", "final_ci", "unforgettable", "forgotten", "never_ci"):
        np.testing.assert_allclose(one[name], other[name])
    np.testing.assert_allclose(one["item_first"], other["item_first"].sel(item=one["item"].values))


def test_an_observer_of_one_epoch_has_no_histories() -> None:
    d = forming()
    correct = d["correct"].values.copy()
    correct[4, 2:] = -1
    result = tri.learned(tri.from_arrays(correct=correct, epochs=EPOCHS), epoch=5)
    assert result["followed"].values.tolist() == [60, 60, 60, 60, 0]
    assert np.isnan(result["observer_never"].values[4])


def test_other_items_at_each_epoch_are_refused_in_a_sentence() -> None:
    correct = np.full((2, 3, 9), -1)
    for e in range(3):
        correct[:, e, 3 * e : 3 * e + 3] = 1
    with pytest.raises(InputError, match="no observer has decisions on the same item at all its epochs"):
        tri.learned(tri.from_arrays(correct=correct, epochs=[1, 2, 3]))


@pytest.mark.parametrize(
    "statistic", ["learned", "learning_order", "early_partition", "consistency_over_epochs"]
)
def test_one_epoch_is_refused_in_a_sentence(zoo: tri.Decisions, statistic: str) -> None:
    with pytest.raises(InputError, match=r"two epochs or more; these decisions have one$"):
        getattr(tri, statistic)(zoo)


def test_an_epoch_that_is_not_there_and_one_too_early() -> None:
    with pytest.raises(InputError, match="there is no epoch 4; the decisions have 0 to 5"):
        tri.learned(forming(), epoch=4)
    with pytest.raises(InputError, match="after training began; up to epoch 1 there are fewer"):
        tri.learned(forming(), epoch=1)


def test_a_store_is_read_epoch_by_epoch(tmp_path, monkeypatch) -> None:
    from trichotomy.decisions import write
    from trichotomy.stats import readings

    d = forming()
    write(d, tmp_path / "d.zarr")
    lazy = tri.open(tmp_path / "d.zarr")
    sizes = []
    once = readings.correctness

    def seen(part: tri.Decisions):
        sizes.append(part.sizes["epoch"])
        return once(part)

    for module in ("learned", "early", "dynamics", "consistency_epochs", "learning_order"):
        monkeypatch.setattr(sys.modules[f"trichotomy.stats.{module}"], "correctness", seen)
    for name in ("learned", "early_partition", "dynamics", "consistency_over_epochs", "learning_order"):
        compute = getattr(tri, name)
        assert compute(lazy).identical(compute(d)), name
    assert set(sizes) == {1}
