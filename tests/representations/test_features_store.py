"""The store of features: what is written is there again, chunk by chunk, guarded by checksums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import CorruptStoreError, InputError, StoreError
from trichotomy.representations import (
    FeatureStore,
    Reading,
    create_features,
    is_feature_store,
    matrix,
    readings,
)

A, B = Reading("a", 2, "base"), Reading("stem/run", 2, "order")
LAYERS = ("penultimate", "block.1")


@pytest.fixture
def values() -> dict[Reading, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    return {r: {n: rng.normal(size=(11, w)) for n, w in zip(LAYERS, (5, 2), strict=True)} for r in (A, B)}


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return create_features(
        tmp_path / "f.zarr", items=[f"i{k}" for k in range(11)], readings=[A, B], layers=LAYERS, chunk_items=4
    )


def fill(store, values, skip=()):
    for r, own in values.items():
        for chunk in range(store.chunks):
            if (r, chunk) not in skip:
                store.record(r, chunk, {n: v[4 * chunk : 4 * chunk + 4] for n, v in own.items()})


def test_what_is_written_is_there_again(store, values):
    fill(store, values)
    f = tri.open_features(store.path)
    assert list(readings(f)) == [A, B]
    assert f.coords["item"].values.tolist() == [f"i{k}" for k in range(11)]
    for r, own in values.items():
        for layer, given in own.items():
            np.testing.assert_array_equal(matrix(f, r, layer), given.astype(np.float32))


def test_a_chunk_is_done_when_all_its_layers_are_written(store, values):
    assert store.pending(B) == [0, 1, 2]
    fill(store, values, skip=[(B, 1)])
    again = FeatureStore(store.path)
    assert (again.pending(A), again.pending(B)) == ([], [1])
    with pytest.raises(
        StoreError, match="1 of 2 networks lack features, 'stem/run' at epoch 2 1 of 3 chunks"
    ):
        again.read()
    (Path(store.path) / "0" / "block.1" / "c.2.0").unlink()
    assert FeatureStore(store.path).pending(A) == [2]


def test_a_chunk_of_nothing_but_missing_values_is_done(store):
    store.record(A, 2, {"penultimate": np.full((3, 5), np.nan), "block.1": np.full((3, 2), np.nan)})
    assert FeatureStore(store.path).pending(A) == [0, 1]


def test_damage_is_found_and_named(store, values):
    fill(store, values)
    chunk = Path(store.path) / "1" / "penultimate" / "c.1.0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    f = tri.open_features(store.path)
    assert matrix(f, A, "penultimate").shape == (11, 5)
    with pytest.raises(
        CorruptStoreError, match=r"layer 'penultimate' of 'stem/run' at epoch 2 cannot be read"
    ):
        matrix(f, B, "penultimate")


def test_half_precision(tmp_path):
    small = create_features(
        tmp_path / "h.zarr", items=["p", "q"], readings=[A], layers=["l"], dtype="float16"
    )
    with pytest.raises(InputError, match="reaches 70000, too large for float16; use float32"):
        small.record(A, 0, {"l": [[1.0, 7e4], [0, 0]]})
    small.record(A, 0, {"l": [[1.0, np.inf], [0, 0]]})
    assert matrix(small.read(), A, "l").dtype == np.float16


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"penultimate": np.zeros((4, 5))}, "the store holds layers"),
        ({"penultimate": np.zeros((3, 5)), "block.1": np.zeros((4, 2))}, "shape"),
        (
            {"penultimate": np.zeros((4, 6)), "block.1": np.zeros((4, 2))},
            "6 numbers per item, and 5 elsewhere",
        ),
    ],
)
def test_wrong_features_are_refused(store, values, features, said):
    fill(store, values)
    with pytest.raises(InputError, match=said):
        store.record(A, 0, features)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": "float64"}, "float32 or float16"),
        ({"items": ["p", "p"]}, "more than once"),
        ({"readings": [A, A]}, "more than once"),
        ({"readings": []}, "at least one"),
    ],
)
def test_wrong_stores_are_refused(tmp_path, options, said):
    whole = {"items": ["p", "q"], "readings": [A], "layers": ["l"], **options}
    with pytest.raises(InputError, match=said):
        create_features(tmp_path / "w.zarr", **whole)
    assert not (tmp_path / "w.zarr").exists()


def test_other_things_are_no_store_of_features(tmp_path, store):
    with pytest.raises(InputError, match="exists already"):
        create_features(store.path, items=["p"], readings=[A], layers=["l"])
    from trichotomy.decisions import write

    write(tri.simulate(3, 10), tmp_path / "d.zarr")
    with pytest.raises(StoreError, match="not a store of features"):
        FeatureStore(tmp_path / "d.zarr")
    with pytest.raises(StoreError, match="there is no store"):
        tri.open_features(tmp_path / "nothing")
    assert is_feature_store(store.path)
    assert not is_feature_store(tmp_path / "d.zarr")
