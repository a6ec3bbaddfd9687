"""Features made of arrays."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import trichotomy as tri
from trichotomy.errors import InputError, UnknownNameError
from trichotomy.representations import Reading, layers, matrix, readings

X = np.arange(12.0).reshape(4, 3)


def test_arrays_with_labels():
    f = tri.features_from_arrays(
        {"a": X, "stem/run": {"penultimate": 2 * X, "logits": X[:, :2]}}, items=list("wxyz"), epoch=3,
        conditions={"a": "base"},
    )  # fmt: skip
    assert list(readings(f)) == [Reading("a", 3, "base"), Reading("stem/run", 3, "stem/run")]
    assert layers(f) == ["penultimate", "logits"]
    np.testing.assert_array_equal(matrix(f, Reading("stem/run", 3, "stem/run"), "penultimate"), 2 * X)
    assert f["1"]["logits"].sel(item="y").values.tolist() == [6, 7]
    with pytest.raises(UnknownNameError, match="penultimate"):
        matrix(f, Reading("a", 3, "base"), "logits")


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({}, {}, "none was given"),
        ({"a": X, "b": X[:3]}, {}, "of 4 items, as the others"),
        ({"a": X[0]}, {}, r"shape \(3,\)"),
        ({"a": X}, {"items": ["p", "p", "q", "r"]}, "'p' are there more than once"),
        ({"a": X}, {"items": ["p"]}, "1 item ids are given for 4 rows"),
    ],
)
def test_wrong_arrays(arrays, options, said):
    with pytest.raises(InputError, match=said):
        tri.features_from_arrays(arrays, **options)


def test_something_else_is_no_features():
    with pytest.raises(InputError, match="no features that this version reads"):
        readings(xr.DataTree(xr.Dataset()))
