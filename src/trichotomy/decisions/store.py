"""The store of Decisions on disk or object storage: Zarr v3, one chunk per observer and epoch, no locks.

An (observer, epoch) is recorded by writing its other arrays first and its ``response`` last; it counts as done
when all its ``response`` chunks exist. Many processes can therefore write one store, and whatever was not
finished when one of them died is simply still pending.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import xarray as xr
import zarr
from numpy.typing import ArrayLike, NDArray
from xarray.backends import BackendArray
from xarray.core import indexing
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore

from trichotomy.decisions.schema import (
    DECISION_ARRAYS,
    DIMS,
    FILL,
    MISSING,
    NO_ANSWER,
    SCHEMA_VERSION,
    Decisions,
    few,
    validate,
)
from trichotomy.decisions.views import answered_epochs
from trichotomy.errors import CorruptStoreError, InputError, StoreError, UnknownNameError

CHUNK_ITEMS = 2**20
_DTYPES = {"correct": "int8", "p_target": "float16", "p_response": "float16"}


class Store:
    """A handle on a store of Decisions; create one with ``create``, attach to an existing one by its path.

    Parameters
    ----------
    path
        Folder, or URL that fsspec understands (``s3://...``, ``memory://...``).

    Raises
    ------
    StoreError
        Nothing is there, or it is not a finished store of Decisions.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = str(path)
        try:
            self._group = zarr.open_group(_backend(self.path), mode="r+", zarr_format=3)
        except FileNotFoundError as error:
            msg = f"there is no store at {self.path}"
            raise StoreError(msg) from error
        except (ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
            msg = f"{self.path} is damaged: its zarr.json cannot be read ({error}); restore it from a copy"
            raise CorruptStoreError(msg) from error
        found = self._group.attrs.get("schema_version")
        if found != SCHEMA_VERSION:
            msg = (
                f"{self.path} is not a store of decisions that this version reads (schema_version {found!r}, "
                f"expected {SCHEMA_VERSION}); was its creation interrupted?"
            )
            raise StoreError(msg)
        self._arrays: dict[str, zarr.Array[Any]] = {
            name: array.with_config({"write_empty_chunks": True})  # an epoch without any answer has run, too
            for name, array in self._group.arrays()
        }
        self._names = [n for n in DECISION_ARRAYS if n in self._arrays]
        self._observers = {str(o): k for k, o in enumerate(self._column("observer"))}
        self._epochs = {int(e): k for k, e in enumerate(self._column("epoch"))}

    def read(self) -> Decisions:
        """Return the store's Decisions; arrays over (observer, epoch, item) are read when they are used.

        Reading a damaged chunk raises ``CorruptStoreError``, which names the observer and the epoch.
        """
        data: dict[str, Any] = {}
        coords: dict[str, Any] = {}
        for name, array in self._arrays.items():
            dims = array.metadata.dimension_names  # type: ignore[union-attr]
            if name in self._names:
                lazy = indexing.LazilyIndexedArray(_StoredArray(self, name, array))
                data[name] = (DIMS, lazy)
            elif name == "target":
                data[name] = (dims, self._column(name))
            else:
                coords[name] = (dims, self._column(name))
        attrs = {k: v for k, v in self._group.attrs.asdict().items() if k != "coordinates"}
        return validate(xr.Dataset(data, coords=coords, attrs=attrs))

    def record(
        self,
        observer: str,
        epoch: int,
        responses: ArrayLike | None = None,
        *,
        items: Sequence[str] | None = None,
        correct: ArrayLike | None = None,
        p_target: ArrayLike | None = None,
        p_response: ArrayLike | None = None,
    ) -> None:
        """Write the decisions of one observer at one epoch; the last thing written makes them count as done.

        Parameters
        ----------
        observer, epoch
            As declared at creation.
        responses, correct, p_target, p_response
            One value per item, for the arrays that the store was created with.
        items
            Ids in the order of the values; items not named stay missing. Without it the values are in the
            store's own order and must be complete.

        Raises
        ------
        UnknownNameError
            The observer was not declared: write a store of its own and ``concat`` the two.
        InputError
            An epoch that is not planned, a wrong length, an unknown item, a value out of range.
        """
        o, e = self._place(observer, epoch)
        given = {"response": responses, "correct": correct, "p_target": p_target, "p_response": p_response}
        where = f"observer {observer!r}, epoch {epoch}"
        values = {n: v for n, v in given.items() if v is not None}
        if sorted(values) != sorted(self._names):
            msg = f"{where}: the store holds {', '.join(self._names)}; {', '.join(values) or 'nothing'} was given"
            raise InputError(msg)
        positions = None if items is None else self._positions(items, where)
        ready = {n: self._row(n, values[n], positions, where) for n in self._names}
        for name in self._names:  # 'response' (or, without it, 'correct') comes last
            self._arrays[name][o, e, :] = ready[name]

    def done(self) -> NDArray[np.bool_]:
        """bool[observer, epoch]: whether all chunks of that epoch's responses exist."""
        array = self._arrays[self._names[-1]]
        per_epoch = math.ceil(array.shape[2] / array.chunks[2])
        count = np.zeros(array.shape[:2], dtype=np.int64)
        for key in self._keys(f"{self._names[-1]}/c/"):
            parts = key.split("/")[-3:]
            if len(parts) == 3 and all(p.isdigit() for p in parts):
                count[int(parts[0]), int(parts[1])] += 1
        return count >= per_epoch

    def pending(self) -> list[tuple[str, int]]:
        """(observer, epoch) pairs that are planned and not done, observer by observer."""
        done = self.done()
        planned = np.arange(len(self._epochs)) < self._column("planned_epochs")[:, None]
        observers, epochs = list(self._observers), list(self._epochs)
        return [(observers[o], epochs[e]) for o, e in np.argwhere(planned & ~done)]

    def _place(self, observer: str, epoch: int) -> tuple[int, int]:
        if observer not in self._observers:
            raise UnknownNameError("observer in this store", observer, list(self._observers))
        o = self._observers[observer]
        planned = int(self._column("planned_epochs")[o])
        if epoch not in self._epochs or self._epochs[epoch] >= planned:
            msg = f"epoch {epoch} of observer {observer!r} is not planned: {few(list(self._epochs)[:planned], 5)} are"
            raise InputError(msg)
        return o, self._epochs[epoch]

    def _positions(self, items: Sequence[str], where: str) -> NDArray[np.intp]:
        import pandas as pd

        wanted = pd.Index(np.asarray(items, dtype=object))
        if wanted.has_duplicates:
            msg = f"{where}: items {few(wanted[wanted.duplicated()].to_numpy())} are given more than once"
            raise InputError(msg)
        positions = pd.Index(self._column("item")).get_indexer(wanted)
        if (positions < 0).any():
            msg = f"{where}: the store has no items {few(wanted[positions < 0].to_numpy())}"
            raise InputError(msg)
        return np.asarray(positions)

    def _row(
        self, name: str, values: ArrayLike, positions: NDArray[np.intp] | None, where: str
    ) -> NDArray[Any]:
        array = self._arrays[name]
        n = array.shape[2]
        given = np.asarray(values)
        if given.shape != ((n,) if positions is None else (len(positions),)):
            msg = f"{where}: {name} has shape {given.shape} for {n if positions is None else len(positions)} items"
            raise InputError(msg)
        if name in ("response", "correct"):
            lowest = NO_ANSWER if name == "response" else MISSING
            classes = len(self._group.attrs.get("classes", []))  # type: ignore[arg-type]
            limit = 1 if name == "correct" else (classes - 1 if classes else np.iinfo(array.dtype).max)
            bad = (given < lowest) | (given > limit) | (given != np.trunc(given))
            if bad.any():
                msg = f"{where}: {name} holds {few(given[bad])}, outside {lowest}..{limit}"
                raise InputError(msg)
        row = np.full(n, FILL[name], dtype=array.dtype)
        row[slice(None) if positions is None else positions] = given
        return row

    def _column(self, name: str) -> NDArray[Any]:
        try:
            values = np.asarray(self._arrays[name][...])
        except KeyError as error:
            msg = f"{self.path} has no array '{name}'; it is not a complete store of decisions"
            raise CorruptStoreError(msg) from error
        except Exception as error:
            msg = f"{self.path} is damaged: '{name}' cannot be read ({error}); restore it from a copy"
            raise CorruptStoreError(msg) from error
        return values.astype(object) if values.dtype.kind in "UT" else values

    def _keys(self, prefix: str) -> list[str]:
        async def collect(keys: AsyncIterator[str]) -> list[str]:
            return [key async for key in keys]

        root = self._group.store_path.path
        return sync(collect(self._group.store.list_prefix(f"{root}/{prefix}" if root else prefix)))


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
    from trichotomy.decisions.schema import from_arrays

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


def open(path: str | os.PathLike[str]) -> Decisions:  # noqa: A001 - the verb of the public surface
    """Open a store; arrays over (observer, epoch, item) are read when they are used.

    Raises
    ------
    StoreError
        There is no finished store of decisions at ``path``.
    """
    return Store(path).read()


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is a folder that holds a Zarr group, or the URL of one."""
    text = str(path)
    return "://" in text or (Path(text) / "zarr.json").is_file()


class _StoredArray(BackendArray):
    """One array of a store as xarray reads it, with errors that name the observer and the epoch."""

    def __init__(self, store: Store, name: str, array: zarr.Array[Any]) -> None:
        self._store, self._name, self._array = store, name, array
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        try:
            return self._array.oindex[key]
        except (ValueError, RuntimeError, OSError) as error:
            raise self._located(key) from error

    def _located(self, key: tuple[Any, ...]) -> CorruptStoreError:
        observers, epochs = list(self._store._observers), list(self._store._epochs)
        rows = np.atleast_1d(np.arange(self.shape[0])[key[0]])
        columns = np.atleast_1d(np.arange(self.shape[1])[key[1]])
        bad = []
        for o in rows:
            for e in columns:
                try:
                    self._array[int(o), int(e), :]
                except (ValueError, RuntimeError, OSError):
                    bad.append(f"observer {observers[o]!r}, epoch {epochs[e]}")
        return CorruptStoreError(
            f"{self._store.path} is damaged: '{self._name}' of {'; '.join(bad[:3]) or 'some chunk'}"
            f"{f' and {len(bad) - 3} more' if len(bad) > 3 else ''} cannot be read or does not match its "
            f"checksum; delete that chunk and record it again, or restore it from a copy"
        )


def _write_plan(place: str, plan: Decisions, names: list[str]) -> None:
    """Write everything but the decisions; the group's attributes, which make it a store, come last."""
    try:
        group = zarr.create_group(_backend(place), zarr_format=3)
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


def _backend(path: str) -> LocalStore | FsspecStore:
    return FsspecStore.from_url(path) if "://" in path else LocalStore(path)


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
            remote = _backend(path)
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
