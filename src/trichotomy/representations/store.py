"""The store of features: Zarr v3, a chunk is some items of one network and layer, and is done when it is there.

Chunks are written to one side and renamed, carry checksums, and are declared by nothing but their files; so a run that
was stopped goes on with the chunks that are missing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray
from xarray.backends import BackendArray
from xarray.core import indexing
from zarr.core.sync import sync

from trichotomy.decisions.chunks import COMPRESSORS, KEYS
from trichotomy.decisions.schema import few
from trichotomy.decisions.store import backend
from trichotomy.errors import CorruptStoreError, InputError, StoreError
from trichotomy.placement import appearing
from trichotomy.representations.schema import SCHEMA_VERSION, VERSION, Features, Reading, check_unique, tree

CHUNK_ITEMS = 500
DTYPES = ("float32", "float16")


def create_features(
    path: str | os.PathLike[str],
    *,
    items: Sequence[str],
    readings: Sequence[Reading],
    layers: Sequence[str],
    dtype: str = "float32",
    chunk_items: int = CHUNK_ITEMS,
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
) -> FeatureStore:
    """Create a store in which networks, layers and items are declared and nothing is recorded yet.

    Parameters
    ----------
    path
        A folder; it appears under this name once it is complete.
    items
        Unique ids.
    readings
        The networks, each at an epoch.
    layers
        Names; how wide a layer is shows when its first features are recorded.
    dtype
        ``float32``, or ``float16``: half the size, three digits, nothing above 65,504.
    chunk_items
        Items per chunk.
    force
        Replace a store of features that is there.

    Raises
    ------
    InputError
        A dtype that is not offered, no networks or layers, ids that are there twice, a place that is taken.
    """
    if dtype not in DTYPES:
        msg = f"features are kept as {' or '.join(DTYPES)}, not as {dtype!r}"
        raise InputError(msg)
    if chunk_items < 1 or not len(items) or not readings or not layers:
        msg = "features need at least one item, one network, one layer, and one item per chunk"
        raise InputError(msg)
    ids = np.array([str(i) for i in items], dtype=object)
    check_unique(readings, ids.tolist())
    with appearing(Path(path), kind="store of features", is_one=is_feature_store, force=force) as work:
        group = zarr.create_group(str(work), zarr_format=3)
        column = group.create_array(
            "item", shape=ids.shape, chunks=ids.shape, dtype=str, fill_value="", dimension_names=("item",),
            compressors=COMPRESSORS, chunk_key_encoding=KEYS,
        )  # fmt: skip
        column[...] = ids.astype(str)
        for k, r in enumerate(readings):
            group.create_group(
                str(k), attributes={"observer": r.observer, "epoch": r.epoch, "condition": r.condition}
            )
        group.attrs.update(
            {VERSION: SCHEMA_VERSION, "layers": list(layers), "dtype": dtype, "chunk_items": int(chunk_items),
             "provenance": dict(provenance or {})}
        )  # fmt: skip
    return FeatureStore(path)


class FeatureStore:
    """A handle on a store of features.

    Parameters
    ----------
    path
        Folder, or a URL to read from.

    Raises
    ------
    StoreError
        Nothing is there, or something else.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = str(path)
        if "://" not in self.path and not (Path(self.path) / "zarr.json").is_file():
            msg = f"there is no store of features at {self.path}"
            raise StoreError(msg)
        try:
            self._group = zarr.open_group(backend(self.path), mode="r+", zarr_format=3)
        except FileNotFoundError as error:
            msg = f"there is no store of features at {self.path}"
            raise StoreError(msg) from error
        except (ValueError, TypeError, KeyError, UnicodeDecodeError, NotADirectoryError) as error:
            msg = f"{self.path} is damaged: its zarr.json cannot be read ({error}); restore it from a copy"
            raise CorruptStoreError(msg) from error
        about: dict[str, Any] = dict(self._group.attrs.asdict())
        if about.get(VERSION) != SCHEMA_VERSION:
            what = (
                "a store of decisions" if "schema_version" in about else f"{VERSION} {about.get(VERSION)!r}"
            )
            msg = f"{self.path} is not a store of features that this version reads ({what})"
            raise StoreError(msg)
        self.layers: list[str] = [str(name) for name in about["layers"]]
        self.chunk_items = int(about["chunk_items"])
        self.provenance: dict[str, Any] = about["provenance"]
        self.dtype = str(about["dtype"])
        self.items = np.asarray(self._group["item"][...]).astype(object)  # type: ignore[index]
        own = sorted((g for _, g in self._group.groups()), key=lambda g: int(g.basename))
        self._groups = {
            Reading(str(g.attrs["observer"]), int(g.attrs["epoch"]), str(g.attrs["condition"])): g  # type: ignore[arg-type]
            for g in own
        }
        self._arrays: dict[tuple[Reading, str], zarr.Array[Any]] = {
            (r, str(name)): _with_empty_chunks(a) for r, g in self._groups.items() for name, a in g.arrays()
        }

    @property
    def readings(self) -> list[Reading]:
        """Networks that were declared."""
        return list(self._groups)

    @property
    def chunks(self) -> int:
        """How many chunks a layer of a network has."""
        return -(-len(self.items) // self.chunk_items)

    def pending(self, reading: Reading) -> list[int]:
        """Chunks of items that some layer of a network lacks."""
        if any((reading, layer) not in self._arrays for layer in self.layers):
            return list(range(self.chunks))
        arrays = [self._arrays[reading, layer] for layer in self.layers]
        return [k for k in range(self.chunks) if not all(_is_there(array, k) for array in arrays)]

    def record(self, reading: Reading, chunk: int, features: Mapping[str, ArrayLike]) -> None:
        """Write the features of one chunk of items.

        Parameters
        ----------
        features
            Layer to float[n, D], all layers that were declared; n is ``chunk_items``, of the last chunk the rest.

        Raises
        ------
        InputError
            A layer is missing, a shape does not fit, or a number is too large for float16.
        """
        rows = slice(chunk * self.chunk_items, min((chunk + 1) * self.chunk_items, len(self.items)))
        where = f"features of {reading}, items {rows.start} to {rows.stop - 1}"
        if reading not in self._groups or sorted(features) != sorted(self.layers):
            msg = f"{where}: the store holds layers {few(self.layers)} of {few([r.observer for r in self.readings])}"
            raise InputError(msg)
        for layer in self.layers:
            given = np.asarray(features[layer])
            if given.ndim != 2 or len(given) != rows.stop - rows.start:
                msg = f"{where}: layer {layer!r} has shape {given.shape} for {rows.stop - rows.start} items"
                raise InputError(msg)
            with np.errstate(over="ignore"):
                kept = given.astype(self.dtype)
            if (np.isinf(kept) & np.isfinite(given)).any():
                most = np.nanmax(np.abs(given))
                msg = f"{where}: layer {layer!r} reaches {most:g}, too large for {self.dtype}; use float32"
                raise InputError(msg)
            array = self._array(reading, layer, given.shape[1])
            if array.shape[1] != given.shape[1]:
                msg = f"{where}: layer {layer!r} has {given.shape[1]} numbers per item, and {array.shape[1]} elsewhere"
                raise InputError(msg)
            array[rows] = kept

    def read(self) -> Features:
        """Return the features; arrays are read when they are used.

        Raises
        ------
        StoreError
            Something is not recorded yet. A damaged chunk raises ``CorruptStoreError`` when it is read.
        """
        lacking = {r: pending for r in self.readings if (pending := self.pending(r))}
        if lacking:
            first, pending = next(iter(lacking.items()))
            msg = (
                f"{self.path} is not complete: {len(lacking)} of {len(self._groups)} networks lack features, {first} "
                f"{len(pending)} of {self.chunks} chunks; go on with what was making them (--resume)"
            )
            raise StoreError(msg)
        groups = {
            r: {
                layer: indexing.LazilyIndexedArray(
                    _StoredFeatures(self.path, r, layer, self._arrays[r, layer])
                )
                for layer in self.layers
            }
            for r in self.readings
        }
        return tree(groups, self.items, self.provenance)

    def _array(self, reading: Reading, layer: str, width: int) -> zarr.Array[Any]:
        if (reading, layer) not in self._arrays:
            array = self._groups[reading].create_array(
                layer, shape=(len(self.items), width), chunks=(self.chunk_items, width), dtype=self.dtype,
                fill_value=np.nan, dimension_names=("item", f"dim_{layer}"), compressors=COMPRESSORS,
                chunk_key_encoding=KEYS,
            )  # fmt: skip
            self._arrays[reading, layer] = _with_empty_chunks(array)
        return self._arrays[reading, layer]


def open_features(path: str | os.PathLike[str]) -> Features:
    """Open a store of features; arrays are read when they are used.

    Returns
    -------
    Features
        A tree: ``item`` at the root, below it a group per network and epoch with its layers; NaN where nothing was
        recorded.

    Raises
    ------
    StoreError
        There is none at ``path``, or it is not complete.
    """
    return FeatureStore(path).read()


def is_feature_store(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is a store of features."""
    try:
        attributes = json.loads((Path(path) / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(attributes, dict) and VERSION in attributes


class _StoredFeatures(BackendArray):
    """One layer of one network as xarray reads it, with errors that name both."""

    def __init__(self, path: str, reading: Reading, layer: str, array: zarr.Array[Any]) -> None:
        self._where, self._array = f"{path} is damaged: layer {layer!r} of {reading}", array
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        try:
            return np.asarray(self._array.oindex[key])
        except (ValueError, RuntimeError, OSError) as error:
            msg = f"{self._where} cannot be read or does not match its checksum; delete it and make it again"
            raise CorruptStoreError(msg) from error


def _with_empty_chunks(array: zarr.Array[Any]) -> zarr.Array[Any]:
    """Write chunks that hold NaN alone, too: they are done."""
    return array.with_config({"write_empty_chunks": True})


def _is_there(array: zarr.Array[Any], chunk: int) -> bool:
    place = array.store_path / array.metadata.encode_chunk_key((chunk, 0))
    return bool(sync(place.store.exists(place.path)))
