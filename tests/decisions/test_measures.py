"""Numbers of whole epochs and notes of failure in a store."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

import trichotomy as tri
from trichotomy.decisions import chunks
from trichotomy.decisions.schema import validate
from trichotomy.errors import InputError, StoreError, UnknownNameError

MEASURES = ("train_loss", "test_loss")


@pytest.fixture
def store(tmp_path):
    return tri.create(
        tmp_path / "s.zarr", observers=["a", "b"], items=["x", "y", "z"], target=[0, 1, 1], epochs=range(3),
        measures=MEASURES, observer_coords={"failure": np.array(["", ""], dtype=object)}, classes=["no", "yes"],
    )  # fmt: skip


def test_measures_are_kept_per_observer_and_epoch(store):
    store.record("b", 1, [0, 1, 1], measures={"test_loss": 0.25})
    d = store.read()
    assert d["measures"].dims == ("observer", "epoch", "measure")
    assert d["measures"].sel(observer="b", epoch=1, measure="test_loss") == 0.25
    assert np.isfinite(d["measures"].values).sum() == 1


def test_a_measure_nobody_declared_is_named(store):
    with pytest.raises(UnknownNameError, match="test_los"):
        store.record("a", 0, [0, 1, 1], measures={"test_los": 1.0})
    assert ("a", 0) in store.pending()


def test_measures_survive_a_copy_and_a_join(store, tmp_path):
    store.record("a", 2, [0, 1, 1], measures={"train_loss": 2.0, "test_loss": 3.0})
    copied = tri.write(store.read().load(), tmp_path / "copy.zarr").read()
    assert copied["measures"].sel(observer="a", epoch=2).values.tolist() == [2.0, 3.0]
    other = tri.from_arrays(
        [[0, 1, 1]], target=[0, 1, 1], observers=["c"], items=["x", "y", "z"], classes=["no", "yes"]
    )
    joined = tri.concat([copied, other])
    assert joined["measures"].sel(observer="a", epoch=2, measure="test_loss") == 3.0
    assert np.isnan(joined["measures"].sel(observer="c").values).all()


def test_a_failure_is_noted_and_taken_back(store):
    store.fail("b", "the loss is not a number")
    assert store.read()["failure"].values.tolist() == ["", "the loss is not a number"]
    store.fail("b", "")
    assert store.read()["failure"].values.tolist() == ["", ""]
    with pytest.raises(UnknownNameError, match="observer"):
        store.fail("nobody", "why")


def test_a_store_without_the_coordinate_says_so(tmp_path):
    store = tri.create(tmp_path / "s.zarr", observers=["a"], items=["x"])
    with pytest.raises(StoreError, match="failure"):
        store.fail("a", "why")


def test_measures_of_the_wrong_shape_are_not_valid(store):
    d = store.read().load()
    with pytest.raises(InputError, match="measures"):
        validate(d.assign(measures=d["measures"].transpose("epoch", "observer", "measure")))


@pytest.mark.parametrize("dtype", ["int16", "int32", "float16", "float32", "int8"])
@pytest.mark.parametrize("n", [1, 5, 12])
def test_a_row_is_written_as_zarr_writes_it(tmp_path, dtype, n):
    """Byte for byte, with chunks of 5: one, a whole one, two and a part."""
    values = np.random.default_rng(0).integers(0, 100, n).astype(dtype)
    for name in ("ours", "zarrs"):
        array = zarr.create_array(
            tmp_path / name, shape=(2, 3, n), chunks=(1, 1, 5), dtype=dtype, fill_value=7,
            compressors=chunks.COMPRESSORS, chunk_key_encoding=chunks.KEYS,
        ).with_config({"write_empty_chunks": True})  # fmt: skip
        if name == "ours":
            chunks.write_row(tmp_path / name, array, values, (1, 2))
        else:
            array[1, 2, :] = values
        assert np.array_equal(array[1, 2, :], values)
    ours, zarrs = (
        {p.name: p.read_bytes() for p in (tmp_path / name).glob("c.*")} for name in ("ours", "zarrs")
    )
    assert ours == zarrs
