"""Features as an xarray tree: a group per network and epoch, an array (item, dim) per layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from trichotomy.decisions.schema import duplicates, few
from trichotomy.errors import InputError, UnknownNameError

Features: TypeAlias = xr.DataTree

SCHEMA_VERSION = 1
VERSION = "feature_schema_version"


@dataclass(frozen=True, slots=True)
class Reading:
    """A network at an epoch.

    Attributes
    ----------
    observer, epoch
        Whose features these are. Networks with no epochs have 0.
    condition
        As in Decisions; default the observer.
    """

    observer: str
    epoch: int = 0
    condition: str = ""

    def __str__(self) -> str:
        return f"{self.observer!r} at epoch {self.epoch}" if self.epoch else repr(self.observer)


def features_from_arrays(
    arrays: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
    *,
    items: Sequence[str] | None = None,
    layer: str = "penultimate",
    epoch: int = 0,
    conditions: Mapping[str, str] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Features:
    """Make Features of plain arrays.

    Parameters
    ----------
    arrays
        Observer to float[N, D], or to a table of layer to float[N, D]; D may differ. NaN where missing.
    items
        Unique ids of the N items, in the order of the rows; default ``item-0`` ...
    layer
        What the layer is called where ``arrays`` does not say.
    epoch
        At which all observers are read.
    conditions
        Observer to condition; default the observer itself.

    Returns
    -------
    Features
        An ``xarray.DataTree``: ``item`` at the root, below it a group per observer with its layers.

    Raises
    ------
    InputError
        No arrays, shapes that do not fit, ids that are there twice.
    """
    groups: dict[Reading, dict[str, NDArray[Any]]] = {}
    for name, given in arrays.items():
        table = given if isinstance(given, Mapping) else {layer: given}
        reading = Reading(str(name), epoch, (conditions or {}).get(name, str(name)))
        groups[reading] = {str(k): np.asarray(v) for k, v in table.items()}
    if not groups or not all(groups.values()):
        msg = "features need one array (item, dim) per observer or more; none was given"
        raise InputError(msg)
    N = len(next(iter(next(iter(groups.values())).values())))
    for reading, own in groups.items():
        for name, values in own.items():
            if values.ndim != 2 or values.dtype.kind not in "fiub" or len(values) != N:
                msg = (
                    f"features of {reading}, layer {name!r}, have shape {values.shape} of {values.dtype}; they must be "
                    f"numbers over (item, dim) of {N} items, as the others"
                )
                raise InputError(msg)
    ids = np.array(
        [f"item-{k}" for k in range(N)] if items is None else [str(i) for i in items], dtype=object
    )
    if len(ids) != N:
        msg = f"{len(ids)} item ids are given for {N} rows of features"
        raise InputError(msg)
    return tree(groups, ids, provenance or {})


def tree(
    groups: Mapping[Reading, Mapping[str, Any]], items: NDArray[np.object_], provenance: Mapping[str, Any]
) -> Features:
    """Label arrays, lazy ones too, as Features.

    Raises
    ------
    InputError
        An item or a network at an epoch is there twice.
    """
    check_unique(list(groups), items.tolist())
    names = list(dict.fromkeys(layer for own in groups.values() for layer in own))
    attrs = {VERSION: SCHEMA_VERSION, "layers": names, "provenance": dict(provenance)}
    nodes = {"/": xr.Dataset(coords={"item": items}, attrs=attrs)}
    for k, (reading, own) in enumerate(groups.items()):
        data = {layer: (("item", f"dim_{layer}"), values) for layer, values in own.items()}
        about = {"observer": reading.observer, "epoch": reading.epoch, "condition": reading.condition}
        nodes[f"/{k}"] = xr.Dataset(data, attrs=about)
    return xr.DataTree.from_dict(nodes, name="features")


def check_unique(given: Sequence[Reading], items: Sequence[str]) -> None:
    """Refuse an item, or a network at an epoch, that is there twice."""
    networks = [f"{r.observer} at epoch {r.epoch}" for r in given]
    for what, ids in (("items", list(items)), ("networks", networks)):
        if len(set(ids)) < len(ids):
            msg = f"{what} {few(duplicates(ids))} are there more than once; ids must be unique"
            raise InputError(msg)


def readings(f: Features) -> dict[Reading, str]:
    """Return the networks and epochs of Features, in order, and the name of each one's group.

    Raises
    ------
    InputError
        These are no Features.
    """
    if not isinstance(f, xr.DataTree) or f.attrs.get(VERSION) != SCHEMA_VERSION or "item" not in f.coords:
        msg = f"these are no features that this version reads ({VERSION} is not {SCHEMA_VERSION})"
        raise InputError(msg)
    return {
        Reading(str(n.attrs["observer"]), int(n.attrs["epoch"]), str(n.attrs["condition"])): name
        for name, n in f.children.items()
    }


def layers(f: Features) -> list[str]:
    """Layers that Features have for at least one network."""
    return [str(name) for name in f.attrs["layers"]]


def matrix(f: Features, reading: Reading, layer: str) -> NDArray[Any]:
    """float[N, D]: the features of a network in a layer, read now.

    Raises
    ------
    UnknownNameError
        The network has no such layer.
    """
    node = f[readings(f)[reading]]
    if layer not in node.data_vars:
        kind = f"layer in the features of {reading}"
        raise UnknownNameError(kind, layer, [str(v) for v in node.data_vars])
    return np.asarray(node[layer].values)
