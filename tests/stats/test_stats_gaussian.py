"""Divergence of neighbouring classes in a Gaussian study."""

from __future__ import annotations

import numpy as np
import pytest
from studies import LAST, study

import trichotomy as tri
from trichotomy.errors import InputError


def test_divergence_beside_the_accuracy_of_the_class() -> None:
    d = study()
    result = tri.neighbour_divergence(d)
    assert result["class"].values.tolist() == [1, 2, 3]
    assert result["class_name"].values.tolist() == ["1", "2", "3"]
    k = np.array([1.0, 2.0, 3.0])
    expected = np.log((k + 1) / k) + k**2 / (2 * (k + 1) ** 2) - 0.5
    np.testing.assert_allclose(result["divergence"], expected)
    c = tri.correctness(d).sel(epoch=LAST).values
    for k in (1, 2, 3):
        mine = c[:, d["target"].values == k - 1]
        assert float(result["accuracy"].sel({"class": k})) == pytest.approx(mine.mean())
    low, high = result["ci"].values.T
    assert np.all((low < result["accuracy"]) & (result["accuracy"] < high))
    assert result.attrs["n"] == 160


def test_neighbours_of_the_first_class_differ_most() -> None:
    assert np.all(np.diff(tri.neighbour_divergence(study())["divergence"]) < 0)


def test_a_class_without_items_is_undefined() -> None:
    d = study()
    some = d.isel(item=np.flatnonzero(d["target"].values != 1))
    result = tri.neighbour_divergence(some)
    np.testing.assert_array_equal(np.isnan(result["accuracy"]), [False, True, False])
    assert result["n"].values.tolist() == [40, 0, 40]
    assert np.isfinite(result["divergence"]).all()


def test_only_of_a_gaussian_study(zoo: tri.Decisions) -> None:
    with pytest.raises(InputError, match="'gaussian' only; these decisions are not known to be of a study"):
        tri.neighbour_divergence(zoo)
    with pytest.raises(InputError, match="these decisions are of 'cifar10'"):
        tri.neighbour_divergence(study(dataset={"name": "cifar10"}))


def test_one_class_has_no_neighbour() -> None:
    d = study()
    d.attrs["classes"] = []
    with pytest.raises(InputError, match="two classes or more; the decisions name 0"):
        tri.neighbour_divergence(d)
