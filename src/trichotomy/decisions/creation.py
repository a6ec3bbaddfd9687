"""New stores: declared empty, or written whole; complete under their name or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import zarr
from numpy.typing import ArrayLike
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.core.sync import sync

from trichotomy.decisions.schema import (
    DECISION_ARRAYS,
    DIMS,
    FILL,
    MISSING,
    Decisions,
    from_arrays,
    validate,
)
from trichotomy.decisions.store import Store, backend
from trichotomy.decisions.views import answered_epochs
from trichotomy.errors import InputError, StoreError

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
    force
        Replace what is there.

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
    with _appearing(str(path), force=force) as place:
        _write_plan(place, plan, list(arrays))
    return Store(path)


def write(d: Decisions, path: str | os.PathLike[str], *, force: bool = False) -> Store:
    """Write Decisions to a new store, all at once: it appears complete under its name or not at all.

    An (observer, epoch) without any decision is not recorded.
    """
    validate(d)
    with _appearing(str(path), force=force) as place:
        names = [n for n in DECISION_ARRAYS if n in d]
        _write_plan(place, d, names)
        store = Store(place)
        have = answered_epochs(d)
        for o, observer in enumerate(d["observer"].values):
            for e in np.flatnonzero(have[o]):
                rows: dict[str, Any] = {n: d[n][o, e].values for n in names}
                store.record(observer, int(d["epoch"].values[e]), rows.pop("response", None), **rows)
    return Store(path)


def _write_plan(place: str, plan: Decisions, names: list[str]) -> None:
    """Write everything but the decisions; the group's attributes, which make it a store, come last."""
    try:
        group = zarr.create_group(backend(place), zarr_format=3)
        for name in names:
            dtype = _DTYPES.get(name, str(plan["target"].dtype))
            _new_array(group, name, DIMS, tuple(plan.sizes[x] for x in DIMS), dtype, FILL[name])
        for key, column in {**plan.coords, "target": plan["target"]}.items():
            name = str(key)
            values = column.values
            is_text = values.dtype.kind == "O"
            array = _new_array(
                group, name, tuple(map(str, column.dims)), values.shape, str if is_text else values.dtype,
                FILL.get(name, "" if is_text else values.dtype.type(0)),
            )  # fmt: skip
            array[...] = values.astype(str) if is_text else values
        labels = sorted(str(n) for n in plan.coords if n not in DIMS)
        group.attrs.update({**plan.attrs, "coordinates": " ".join(labels)})
    except OSError as error:
        msg = f"cannot write {place}: {error}"
        raise StoreError(msg) from error


def _new_array(
    group: zarr.Group, name: str, dims: tuple[str, ...], shape: tuple[int, ...], dtype: Any, fill: Any
) -> zarr.Array[Any]:
    chunks = (1, 1, min(shape[2], CHUNK_ITEMS)) if len(shape) == 3 else shape
    return group.create_array(
        name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill, dimension_names=dims,
        compressors=[ZstdCodec(level=3), Crc32cCodec()],
    )  # fmt: skip


@contextmanager
def _appearing(path: str, *, force: bool) -> Iterator[str]:
    """Yield a place to write to that takes the name ``path`` only once the block has ended well."""
    if "://" in path:  # no rename on object storage: the attributes that make it a store are written last
        try:
            Store(path)
        except StoreError:
            pass
        else:
            if not force:
                raise _exists(path)
            remote = backend(path)
            sync(remote.clear())
        yield path
        return
    final = Path(path)
    if final.exists() and not force:
        raise _exists(path)
    if final.exists() and not (final / "zarr.json").is_file():
        msg = f"{path} exists and is not a store; it is not replaced, choose another name"
        raise StoreError(msg)
    work = final.with_name(f".{final.name}.{uuid4().hex[:8]}.partial")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield str(work)
        if final.exists():
            old = final.with_name(f".{final.name}.{uuid4().hex[:8]}.old")
            final.rename(old)
            work.rename(final)
            shutil.rmtree(old)
        else:
            work.rename(final)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        msg = f"cannot write {path}: {error}"
        raise StoreError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _exists(path: str) -> StoreError:
    return StoreError(f"{path} exists already; choose another name, or replace it with --force (force=True)")
