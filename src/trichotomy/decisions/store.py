"""The store of Decisions on disk or object storage: Zarr v3, one chunk per observer and epoch, no locks.

An (observer, epoch) is recorded by writing its other arrays first and its ``response`` last; it counts as done
when all its ``response`` chunks exist. Many processes can therefore write one store, and whatever was not
finished when one of them died is simply still pending.
"""

from __future__ import annotations

import math
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import ArrayLike, NDArray
from xarray.backends import BackendArray
from xarray.core import indexing
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore

from trichotomy.decisions.chunks import write_row
from trichotomy.decisions.schema import (
    DECISION_ARRAYS,
    FAILURE,
    FILL,
    MEASURES,
    MISSING,
    NO_ANSWER,
    SCHEMA_VERSION,
    Decisions,
    few,
    validate,
)
from trichotomy.errors import CorruptStoreError, InputError, MissingExtraError, StoreError, UnknownNameError


class Store:
    """A handle on a store of Decisions; create one with ``create``, attach to an existing one by its path.

    Parameters
    ----------
    path
        Folder, or URL that fsspec understands (``s3://...``, ``memory://...``).
    unfinished
        Attach to a store that is still being created.

    Raises
    ------
    StoreError
        Nothing is there, or it is not a finished store of Decisions.
    """

    def __init__(self, path: str | os.PathLike[str], *, unfinished: bool = False) -> None:
        self.path = str(path)
        if "://" not in self.path and not (Path(self.path) / "zarr.json").is_file():
            msg = f"there is no store at {self.path}"
            raise StoreError(msg)
        try:
            self._group = zarr.open_group(backend(self.path), mode="r+", zarr_format=3)
        except FileNotFoundError as error:
            msg = f"there is no store at {self.path}"
            raise StoreError(msg) from error
        except (ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
            msg = f"{self.path} is damaged: its zarr.json cannot be read ({error}); restore it from a copy"
            raise CorruptStoreError(msg) from error
        found = self._group.attrs.get("schema_version")
        if found != SCHEMA_VERSION and not unfinished:
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
        self._planned_epochs = self._column("planned_epochs")
        self._measures = [str(m) for m in self._column("measure")] if MEASURES in self._arrays else []

    @property
    def observers(self) -> list[str]:
        """Ids of the observers declared."""
        return list(self._observers)

    def read(self) -> Decisions:
        """Return the store's Decisions; arrays over (observer, epoch, item) are read when they are used.

        Reading a damaged chunk raises ``CorruptStoreError``, which names the observer and the epoch.
        """
        data: dict[str, Any] = {}
        coords: dict[str, Any] = {}
        for name, array in self._arrays.items():
            dims = array.metadata.dimension_names  # type: ignore[union-attr]
            if name in self._names or name == MEASURES:
                lazy = indexing.LazilyIndexedArray(_StoredArray(self, name, array))
                data[name] = (dims, lazy)
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
        measures: Mapping[str, float] | None = None,
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
        measures
            Numbers of the whole epoch, under the names that the store was created with; others stay NaN.

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
        if measures:
            self._write(MEASURES, (o, e), self._measured(measures, where))
        for name in self._names:  # 'response' (or, without it, 'correct') comes last
            self._write(name, (o, e), ready[name])

    def fail(self, observer: str, reason: str) -> None:
        """Note why an observer's job stopped; an empty reason takes the note back.

        Raises
        ------
        UnknownNameError, StoreError
            The observer was not declared, or the store was created without the coordinate ``failure``.
        """
        o, _ = self._place(observer, next(iter(self._epochs)))
        if FAILURE not in self._arrays:
            msg = f"{self.path} has no coordinate '{FAILURE}' of observers; create the store with it"
            raise StoreError(msg)
        self._arrays[FAILURE][o] = reason

    def forgive(self, observers: Sequence[str]) -> None:
        """Take back the notes of failure of these observers, of those that have one."""
        noted = self._column(FAILURE)
        for observer in observers:
            if noted[self._observers[observer]]:
                self.fail(observer, "")

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the decisions come from."""
        found = self._group.attrs.get("provenance", {})
        return dict(found) if isinstance(found, Mapping) else {}

    def note(self, **entries: Any) -> None:
        """Add entries to the provenance, plain JSON, in place of those of the same names."""
        self._group.attrs.update({"provenance": {**self.provenance, **entries}})

    def done(self) -> NDArray[np.bool_]:
        """bool[observer, epoch]: whether all chunks of that epoch's responses exist."""
        array = self._arrays[self._names[-1]]
        per_epoch = math.ceil(array.shape[2] / array.chunks[2])
        count = np.zeros(array.shape[:2], dtype=np.int64)
        for key in self._keys(f"{self._names[-1]}/"):
            start, *place = key.partition(f"{self._names[-1]}/")[2].replace("/", ".").split(".")
            if start == "c" and len(place) == 3:
                count[int(place[0]), int(place[1])] += 1
        return count >= per_epoch

    def done_by(self, observer: str) -> NDArray[np.bool_]:
        """bool[epoch]: as ``done``, of one observer, without looking at all the others."""
        o, _ = self._place(observer, next(iter(self._epochs)))
        array = self._arrays[self._names[-1]]
        if "://" in self.path or (Path(self.path) / self._names[-1] / "c").is_dir():
            return np.asarray(self.done()[o])
        folder, chunks = Path(self.path) / self._names[-1], range(math.ceil(array.shape[2] / array.chunks[2]))
        return np.array(
            [
                all((folder / array.metadata.encode_chunk_key((o, e, k))).exists() for k in chunks)
                for e in range(array.shape[1])
            ]
        )

    def pending(self) -> list[tuple[str, int]]:
        """(observer, epoch) pairs that are planned and not done, observer by observer."""
        done = self.done()
        planned = np.arange(len(self._epochs)) < self._planned_epochs[:, None]
        observers, epochs = list(self._observers), list(self._epochs)
        return [(observers[o], epochs[e]) for o, e in np.argwhere(planned & ~done)]

    def measures(self, observer: str, epoch: int) -> dict[str, float]:
        """Return the numbers of an epoch, NaN where they were not recorded; none in a store without them."""
        place = self._place(observer, epoch)
        if MEASURES not in self._arrays:
            return {}
        row = np.asarray(self._arrays[MEASURES][(*place, slice(None))])
        return dict(zip(self._measures, map(float, row), strict=True))

    def recorded_at(self, observer: str, epoch: int) -> float | None:
        """When an epoch was recorded, in seconds since 1970 by the file system's clock.

        None where it has not been, or where the store is not a local one.
        """
        if "://" in self.path:
            return None
        name = self._names[-1]
        key = self._arrays[name].metadata.encode_chunk_key((*self._place(observer, epoch), 0))
        try:
            return (Path(self.path) / name / key).stat().st_mtime
        except OSError:
            return None

    def _write(self, name: str, place: tuple[int, int], row: NDArray[Any]) -> None:
        array = self._arrays[name]
        if "://" in self.path:
            array[(*place, slice(None))] = row
            return
        write_row(Path(self.path) / name, array, row, place)

    def _place(self, observer: str, epoch: int) -> tuple[int, int]:
        if observer not in self._observers:
            raise UnknownNameError("observer in this store", observer, list(self._observers))
        o = self._observers[observer]
        planned = int(self._planned_epochs[o])
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
        elif ((given < 0) | (given > 1)).any():
            msg = f"{where}: {name} holds {few(given[(given < 0) | (given > 1)])}; probabilities lie in 0..1"
            raise InputError(msg)
        row = np.full(n, FILL[name], dtype=array.dtype)
        row[slice(None) if positions is None else positions] = given
        return row

    def _measured(self, given: Mapping[str, float], where: str) -> NDArray[np.float32]:
        for name in given:
            if name not in self._measures:
                raise UnknownNameError(f"measure in this store ({where})", name, self._measures)
        return np.array([given.get(name, np.nan) for name in self._measures], dtype=np.float32)

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
        if "://" not in self.path:  # through zarr's event loop it takes ten times as long
            return [
                f"{Path(folder).relative_to(self.path).as_posix()}/{name}"
                for folder, _, names in os.walk(Path(self.path) / prefix)
                for name in names
            ]

        async def collect(keys: AsyncIterator[str]) -> list[str]:
            return [key async for key in keys]

        root = self._group.store_path.path
        return sync(collect(self._group.store.list_prefix(f"{root}/{prefix}" if root else prefix)))


def open(path: str | os.PathLike[str]) -> Decisions:  # noqa: A001 - the verb of the public surface
    """Open a store; arrays over (observer, epoch, item) are read when they are used.

    Returns
    -------
    Decisions
        What is recorded so far; all else is missing.

    Raises
    ------
    StoreError
        There is no finished store of decisions at ``path``.
    """
    return Store(path).read()


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is a folder that holds a Zarr group, or a URL that is not one of a web page or file."""
    text = str(path)
    if "://" in text:
        return not text.startswith(("http://", "https://"))
    return (Path(text) / "zarr.json").is_file()


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


def backend(path: str) -> LocalStore | FsspecStore:
    """Zarr's store for a path: local files are written to one side and renamed, URLs go through fsspec."""
    if "://" not in path:
        return LocalStore(path)
    try:
        import fsspec  # noqa: F401 - zarr's own message would not say which extra to install
    except ImportError as error:
        feature = f"opening {path}"
        raise MissingExtraError(feature, "remote") from error
    try:
        return FsspecStore.from_url(path)
    except (ImportError, ValueError) as error:  # a file system that is not installed, or none of that name
        msg = f"cannot open {path}: {error}"
        raise StoreError(msg) from error
