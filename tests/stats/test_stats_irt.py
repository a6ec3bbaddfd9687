"""Item response theory, labelled."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import estimators
from trichotomy.errors import InputError


@pytest.mark.parametrize("model", ["1pl", "2pl"])
def test_numbers_are_the_estimators(patchy: tri.Decisions, model: str) -> None:
    result = tri.item_response(patchy, model=model)
    c = tri.correctness(patchy).values[:, 0]
    plain = estimators.item_response(c, model=model)
    for name in ("difficulty", "difficulty_se", "discrimination", "ability", "ability_se"):
        np.testing.assert_array_equal(result[name], getattr(plain, name))
    assert result.attrs["integrated"] == "items"
    assert "logits" in result.attrs["prior"]
    np.testing.assert_array_equal(result["answered"], (c >= 0).sum(axis=0))
    nobody = (c < 0).all(axis=0)
    np.testing.assert_array_equal(np.isnan(result["difficulty"]), nobody)
    assert result.attrs["n"] == (~nobody).sum()


def test_classes_are_those_of_the_partition(patchy: tri.Decisions, zoo: tri.Decisions) -> None:
    for d in (patchy, zoo):
        result = tri.item_response(d, tolerance=1)
        np.testing.assert_array_equal(result["category"], tri.partition(d, tolerance=1)["category"])


def test_information_sums_up(zoo: tri.Decisions) -> None:
    result = tri.item_response(zoo, model="2pl")
    each = estimators.item_information(result["difficulty"], result["discrimination"], result["scale"])
    np.testing.assert_allclose(result["test_information"], each.sum(axis=0))
    own = estimators.item_information(result["difficulty"], result["discrimination"], result["ability"])
    np.testing.assert_allclose(result["information"], own.mean(axis=1))


def test_observers_that_answered_no_common_item_are_on_one_scale(apart: tri.Decisions) -> None:
    result = tri.item_response(apart)
    assert np.isfinite(result["difficulty"]).all()
    assert (result["category"] == -1).all()


def test_one_observer_is_refused(alone: tri.Decisions) -> None:
    with pytest.raises(InputError, match="at least 2 observers"):
        tri.item_response(alone)
