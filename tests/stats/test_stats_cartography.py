"""Cartography: against the definition, and items planted in each region."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError


def mapped(missing: bool = False) -> tri.Decisions:
    """Thirty easy, thirty wavering and thirty hard items; epoch 0 says nothing of it."""
    rng = np.random.default_rng(0)
    p = np.empty((3, 5, 90))
    p[:, 1:, :30], p[:, 1:, 60:] = 0.9, 0.1
    p[:, 1:, 30:60] = np.array([0.2, 0.9, 0.2, 0.9])[None, :, None]
    p += rng.uniform(-0.02, 0.02, p.shape)
    p[:, 0] = rng.random((3, 90))
    correct = (p > 0.5).astype(np.int8)
    if missing:
        correct[0, 2, :10] = -1
        p[0, 2, :10] = np.nan
    return tri.from_arrays(correct=correct, epochs=range(5), p_target=p.astype(np.float16))


def test_planted_regions_and_their_classes() -> None:
    result = tri.cartography(mapped(), share=1 / 3)
    for k, region in enumerate(("easy to learn", "ambiguous", "hard to learn")):
        wanted = np.zeros(90, dtype=bool)
        wanted[30 * k : 30 * k + 30] = True
        np.testing.assert_array_equal(result["member"].sel(region=region), wanted)
    assert float(result["of_class"].sel(region="easy to learn", difficulty="trivial")) == 1
    assert float(result["of_class"].sel(region="hard to learn", difficulty="impossible")) == 1
    assert float(result["in_region"].sel(region="easy to learn", difficulty="trivial")) == 0.5
    assert result["size"].values.tolist() == [30, 30, 30]


@pytest.mark.parametrize("missing", [False, True])
def test_values_by_their_definition(missing: bool) -> None:
    d = mapped(missing)
    result = tri.cartography(d)
    p, c = d["p_target"].values[:, 1:].astype(float), d["correct"].values[:, 1:]
    for i in range(90):
        own = [m for m in range(3) if (c[m, :, i] >= 0).all()]
        assert float(result["confidence"][i]) == pytest.approx(
            np.mean([p[m, :, i].mean() for m in own]), rel=1e-4
        )
        assert float(result["variability"][i]) == pytest.approx(
            np.mean([p[m, :, i].std() for m in own]), abs=1e-4
        )
        assert float(result["correctness"][i]) == pytest.approx(np.mean([c[m, :, i].mean() for m in own]))


def test_items_that_tie_are_all_in_whatever_their_order() -> None:
    p = np.repeat(np.linspace(0.1, 0.9, 5), 4)
    correct = np.tile((p > 0.5).astype(np.int8), (2, 2, 1))
    d = tri.from_arrays(correct=correct, epochs=[1, 2], p_target=np.tile(p, (2, 2, 1)).astype(np.float16))
    result = tri.cartography(d, share=0.1)
    assert int(result["size"].sel(region="easy to learn")) == 4
    moved = tri.cartography(d.isel(item=np.random.default_rng(1).permutation(20)), share=0.1)
    xs = moved["member"].sel(item=d["item"].values)
    np.testing.assert_array_equal(result["member"], xs)


def test_wrong_inputs() -> None:
    with pytest.raises(InputError, match="'p_target'"):
        tri.cartography(mapped().drop_vars("p_target"))
    with pytest.raises(InputError, match="share is 0"):
        tri.cartography(mapped(), share=0)
    with pytest.raises(InputError, match="two epochs or more after training began"):
        tri.cartography(mapped().isel(epoch=[0, 1]))
