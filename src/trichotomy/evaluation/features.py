"""Features of networks on the same items, to a store, batch by batch; what is there already is not made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from trichotomy.decisions.provenance import provenance
from trichotomy.errors import InputError
from trichotomy.evaluation.hooks import PENULTIMATE, check_layers, layer_outputs
from trichotomy.placement import check_free
from trichotomy.representations import FeatureStore, Reading, create_features
from trichotomy.representations.store import CHUNK_ITEMS, is_feature_store

Told = Callable[[str, int, int], None]
"""Called as ``told(name, done, total)`` with each chunk."""
Batch: TypeAlias = Tensor | Sequence[Any]
"""Inputs, or a sequence whose first part they are."""


def features(
    networks: Mapping[str, nn.Module],
    batches: Iterable[Batch],
    out: str | Path,
    *,
    items: Sequence[str],
    layers: Sequence[str] = (PENULTIMATE,),
    dtype: str = "float32",
    batch_size: int = CHUNK_ITEMS,
    resume: bool = False,
    told: Told = lambda *_: None,
    **about: Any,
) -> FeatureStore:
    """Write the features of networks to a store.

    Parameters
    ----------
    networks
        Observer to network, any torch module, on the device of the batches.
    batches
        Inputs of all items in their order, ``batch_size`` at a time; such as a ``DataLoader`` that does not shuffle.
        A batch may also be a tuple whose first part is the inputs.
    out
        The store, a folder.
    items
        Ids in the order of the batches.
    layers
        ``penultimate``, ``logits``, or names of modules.
    dtype
        ``float32`` or ``float16``.
    resume
        Go on with the store where there is one; it must be of the same networks, items and layers.
    told
        Progress.
    about
        Further entries of the provenance.

    Returns
    -------
    FeatureStore
        The store, which ``open_features`` reads.

    Raises
    ------
    InputError
        Something does not fit; a layer is unknown; batches of another size.
    """
    for network in networks.values():
        check_layers(network, layers)
    store = store_for(
        out, [Reading(name, condition=name) for name in networks], items, layers, dtype=dtype,
        chunk_items=batch_size, resume=resume, configuration={"command": "features", **about},
    )  # fmt: skip
    by_name = {reading: networks[reading.observer] for reading in store.readings}
    record(store, by_name, batches, told)
    return store


def store_for(
    out: str | Path,
    readings: Sequence[Reading],
    items: Sequence[str],
    layers: Sequence[str],
    *,
    dtype: str,
    chunk_items: int,
    resume: bool,
    force: bool = False,
    configuration: Mapping[str, Any],
) -> FeatureStore:
    """Create a store of features, or take up the one that is there if it is the same.

    Raises
    ------
    InputError
        The store there is of other networks, items or layers.
    """
    path = Path(out)
    found = check_place(
        path, readings, items, layers, dtype=dtype, chunk_items=chunk_items, resume=resume, force=force
    )
    if found is not None:
        return found
    return create_features(
        path, items=items, readings=readings, layers=layers, dtype=dtype, chunk_items=chunk_items, force=force,
        provenance=provenance(configuration=configuration) | {"torch": torch.__version__},
    )  # fmt: skip


def check_place(
    path: Path,
    readings: Sequence[Reading],
    items: Sequence[str],
    layers: Sequence[str],
    *,
    dtype: str,
    chunk_items: int,
    resume: bool,
    force: bool = False,
) -> FeatureStore | None:
    """Refuse a place where ``store_for`` could not write; nothing is written yet.

    Returns
    -------
    FeatureStore or None
        The store to go on with; None where one is to be created.

    Raises
    ------
    InputError
        The place is taken, or its store is of other networks, items or layers.
    """
    if not (resume and path.exists()):
        check_free(path, kind="store of features", is_one=is_feature_store, force=force)
        return None
    store = FeatureStore(path)
    wanted = {
        "networks": list(readings), "items": [str(i) for i in items], "layers": list(layers), "dtype": dtype,
        "batch size": chunk_items,
    }  # fmt: skip
    there = {
        "networks": store.readings, "items": store.items.tolist(), "layers": store.layers, "dtype": store.dtype,
        "batch size": store.chunk_items,
    }  # fmt: skip
    other = [name for name, value in wanted.items() if there[name] != value]
    if other:
        msg = f"{path} holds features with other {', '.join(other)}, which are not gone on with; choose another place"
        raise InputError(msg)
    return store


def record(
    store: FeatureStore, networks: Mapping[Reading, nn.Module], batches: Iterable[Batch], told: Told
) -> None:
    """Write what is missing of some networks' features; each batch is made once for all of them."""
    pending = {reading: set(store.pending(reading)) for reading in networks}
    left = sum(map(len, pending.values()))
    if not left:
        return
    last, done = max(chunk for chunks in pending.values() for chunk in chunks), 0
    seen = 0
    for chunk, batch in enumerate(batches):
        inputs = batch if isinstance(batch, Tensor) else batch[0]
        expected = min(store.chunk_items, len(store.items) - chunk * store.chunk_items)
        if len(inputs) != expected:
            msg = (
                f"batch {chunk + 1} has {len(inputs)} items where {expected} are expected: {len(store.items)} items in "
                f"batches of {store.chunk_items}"
            )
            raise InputError(msg)
        for reading, network in networks.items():
            if chunk in pending[reading]:
                store.record(reading, chunk, layer_outputs(network, inputs, store.layers))
                done += 1
                told(str(reading.observer), done, left)
        seen = chunk + 1
        if chunk == last:
            return
    msg = f"the batches ended after {seen} of {store.chunks}; {len(store.items)} items need them all"
    raise InputError(msg)
