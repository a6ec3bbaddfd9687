"""Features of networks, to a store: all of them, also when the first run was stopped."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.representations import FeatureStore, Reading, matrix

ITEMS = [f"i{k}" for k in range(10)]
X = torch.arange(40.0).reshape(10, 4)
NETWORKS = {"a": nn.Linear(4, 3), "b": nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 3))}


def batches(size=4):
    return [X[k : k + size] for k in range(0, 10, size)]


def test_features_of_any_network(tmp_path):
    store = tri.features(
        NETWORKS, batches(), tmp_path / "f.zarr", items=ITEMS, batch_size=4, layers=["penultimate", "logits"]
    )
    f = store.read()
    np.testing.assert_array_equal(matrix(f, Reading("a", 0, "a"), "penultimate"), X)
    np.testing.assert_allclose(
        matrix(f, Reading("b", 0, "b"), "logits"), NETWORKS["b"](X).detach(), rtol=1e-5
    )
    loaded = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X), batch_size=4)
    other = tri.features(NETWORKS, loaded, tmp_path / "g.zarr", items=ITEMS, batch_size=4)
    assert other.pending(Reading("a", 0, "a")) == []


def test_a_run_that_was_stopped_goes_on(tmp_path):
    def stopping():
        yield batches()[0]
        raise KeyboardInterrupt

    def of(given, **options):
        return tri.features(NETWORKS, given, tmp_path / "f.zarr", items=ITEMS, batch_size=4, **options)

    with pytest.raises(KeyboardInterrupt):
        of(stopping())
    assert FeatureStore(tmp_path / "f.zarr").pending(Reading("b", 0, "b")) == [1, 2]
    told = []
    store = of(batches(), resume=True, told=lambda *done: told.append(done))
    assert [done for _, done, _ in told] == [1, 2, 3, 4]
    np.testing.assert_array_equal(matrix(store.read(), Reading("a", 0, "a"), "penultimate"), X)
    assert (
        of(iter(()), resume=True).pending(Reading("a", 0, "a")) == []
    )  # nothing is left, no batch is asked for
    with pytest.raises(InputError, match="features with other layers"):
        of(batches(), resume=True, layers=["logits"])
    with pytest.raises(InputError, match="exists already"):
        of(batches())


def test_wrong_batches(tmp_path):
    with pytest.raises(InputError, match="batch 1 has 5 items where 4 are expected"):
        tri.features(NETWORKS, batches(5), tmp_path / "f.zarr", items=ITEMS, batch_size=4)
    with pytest.raises(InputError, match="ended after 2 of 3"):
        tri.features(NETWORKS, batches()[:2], tmp_path / "g.zarr", items=ITEMS, batch_size=4)
