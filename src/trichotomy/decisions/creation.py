"""New stores: declared empty, or written whole; complete under their name or not there at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import ArrayLike

from trichotomy.decisions.chunks import COMPRESSORS, KEYS
from trichotomy.decisions.schema import (
    DECISION_ARRAYS,
    DIMS,
    FAILURE,
    FILL,
    MEASURE_DIMS,
    MEASURES,
    MISSING,
    Decisions,
    from_arrays,
    validate,
)
from trichotomy.decisions.store import Store, backend
from trichotomy.decisions.views import answered_epochs
from trichotomy.errors import InputError, StoreError
from trichotomy.placement import appearing

CHUNK_ITEMS = 2**20
_DTYPES = {"correct": "int8", "p_target": "float16", "p_response": "float16"}


def create(
    path: str | os.PathLike[str],
    *,
    observers: Sequence[str],
    items: Sequence[str],
    target: ArrayLike | None = None,
    epochs: Sequence[int] = (0,),
    planned_epochs: Sequence[int] | None = None,
    arrays: Sequence[str] = ("response",),
    measures: Sequence[str] = (),
    classes: Sequence[str] = (),
    observer_coords: Mapping[str, ArrayLike] | None = None,
    item_coords: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
    force: bool = False,
) -> Store:
    """Create an empty store in which observers, epochs and items are declared and nothing is recorded yet.

    Parameters
    ----------
    path
        Where to; a local store appears under this name only once it is complete.
    observers, items, target, epochs, classes, observer_coords, item_coords, provenance
        As in ``from_arrays``.
    planned_epochs
        How many leading entries of ``epochs`` each observer will run; default all.
    arrays
        Which of ``response``, ``correct``, ``p_target``, ``p_response`` will be recorded.
    measures
        Names of numbers that will be recorded for whole epochs, such as ``train_loss``.
    force
        Replace what is there.

    Returns
    -------
    Store
        To ``record`` into; what is not recorded is missing.

    Raises
    ------
    StoreError
        Something is there already, or nothing can be written there.
    """
    unknown = [n for n in arrays if n not in DECISION_ARRAYS]
    if unknown or not {"response", "correct"} & set(arrays):
        msg = f"arrays must name 'response' or 'correct', and besides only {DECISION_ARRAYS}; got {list(arrays)}"
        raise InputError(msg)
    coords = dict(observer_coords or {})
    if planned_epochs is not None:
        coords["planned_epochs"] = np.asarray(planned_epochs, dtype=np.int64)
    blank = np.broadcast_to(np.int16(MISSING), (len(observers), len(epochs), len(items)))
    plan = from_arrays(
        blank, target=target, observers=observers, items=items, epochs=epochs, classes=classes,
        observer_coords=coords, item_coords=item_coords, provenance=provenance,
    )  # fmt: skip
    with _place(str(path), force=force) as place:
        group = _declare(place, plan, list(arrays), measures)
        _finish(group, plan)
    return Store(path)


def write(d: Decisions, path: str | os.PathLike[str], *, force: bool = False) -> Store:
    """Write Decisions to a new store, all at once: it is there complete or not at all.

    An (observer, epoch) without any decision is not recorded.

    Parameters
    ----------
    d
        Valid Decisions (``validate``).
    path
        Where to, a folder.
    force
        Replace what is there.

    Returns
    -------
    Store
        What was written.
    """
    validate(d)
    with _place(str(path), force=force) as place:
        names = [n for n in DECISION_ARRAYS if n in d]
        measures = [str(m) for m in d["measure"].values] if MEASURES in d else []
        group = _declare(place, d, names, measures)
        store = Store(place, unfinished=True)
        have = answered_epochs(d)
        for o, observer in enumerate(d["observer"].values):
            for e in np.flatnonzero(have[o]):
                rows: dict[str, Any] = {n: d[n][o, e].values for n in names}
                if measures:
                    rows["measures"] = dict(zip(measures, d[MEASURES][o, e].values.tolist(), strict=True))
                store.record(observer, int(d["epoch"].values[e]), rows.pop("response", None), **rows)
        _finish(group, d)
    return Store(path)


def _declare(place: str, plan: Decisions, names: list[str], measures: Sequence[str]) -> zarr.Group:
    """Write the coordinates and targets, and lay out the arrays; this is no store yet."""
    group = zarr.create_group(backend(place), zarr_format=3)
    for name in names:
        dtype = _DTYPES.get(name, str(plan["target"].dtype))
        _new_array(group, name, DIMS, tuple(plan.sizes[x] for x in DIMS), dtype, FILL[name])
    if measures:
        shape = (plan.sizes["observer"], plan.sizes["epoch"], len(measures))
        _new_array(group, MEASURES, MEASURE_DIMS, shape, "float32", np.nan)
        plan = plan.assign_coords(measure=np.array(measures, dtype=object))
    for key, column in {**plan.coords, "target": plan["target"]}.items():
        name = str(key)
        values = column.values
        is_text = values.dtype.kind == "O"
        array = _new_array(
            group, name, tuple(map(str, column.dims)), values.shape, str if is_text else values.dtype,
            FILL.get(name, "" if is_text else values.dtype.type(0)),
        )  # fmt: skip
        array[...] = values.astype(str) if is_text else values
    return group


def _finish(group: zarr.Group, plan: Decisions) -> None:
    """Write the attributes, which make the group a store: the last thing, since URLs know no renaming."""
    labels = sorted(str(n) for n in plan.coords if n not in DIMS)
    group.attrs.update({**plan.attrs, "coordinates": " ".join(labels)})


def _new_array(
    group: zarr.Group, name: str, dims: tuple[str, ...], shape: tuple[int, ...], dtype: Any, fill: Any
) -> zarr.Array[Any]:
    chunks = (1, 1, min(shape[2], CHUNK_ITEMS)) if len(shape) == 3 else shape
    if name == FAILURE:  # jobs write theirs side by side
        chunks = (1,)
    return group.create_array(
        name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill, dimension_names=dims,
        compressors=COMPRESSORS, chunk_key_encoding=KEYS,
    )  # fmt: skip


@contextmanager
def _place(path: str, *, force: bool) -> Iterator[str]:
    """Yield where to write so that a store is there complete or not at all."""
    try:
        if "://" in path:
            _clear_remote(path, force=force)
            yield path
        else:
            with appearing(Path(path), kind="store", is_one=_is_local_store, force=force) as work:
                yield str(work)
    except InputError as error:
        raise StoreError(str(error)) from error
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        msg = f"cannot write {path}: {error}"
        raise StoreError(msg) from error


def _clear_remote(path: str, *, force: bool) -> None:
    backend(path)  # says which extra is missing
    from fsspec.core import url_to_fs

    files, root = url_to_fs(path)
    if not files.exists(root) or not files.find(root):
        return
    if not force:
        msg = f"{path} exists already; choose another name, or replace it with --force (force=True)"
        raise StoreError(msg)
    Store(path)  # refuses what is not a store
    files.rm(root, recursive=True)


def _is_local_store(folder: Path) -> bool:
    try:
        attributes = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(attributes, dict) and "schema_version" in attributes
